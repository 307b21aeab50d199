"""What a citizen reads for each kind of decision."""

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from kb_service.core.clock import FixedClock
from tests.integration.channels.conftest import ANSWER, QUESTION, Publish
from tests.support.citizen import Citizen, choices, decisions
from tests.support.console import text_of
from tests.support.service import Service


def test_an_answer_is_the_versions_own_words_with_unit_source_version_and_upload_time(
    citizen: Citizen, publish: Publish
) -> None:
    publish(source="《退休办理办法》")
    shown = citizen.ask(QUESTION)
    assert decisions(shown) == ["answer"]
    for words in (ANSWER, "市人力资源和社会保障局", "《退休办理办法》", "第 1 版", "2026-11-20"):
        assert words in shown
    assert "有用" in shown
    assert "登记诉求" in shown
    assert 'href="tel:12345"' in shown


@pytest.mark.clause("XT-7.2")
def test_what_is_published_is_answered_at_once_and_found_by_who_looks_it_up_online(
    citizen: Citizen, client: TestClient, bearer: Callable[..., dict[str, str]], publish: Publish
) -> None:
    assert decisions(citizen.ask(QUESTION)) == ["dispatch"]
    code = publish()
    asked = citizen.ask(QUESTION)
    assert decisions(asked)[-1] == "answer"
    assert ANSWER in asked
    looked_up = client.get("/api/v1/search", params={"q": QUESTION}, headers=bearer("agent")).json()
    assert [each["code"] for each in looked_up["hits"]] == [code]


def test_an_answer_keeps_its_lists(citizen: Citizen, publish: Publish) -> None:
    publish(answer="申请材料：\n1. 身份证\n2. 户口簿\n咨询电话 12333，见 https://rsj.example/退休")
    shown = citizen.ask(QUESTION)
    assert re.search(r"<ol>\s*<li>身份证</li>\s*<li>户口簿</li>\s*</ol>", shown)
    assert '<a href="tel:12333">' in shown


def test_words_of_citizens_and_points_are_never_markup(citizen: Citizen, publish: Publish) -> None:
    publish(answer="<script>alert(1)</script>带身份证办理", source="<img src=x>")
    shown = citizen.ask(f"{QUESTION}<b onclick=x>")
    page = citizen.send("/chat", conversation=citizen.conversation).text
    for html in (shown, page):
        assert "<script>alert" not in html
        assert "<img" not in html
        assert "<b onclick" not in html


@pytest.mark.usefixtures("in_doubt")
def test_a_clarification_offers_buttons_that_are_understood(citizen: Citizen, publish: Publish) -> None:
    publish("怎样办理提前退休", "提前退休到甲窗口办理。")
    publish("怎样办理正常退休", "正常退休到乙窗口办理。")
    asked = citizen.ask("办理退休")
    assert decisions(asked) == ["clarify"]
    offered = choices(asked)
    chosen = citizen.ask(choice=offered["怎样办理正常退休"])
    assert "怎样办理正常退休" in chosen
    assert "乙窗口" in chosen


@pytest.mark.usefixtures("in_doubt")
def test_choices_are_offered_by_the_newest_message_alone(citizen: Citizen, publish: Publish) -> None:
    publish("怎样办理提前退休", "提前退休到甲窗口办理。")
    publish("怎样办理正常退休", "正常退休到乙窗口办理。")
    offered = choices(citizen.ask("办理退休"))
    citizen.ask("转人工")
    late = citizen.call(
        "/chat/messages", choice=offered["怎样办理正常退休"], conversation=citizen.conversation
    )
    assert (late.status_code, late.json()["code"]) == (422, "choice_over")
    page = citizen.send("/chat", conversation=citizen.conversation).text
    assert choices(page) == {}


@pytest.mark.parametrize(("said", "number"), [("我家着火了快来人", "119"), ("有人晕倒没有呼吸了", "120")])
def test_danger_stands_before_everything_with_a_number_to_tap(
    citizen: Citizen, said: str, number: str
) -> None:
    shown = citizen.ask(said)
    assert shown.startswith('<section class="alarm"')
    assert shown.index(f'href="tel:{number}"') < shown.index(said)
    page = citizen.send("/chat", conversation=citizen.conversation).text
    assert page.index(f'href="tel:{number}"') < page.index("<main")


def test_danger_leaves_the_top_with_the_next_question(citizen: Citizen) -> None:
    citizen.ask("我家着火了快来人")
    assert 'class="alarm"' not in citizen.ask("转人工")


def test_a_ground_for_not_accepting_is_told_with_clause_and_channel_and_never_ends_the_way(
    citizen: Citizen,
) -> None:
    shown = citizen.ask("这个案子法院已经判决了，我不服，要求你们改判")
    assert decisions(shown) == ["not_accept"]
    for words in ("第十条第（二）项", "已进入或须通过诉讼", "法院", "仍要登记", "与工作人员通话"):
        assert words in shown
    assert 'href="tel:12345"' in shown


def test_what_the_base_cannot_answer_is_offered_to_be_registered_with_unit_and_due_time(
    citizen: Citizen,
) -> None:
    shown = citizen.ask("养老保险参保怎么补缴")
    assert decisions(shown) == ["dispatch"]
    for words in ("市人力资源和社会保障局", "11月24日", "登记诉求"):
        assert words in shown


def test_who_asks_for_a_person_gets_the_number_and_the_form(citizen: Citizen) -> None:
    shown = citizen.ask("转人工")
    assert decisions(shown) == ["human"]
    assert 'href="tel:12345"' in shown
    assert 'action="/chat/ticket"' in shown


def test_feedback_is_kept_and_a_useless_answer_shows_the_way_on(
    citizen: Citizen, publish: Publish, service: Service
) -> None:
    publish()
    shown = citizen.ask(QUESTION)
    found = re.search(r'name="decision" value="([^"]+)"', shown)
    assert found is not None
    answer = citizen.call(
        "/chat/feedback/json", conversation=citizen.conversation, decision=found[1], helpful="no"
    )
    assert "登记诉求" in answer.json()["html"]
    page = citizen.send("/chat", conversation=citizen.conversation).text
    assert "抱歉没帮上忙" in page
    stranger = citizen.call("/chat/feedback/json", conversation="", decision=found[1], helpful="yes")
    assert stranger.status_code == 404


def test_the_greeting_names_the_city_and_what_public_points_answer(
    citizen: Citizen, publish: Publish
) -> None:
    publish("怎样领失业金", category="C12")
    publish("办理退休的窗口在哪")
    publish("内部办理口径", audience="agents")
    greeting = text_of(citizen.get())
    for words in ("云溪市", "社会保障", "怎样领失业金", "办理退休的窗口在哪"):
        assert words in greeting
    assert "内部办理口径" not in greeting


def test_what_was_asked_most_is_the_first_example(citizen: Citizen, publish: Publish) -> None:
    publish("怎样领失业金", category="C12")
    publish()
    for title in ("社保卡丢了怎么补", "养老金哪天发", "工伤怎么认定"):
        publish(title)
    citizen.ask(QUESTION)
    page = citizen.get().text
    assert re.findall(r'name="question" value="([^"]+)"', page)[0] == QUESTION


def test_an_empty_base_still_shows_the_way(citizen: Citizen) -> None:
    greeting = text_of(citizen.get())
    assert "知识库正在准备" in greeting
    assert "登记诉求" in greeting


def test_suggestions_are_public_titles_and_questions(citizen: Citizen, publish: Publish) -> None:
    publish("怎样办理退休")
    publish("怎样办理退休（内部）", audience="agents")
    found = citizen.call("/chat/suggestions", q="办理退").json()["suggestions"]
    assert found == ["怎样办理退休"]
    assert citizen.call("/chat/suggestions", q="退").json()["suggestions"] == []


def test_too_long_a_question_is_refused_with_what_to_do(citizen: Citizen) -> None:
    answer = citizen.call("/chat/messages", question="问" * 501)
    assert (answer.status_code, answer.json()["code"]) == (422, "question_too_long")
    assert "501 个字" in answer.json()["detail"]
    page = citizen.send("/chat", question="问" * 501)
    assert page.status_code == 422
    assert "问" * 501 in page.text
    assert "最多 500 个字" in page.text


def test_an_empty_question_is_not_asked(citizen: Citizen) -> None:
    assert citizen.call("/chat/messages", question="  ").json()["code"] == "empty_question"
    assert "请先写下" in citizen.send("/chat", question=" ").text


def test_a_conversation_can_be_read_on_until_it_has_rested_for_long(
    citizen: Citizen, publish: Publish, clock: FixedClock
) -> None:
    from datetime import timedelta

    publish()
    citizen.ask(QUESTION)
    clock.advance(timedelta(hours=1))
    again = citizen.call("/chat/conversation", conversation=citizen.conversation).json()
    assert ANSWER in again["html"]
    clock.advance(timedelta(hours=1))
    assert citizen.call("/chat/conversation", conversation=citizen.conversation).json()["html"] == ""
    old = citizen.conversation
    citizen.ask("转人工")
    assert citizen.conversation != old


def test_a_broken_index_still_answers_and_says_so(
    citizen: Citizen, publish: Publish, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()

    def fail(*_: object) -> None:
        raise OSError("index not there")

    monkeypatch.setattr(type(service.parts.engine), "search", fail)
    assert "检索正在恢复" in citizen.ask(QUESTION)
    monkeypatch.setattr(type(service.parts.engine), "suggest", fail)
    assert citizen.call("/chat/suggestions", q="退休").status_code == 200
