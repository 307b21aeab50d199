"""What is not public is never said in chat, whatever is asked and whenever."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb_service.core.clock import FixedClock
from kb_service.knowledge.service import release
from tests.integration.channels.conftest import ANSWER, QUESTION, Publish
from tests.support.citizen import Citizen, choices
from tests.support.knowledge import faq
from tests.support.service import Service

TODAY = date(2026, 11, 20)
HIDDEN: dict[str, dict[str, Any]] = {
    "internal": {"audience": "agents"},
    "restricted": {"audience": "restricted", "roles": ["confidential_handler"]},
    "lapsed": {"effective_to": TODAY - timedelta(days=1)},
    "embargoed": {},
}
WORDS = ("怎样办理退休", "退休金", "办理", "窗口", "材料", "社保卡", "暗号")


@pytest.mark.parametrize("kind", HIDDEN)
def test_what_is_not_for_the_public_today_is_in_no_page_and_no_answer(
    citizen: Citizen, publish: Publish, clock: FixedClock, kind: str
) -> None:
    shared = dict(HIDDEN[kind])
    if kind == "embargoed":
        shared["release_at"] = clock.now() + timedelta(hours=3)
    secret = "只有里面知道的暗号"
    publish(f"{QUESTION}（{kind}）", secret, source=secret, similar=[f"{QUESTION}{secret}"], **shared)
    publish()
    shown = citizen.ask(QUESTION)
    citizen.ask(f"{QUESTION}（{kind}）")
    for value in [*choices(shown).values(), "转人工"]:
        citizen.ask("" if value.startswith("point:") else value, choice=value if ":" in value else "")
    citizen.get()
    citizen.send("/chat", conversation=citizen.conversation)
    citizen.call("/chat/suggestions", q=QUESTION)
    citizen.call("/chat/conversation", conversation=citizen.conversation)
    citizen.register(text=f"{QUESTION}，等了很久")
    assert [seen for seen in citizen.seen if secret in seen] == []


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    kinds=st.lists(st.sampled_from(sorted(HIDDEN)), min_size=1, max_size=3),
    asked=st.lists(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map("".join), min_size=1, max_size=4
    ),
)
def test_no_question_draws_out_what_is_hidden(
    service: Service, citizen: Citizen, clock: FixedClock, kinds: list[str], asked: list[str]
) -> None:
    for at, kind in enumerate(kinds):
        shared = dict(HIDDEN[kind])
        if kind == "embargoed":
            shared["release_at"] = clock.now() + timedelta(hours=3)
        words = faq(f"怎样办理退休金社保卡{at}", "暗号：办理窗口材料", similar=["退休金暗号"], **shared)
        service.world.publish(words)
    service.index()
    citizen.conversation = ""
    citizen.seen.clear()
    for question in asked:
        shown = citizen.ask(question)
        for value in choices(shown).values():
            if value.startswith("point:"):
                citizen.ask(choice=value)
                break
        citizen.call("/chat/suggestions", q=question)
    citizen.get()
    assert [seen for seen in citizen.seen if "暗号：办理" in seen or "怎样办理退休金社保卡" in seen] == []


def test_what_is_not_yet_in_force_is_never_told_as_the_answer(citizen: Citizen, publish: Publish) -> None:
    publish(effective_from=TODAY + timedelta(days=1))
    assert ANSWER not in citizen.ask(QUESTION)
    assert ANSWER not in citizen.register(text=QUESTION).text


def test_an_answer_that_was_withdrawn_since_is_not_repeated(
    citizen: Citizen, publish: Publish, service: Service
) -> None:
    code = publish()
    citizen.ask(QUESTION)
    with service.parts.database.write() as session:
        release.withdraw(session, service.world.as_("zx_manager"), code, "内容有误")
    again = citizen.call("/chat/conversation", conversation=citizen.conversation).json()["html"]
    assert ANSWER not in again
    assert "重新提问" in again


def test_a_newer_version_ends_the_repetition_of_the_older(
    citizen: Citizen, publish: Publish, service: Service
) -> None:
    code = publish()
    citizen.ask(QUESTION)
    service.world.publish(faq(QUESTION, "现在到二楼办理。"), code=code)
    page = citizen.send("/chat", conversation=citizen.conversation).text
    assert ANSWER not in page


def test_staff_logged_in_on_the_same_machine_see_in_chat_what_the_public_sees(
    service: Service, publish: Publish, app: Any
) -> None:
    from tests.support.console import CSRF, visiting

    publish(audience="agents")
    with visiting(app, service, "agent") as visitor:
        page = visitor.get("/chat").text
        assert CSRF in page
        asked = visitor.post("/chat", {"question": QUESTION, "once": "a"})
    assert asked.status_code == 200
    assert ANSWER not in asked.text
