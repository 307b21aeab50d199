"""From a version to everybody it reached, and back to them."""

import pytest
from sqlalchemy import func, select

from kb_service.answering.model import Shown
from kb_service.answering.schemas import AnsweredIn, DecisionOut
from kb_service.answering.service import showing
from kb_service.core.audit import AuditRow
from kb_service.core.errors import Conflict, Forbidden, NotFound
from kb_service.identity.model import Unit
from kb_service.knowledge.corrections.model import CorrectionReport
from kb_service.knowledge.corrections.service import reporting, verifying
from kb_service.knowledge.corrections.service.reporting import Said
from kb_service.tickets.model import Ticket
from kb_service.tickets.recalls import service as recalls
from kb_service.tickets.recalls.dissatisfied import report_dissatisfied
from kb_service.tickets.recalls.model import Recall, RecallContact
from kb_service.tickets.schemas import EventIn, TicketIn
from kb_service.tickets.service import acting, erasing, registering
from tests.support.knowledge import faq
from tests.support.service import Service

QUESTION = "怎样办理退休"
MESSAGE = "更正：窗口已搬到四楼，请到四楼办理。"


@pytest.fixture
def point(service: Service) -> str:
    service.world.employ("chief", "U-ZX", "supervisor")
    service.world.employ("clerk", "U-ZX", "callback_clerk")
    return service.world.publish(faq(QUESTION)).code


def ticket(
    service: Service, by: str, *, phone: str = "", decision: DecisionOut | None = None, **given: object
) -> str:
    said: dict[str, object] = {
        "class": "consultation", "region": "990000", "title": "咨询退休", "text": "想问退休怎么办理",
        "requester": {"phone": phone}, "decision": decision.id if decision else None,
    }  # fmt: skip
    with service.parts.database.write() as session:
        data = TicketIn.model_validate(said | given)
        return registering.register(session, service.world.as_(by), service.parts, data).code


def told(service: Service, code: str, **given: object) -> None:
    with service.parts.database.write() as session:
        data = AnsweredIn.model_validate({"code": code, "version": 1} | given)
        showing.told(session, service.world.as_("agent"), data)


def found_wrong(service: Service, code: str, grade: str = "serious") -> str:
    world = service.world
    with service.parts.database.write() as session:
        done = reporting.report(session, world.as_("agent"), code, Said(serious=True), way="agent")
        verifying.confirm(session, world.as_("zx_manager"), done.correction.code, grade, "窗口确已搬走")  # type: ignore[arg-type]
        return done.correction.code


def recalled(service: Service, code: str) -> Recall:
    with service.parts.database.write() as session:
        found = recalls.open_recall(
            session, service.world.as_("zx_manager"), found_wrong(service, code), MESSAGE
        )
        session.expunge_all()
        return found


def people(service: Service, recall: Recall) -> list[RecallContact]:
    with service.parts.database.read() as session:
        found = recalls.contacts(session, service.world.as_("chief"), recall.code).items
        session.expunge_all()
        return found


def test_whoever_a_wrong_answer_reached_and_can_be_reached_is_called_back_once(
    service: Service, point: str
) -> None:
    chat = service.decide(QUESTION)
    assert chat.decision == "answer"
    ticket(service, "public", phone="13900000001", decision=chat)
    again = service.decide(QUESTION)
    ticket(service, "public", phone="139-0000-0001", decision=again)
    service.decide(QUESTION)
    call = ticket(service, "agent", phone="13900000002")
    told(service, point, ticket=call)
    told(service, point)

    recall = recalled(service, point)

    assert (recall.shown, recall.anonymous) == (5, 2)
    assert {(each.channel, each.version) for each in people(service, recall)} == {("web", 1), ("phone", 1)}
    assert len(people(service, recall)) == 2


def test_what_an_agent_only_saw_reached_nobody(service: Service, point: str) -> None:
    decided = service.decide(QUESTION, by="agent", channel="phone")
    assert decided.decision == "answer"
    ticket(service, "agent", phone="13900000001", decision=decided)

    assert recalled(service, point).shown == 0


def test_what_an_agent_told_in_the_same_call_belongs_to_the_ticket_it_ended_in(
    service: Service, point: str
) -> None:
    told(service, point, question=QUESTION)
    told(service, point, question="别的来电")
    decided = service.decide(QUESTION, by="agent", channel="phone")
    code = ticket(service, "agent", phone="13900000001", decision=decided)

    with service.parts.database.read() as session:
        rows = select(Shown.ticket_code).where(Shown.kind == "told").order_by(Shown.id)
        assert session.execute(rows).scalars().all() == [code, None]


def test_an_instant_answer_of_a_ticket_keeps_the_versions_it_was_given_from(
    service: Service, point: str
) -> None:
    code = ticket(service, "agent", phone="13900000001")
    with service.parts.database.write() as session:
        data = EventIn(type="answer", data={"text": "请到三楼办理", "code": point, "version": 1})
        acting.act(session, service.world.as_("agent"), service.parts, code, data)

    with service.parts.database.read() as session:
        shown = session.execute(select(Shown)).scalar_one()
        assert (shown.code, shown.version, shown.kind, shown.ticket_code) == (point, 1, "told", code)


@pytest.mark.clause("SG-29")
def test_who_was_misled_is_traced_to_the_unit_that_owns_the_point(service: Service, point: str) -> None:
    call = ticket(service, "agent", phone="13900000002")
    told(service, point, ticket=call)

    recall = recalled(service, point)

    with service.parts.database.read() as session:
        assert session.get_one(Unit, recall.unit_id).code == "U-RSJ"
        assert recalls.progress(session, service.world.as_("rsj_editor"), recall.code).people == 1
        with pytest.raises(NotFound):
            recalls.progress(session, service.world.as_("gaj_editor"), recall.code)


def test_only_what_was_verified_as_serious_is_recalled_and_once(service: Service, point: str) -> None:
    general = found_wrong(service, point, "general")
    with service.parts.database.write() as session:
        manager = service.world.as_("zx_manager")
        with pytest.raises(Conflict):
            recalls.open_recall(session, manager, general, MESSAGE)
        with pytest.raises(Forbidden):
            recalls.open_recall(session, service.world.as_("agent"), general, MESSAGE)


def test_a_phone_is_shown_with_permission_and_a_trace(service: Service, point: str) -> None:
    told(service, point, ticket=ticket(service, "agent", phone="13900000002"))
    contact = people(service, recalled(service, point))[0]

    with service.parts.database.write() as session:
        with pytest.raises(Forbidden):
            recalls.reveal(session, service.world.as_("agent"), service.parts, contact.id)
        seen = recalls.reveal(session, service.world.as_("clerk"), service.parts, contact.id)
        assert seen["phone"] == "13900000002"
    with service.parts.database.read() as session:
        rows = select(func.count(AuditRow.id)).where(AuditRow.action == "requester.revealed")
        assert session.execute(rows).scalar_one() == 1


def test_progress_counts_the_told_and_the_unreachable_and_late_comers_are_added(
    service: Service, point: str
) -> None:
    for number in range(3):
        told(service, point, ticket=ticket(service, "agent", phone=f"1390000000{number}"))
    recall = recalled(service, point)
    first, second, _ = people(service, recall)
    with service.parts.database.write() as session:
        clerk = service.world.as_("clerk")
        recalls.contacted(session, clerk, first.id, "done", "已告知")
        recalls.contacted(session, clerk, second.id, "unreachable")
        recalls.contacted(session, clerk, second.id, "unreachable", "两次未接")
        with pytest.raises(Conflict):
            recalls.contacted(session, clerk, first.id, "unreachable")
    told(service, point, ticket=ticket(service, "agent", phone="13900000009"))
    with service.parts.database.write() as session:
        recalls.refresh(session, service.world.as_("chief"), recall.code)
        found = recalls.progress(session, service.world.as_("chief"), recall.code)

    assert (found.people, found.open, found.done, found.unreachable) == (4, 2, 1, 1)


def test_a_confidential_ticket_stays_with_those_who_may_see_it(service: Service, point: str) -> None:
    told(service, point, ticket=ticket(service, "agent", phone="13900000002", confidential=True))

    assert people(service, recalled(service, point)) == []


def test_suspended_knowledge_answers_nobody_from_that_moment(service: Service, point: str) -> None:
    before = service.decide(QUESTION)
    found_wrong(service, point)

    after = service.decide(QUESTION)

    assert before.decision == "answer"
    assert after.decision != "answer"
    assert point not in {each.code for each in (*after.citations, *after.related)}
    told_inside = service.decide(QUESTION, by="agent", channel="phone")
    assert [each.held for each in told_inside.related] == ["suspend"]


def test_a_dissatisfied_callback_reports_what_its_requester_was_answered_with(
    service: Service, point: str
) -> None:
    code = ticket(service, "agent", phone="13900000001")
    told(service, point, ticket=code)
    with service.parts.database.write() as session:
        clerk = service.world.as_("clerk")
        made = report_dissatisfied(session, clerk, code, "照着去了，窗口不在三楼")
        assert report_dissatisfied(session, clerk, "20261120-99999", "没有用过知识") == []
        report = session.execute(select(CorrectionReport)).scalar_one()

    assert len(made) == 1
    assert (report.way, report.ticket_code, report.shown_id) == ("callback", code, 1)


def test_who_was_called_back_goes_with_the_requester(service: Service, point: str) -> None:
    code = ticket(service, "agent", phone="13900000002")
    told(service, point, ticket=code)
    recall = recalled(service, point)
    (contact,) = people(service, recall)
    with service.parts.database.write() as session:
        said = "我叫甄金，请打13900000003"
        kept = recalls.contacted(session, service.world.as_("clerk"), contact.id, "unreachable", said)
        assert "13900000003" not in kept.note
        assert "甄金" not in kept.note
        known = kept.person
        row = session.execute(select(Ticket).where(Ticket.code == code)).scalar_one()
        erasing.destroy(session, service.world.as_("chief"), service.parts, row, "诉求人要求清除")
    (gone,) = people(service, recall)
    assert (gone.note, gone.person == known, gone.attempts) == ("", False, 1)
    with service.parts.database.write() as session:
        recalls.refresh(session, service.world.as_("chief"), recall.code)
    assert len(people(service, recall)) == 1, "and is not found a second time"
