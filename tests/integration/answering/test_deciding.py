"""From a question to a decision, over a real base and index."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from kb_service.answering.model import Decision
from kb_service.answering.schemas import AnsweredIn
from kb_service.answering.service import deciding, showing
from kb_service.answering.steps import STEPS
from kb_service.core.clock import FixedClock
from kb_service.core.errors import Invalid, NotFound
from kb_service.knowledge.checks import jobs
from kb_service.knowledge.checks.service import findings
from tests.support.knowledge import faq
from tests.support.service import Service

QUESTION = "怎样办理退休"
ANSWER = "本人带身份证到市民之家三楼办理退休手续。"


def publish(service: Service, title: str = QUESTION, answer: str = ANSWER, **shared: Any) -> str:
    return service.world.publish(faq(title, answer, **shared)).code


@pytest.mark.clause("SG-12.1")
def test_a_consultation_the_base_answers_is_answered_in_the_versions_own_words(service: Service) -> None:
    code = publish(service)
    decided = service.decide(QUESTION)
    assert decided.decision == "answer"
    assert ANSWER in (decided.answer or "")
    assert [(cited.code, cited.version, cited.unit) for cited in decided.citations] == [(code, 1, "U-RSJ")]
    assert decided.citations[0].uploaded_at == service.parts.clock.now()


@pytest.mark.clause("SG-12.1")
def test_a_consultation_the_base_cannot_answer_is_dispatched_with_unit_and_due_time(service: Service) -> None:
    decided = service.decide("养老保险参保怎么补缴")
    assert decided.decision == "dispatch"
    assert decided.answer is None
    assert decided.units[0].code == "U-RSJ"
    assert decided.units[0].reason
    # Friday 20 November plus two working days (SG-17.1).
    assert [(due.name, due.due_day) for due in decided.due] == [("handling", date(2026, 11, 24))]


@pytest.mark.clause("SG-12.2")
def test_a_complaint_is_dispatched_even_where_the_base_has_the_words(service: Service) -> None:
    publish(service)
    decided = service.decide(f"我要投诉，{QUESTION}被窗口推诿")
    assert (decided.decision, decided.request_class) == ("dispatch", "complaint")


def test_the_unit_of_the_place_is_suggested_where_the_catalogue_names_one(service: Service) -> None:
    assert service.decide("东湖区的养老保险参保怎么补缴").units[0].code == "U-DHQ"
    assert service.decide("养老保险参保怎么补缴", region="990101001").units[0].code == "U-DHQ"


@pytest.mark.parametrize(
    "shared",
    [
        {"effective_to": date(2026, 11, 19)},
        {"effective_from": date(2026, 11, 21)},
        {"audience": "agents"},
        {"audience": "restricted", "roles": ["confidential_handler"]},
    ],
)
def test_what_is_not_valid_today_or_not_public_is_never_told_in_chat(
    service: Service, shared: dict[str, Any]
) -> None:
    publish(service, **shared)
    decided = service.decide(QUESTION)
    assert decided.decision != "answer"
    assert ANSWER not in decided.model_dump_json()


def test_an_embargoed_version_is_told_from_its_instant_on(service: Service, clock: FixedClock) -> None:
    publish(service, release_at=clock.now() + timedelta(hours=1))
    assert service.decide(QUESTION).decision == "dispatch"
    clock.advance(timedelta(hours=1))
    assert service.decide(QUESTION).decision == "answer"


def test_a_withdrawn_version_is_told_no_more_even_before_the_index_knows(service: Service) -> None:
    from kb_service.knowledge.service import release

    code = publish(service)
    assert service.decide(QUESTION).decision == "answer"
    with service.parts.database.write() as session:
        release.withdraw(session, service.world.as_("zx_manager"), code, "内容有误")
    with service.parts.database.write() as session:
        from kb_service.answering.schemas import DecisionIn

        ctx = service.world.as_("agent")
        decided = deciding.decide(session, ctx, service.parts, DecisionIn(question=QUESTION, channel="phone"))
    assert decided.decision != "answer"


def test_an_agent_is_answered_from_internal_knowledge_too(service: Service) -> None:
    publish(service, audience="agents")
    assert service.decide(QUESTION, by="agent", channel="phone").decision == "answer"


@pytest.mark.parametrize(
    ("said", "number"), [("我家着火了快来人", "119"), ("有人晕倒没有呼吸了", "120"), ("有人拿刀砍人", "110")]
)
def test_danger_goes_to_the_emergency_number(service: Service, said: str, number: str) -> None:
    decided = service.decide(said)
    assert decided.decision == "emergency"
    assert decided.emergency is not None
    assert decided.emergency.number == number


def test_who_asks_for_a_person_gets_one(service: Service) -> None:
    assert service.decide("转人工").decision == "human"


def test_a_ground_for_not_accepting_names_its_clause_and_another_way(service: Service) -> None:
    decided = service.decide("这个案子法院已经判决了，我不服，要求你们改判")
    assert decided.decision == "not_accept"
    assert decided.refusal is not None
    assert decided.refusal.clause.startswith("SG-10")
    assert decided.refusal.channel


def test_a_clarification_is_understood_in_its_context(service: Service) -> None:
    codes = [
        publish(service, f"怎样办理{kind}退休", f"{kind}退休到{place}办理。")
        for kind, place in (("提前", "甲窗口"), ("正常", "乙窗口"))
    ]
    asked = service.decide("怎样办理退休")
    if asked.decision != "clarify":
        pytest.fail(f"expected a clarification, not {asked.decision} ({asked.confidence})")
    assert asked.clarification is not None
    offered = {choice.value: choice.label for choice in asked.clarification.choices}
    assert {f"point:{code}" for code in codes} <= set(offered)
    chosen = service.decide(f"point:{codes[1]}", conversation=asked.conversation)
    assert chosen.decision == "answer"
    assert chosen.citations[0].code == codes[1]
    by_label = service.decide("都不是", conversation=service.decide("怎样办理退休").conversation)
    assert by_label.decision == "dispatch"


def test_a_choice_of_another_conversation_chooses_nothing(service: Service) -> None:
    code = publish(service, audience="agents")
    assert service.decide(f"point:{code}").decision != "answer"


def test_personal_data_is_masked_before_anything_is_kept(service: Service) -> None:
    service.decide("我叫李四，身份证11010519491231002X，电话13912345678，问退休")
    with service.parts.database.read() as session:
        for table in ("answering_decision", "core_audit", "core_outbox"):
            kept = str(session.execute(text(f"SELECT * FROM {table}")).all())
            assert "13912345678" not in kept
            assert "11010519491231002X" not in kept


def test_the_step_of_safety_tells_what_was_starred_out_and_what_is_abuse(service: Service) -> None:
    publish(service)
    decided = service.decide(f"你们这群废物，我电话13812345678，{QUESTION}", by="agent", channel="phone")
    told = next(step.outcome for step in decided.steps if step.name == "safety")
    assert told == "没有紧急情况；已隐去手机号码；有辱骂或威胁（你们这群废物）"
    assert ("劝导" in decided.reasons[0], decided.refusal) == (True, None), "abuse refuses nothing"
    citizen = service.decide(f"你们这群废物，{QUESTION}")
    assert ([each for each in citizen.reasons if "辱骂" in each], citizen.refusal) == ([], None)


def test_what_near_points_contradict_is_told_to_no_citizen_until_it_is_settled(service: Service) -> None:
    fee = "补领居民身份证，请携带户口簿到户籍所在地派出所办理，工本费{}元，自受理之日起20个工作日内发证。"
    service.world.publish(faq("居民身份证补领", fee.format(40)))
    other = faq("补领居民身份证怎么办理", fee.format(20), category="C21")
    service.world.publish(other, by="gaj_editor", reviewers=("zx_reviewer",))
    question = "居民身份证补领"
    assert service.decide(question).decision == "answer"
    jobs.run_now(service.parts)
    citizen, agent = service.decide(question), service.decide(question, by="agent", channel="phone")
    told = next(step.outcome for step in citizen.steps if step.name == "agreement")
    assert "40元" in told
    assert "20元" in told
    assert (citizen.decision, citizen.answer) == ("dispatch", None)
    assert "知识库里对这件事有不一致的内容，由工作人员核实后答复。" in citizen.reasons
    assert agent.decision == "answer"
    assert any("请核实后再答复" in reason for reason in agent.reasons)
    with service.parts.database.write() as session:
        ctx = service.world.as_("zx_manager")
        (finding,) = findings.list_findings(session, ctx, findings.FindingFilter(check="contradiction")).items
        findings.dismiss(session, ctx, finding.id, "两者适用对象不同")
    assert service.decide(question).decision == "answer"


def test_each_step_is_kept_with_its_outcome(service: Service) -> None:
    decided = service.decide(QUESTION)
    with service.parts.database.read() as session:
        kept = session.execute(select(Decision).where(Decision.id == decided.id)).scalar_one()
        assert [step["name"] for step in kept.steps] == [step.name for step in STEPS]
        assert all(step["outcome"] for step in kept.steps)
        assert deciding.read(session, decided.id).model_dump() == decided.model_dump()


def test_the_register_tells_whom_a_version_reached(service: Service) -> None:
    code = publish(service)
    decided = service.decide(QUESTION)
    with service.parts.database.write() as session:
        data = AnsweredIn(code=code, version=1, question="退休咋办", decision=decided.id)
        showing.told(session, service.world.as_("agent"), data)
    with service.parts.database.read() as session:
        shown = showing.of_version(session, code, 1).items
    assert [(row.kind, row.channel, row.decision_id) for row in shown] == [
        ("told", "phone", decided.id),
        ("answered", "web", decided.id),
    ]


def test_wrong_input_is_refused_with_a_code(service: Service) -> None:
    with pytest.raises(Invalid) as refused:
        service.decide("  \n ")
    assert refused.value.code == "empty_question"
    with pytest.raises(NotFound):
        service.decide(QUESTION, region="000000")
    with pytest.raises(NotFound):
        service.decide(QUESTION, conversation="no-such-conversation")


@pytest.mark.parametrize(
    "question",
    ["？？？", "的", "a" * 9000, "'; DROP TABLE x; --", "\u0000\ud7ff", "AND OR NOT (", "（" * 500],
)
def test_any_question_gets_a_decision(service: Service, question: str) -> None:
    publish(service)
    assert service.decide(question).decision in {"dispatch", "human", "clarify"}
