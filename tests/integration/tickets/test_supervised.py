"""A ticket and the supervisions on it agree, whichever of the two somebody acts on."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from kb_service.core.audit import AuditRow
from kb_service.core.clock import FixedClock
from kb_service.identity.model import Unit
from kb_service.supervision import jobs as supervision_jobs
from kb_service.supervision import service as supervision
from kb_service.supervision.model import CardMark, Referral, Supervision, Urging
from kb_service.supervision.service import reading as supervisions
from kb_service.supervision.service import supervising
from kb_service.tickets import jobs
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life import TicketState, ticket_state
from kb_service.tickets.service import histories
from tests.integration.tickets.conftest import Desk
from tests.support.ticket_life import HANDLER, WHOLE

REASON = "市领导批示"
DAY = timedelta(days=1)


def with_unit(desk: Desk) -> str:
    code = desk.register()
    desk.act(code, "centre", "dispatch", to="U-GAJ")
    desk.act(code, "first", "sign", **HANDLER)
    return code


def supervised(desk: Desk, code: str) -> str:
    """Supervised from the ticket; the supervision's own number."""
    desk.act(code, "centre", "open_supervision", kind="letter", trigger="other", reason=REASON)
    return found(desk, code)[-1].code


def found(desk: Desk, code: str) -> list[Supervision]:
    with desk.parts.database.read() as session:
        rows = select(Supervision).where(Supervision.subject == f"ticket:{code}").order_by(Supervision.id)
        return list(session.execute(rows).scalars())


def stands(desk: Desk, code: str) -> TicketState:
    with desk.parts.database.read() as session:
        ticket = session.execute(select(Ticket).where(Ticket.code == code)).scalar_one()
        stood = histories.standing(session, ticket)
        now = max(desk.parts.clock.now(), stood.rows[-1].at)
        return ticket_state(stood.rules, stood.state, now)


def on_the_page(desk: Desk, by: str, act: Callable[..., object], *said: object) -> None:
    """Somebody acts on the supervision itself, and the worker comes by."""
    with desk.parts.database.write() as session:
        act(session, desk.service.world.as_(by), *said)
    while jobs.follow_supervisions(desk.parts):
        pass


def agree(desk: Desk, code: str) -> None:
    """Due times and what was done are the same on both sides."""
    state = stands(desk, code)
    clocks = [each for each in state.clocks if each.name == "supervision"]
    rows = found(desk, code)
    assert sorted(each.due for each in clocks) == sorted(row.due_at for row in rows if row.due_at)
    told = state.state.supervisions
    assert [each.replied_at is not None for each in told] == [row.replied_at is not None for row in rows]
    assert [len(each.extensions) for each in told] == [row.extensions for row in rows]
    assert [each.escalated_at is not None for each in told] == [row.escalated_at is not None for row in rows]
    ended = [row.closed_at is not None or row.escalated_at is not None for row in rows]
    assert [each.closed_at is not None for each in told] == ended


@pytest.mark.clause("XT-23.1", "XT-23.2")
def test_what_is_done_on_the_supervision_s_page_becomes_steps_of_the_ticket(
    in_city: Callable[[str], Desk], clock: FixedClock
) -> None:
    desk = in_city("xiangtan-2021")
    code = with_unit(desk)
    number = supervised(desk, code)
    agree(desk, code)
    clock.advance(DAY)
    on_the_page(desk, "zx_manager", supervising.extend, number, 3, "情况复杂")
    agree(desk, code)
    clock.advance(DAY)
    on_the_page(desk, "first", supervising.reply, number, "已约谈施工方")
    agree(desk, code)
    on_the_page(desk, "first", supervising.reply, number, "已拆除设备")
    on_the_page(desk, "zx_manager", supervising.close, number, "solved", "现场核实属实")
    agree(desk, code)
    events = [
        (each.type, each.data.get("result") or each.data.get("reason")) for each in desk.read(code).events
    ]
    assert events[-4:] == [
        ("extend_supervision", "情况复杂"),
        ("reply_supervision", "已约谈施工方"),
        ("reply_supervision", "已拆除设备"),
        ("close_supervision", "现场核实属实"),
    ]
    assert len(supervisions_of(desk, number)) == 5


def supervisions_of(desk: Desk, number: str) -> list[str]:
    with desk.parts.database.read() as session:
        row = session.execute(select(Supervision).where(Supervision.code == number)).scalar_one()
        return [each.kind for each in supervisions.history(session, row)]


def test_what_is_done_on_the_ticket_is_done_to_the_supervision(
    in_city: Callable[[str], Desk], clock: FixedClock
) -> None:
    desk = in_city("xiangtan-2021")
    code = with_unit(desk)
    number = supervised(desk, code)
    for by, step, said in (
        ("centre", "extend_supervision", {"days": 2, "reason": "情况复杂"}),
        ("first", "reply_supervision", {"result": "已约谈施工方"}),
        ("first", "reply_supervision", {"result": "已拆除设备"}),
        ("centre", "close_supervision", {"solved": False, "reason": "又开工"}),
        ("centre", "escalate", {"reason": "仍未解决"}),
    ):
        clock.advance(timedelta(hours=3))
        desk.act(code, by, step, **said)
    told = ["opened", "extended", "replied", "replied", "closed", "escalated"]
    assert supervisions_of(desk, number) == told
    row = found(desk, code)[0]
    assert (row.outcome, row.reply, row.escalated_to) == ("dropped", "已拆除设备", "市人民政府督查室")
    # What the ticket told is not told back to it.
    assert jobs.follow_supervisions(desk.parts) > 0
    assert [each.type for each in desk.read(code).events][-1] == "escalate"
    agree(desk, code)


@pytest.mark.clause("XT-23.3")
def test_what_runs_out_unanswered_is_handed_to_inspection_on_both_sides(
    in_city: Callable[[str], Desk], clock: FixedClock
) -> None:
    desk = in_city("xiangtan-2021")
    code = with_unit(desk)
    supervised(desk, code)
    clock.advance(30 * DAY)
    supervision_jobs.watch(desk.parts)
    while jobs.follow_supervisions(desk.parts):
        pass
    agree(desk, code)
    assert [each.type for each in desk.read(code).events][-2:] == ["close_supervision", "escalate"]


def test_a_supervision_opened_on_its_own_page_is_in_the_ticket_with_its_clock(
    in_city: Callable[[str], Desk],
) -> None:
    desk = in_city("taian-2025")
    code = with_unit(desk)
    with desk.parts.database.write() as session:
        unit = session.execute(select(Unit.id).where(Unit.code == "U-GAJ")).scalar_one()
        supervision.open_supervision(
            session, desk.service.world.as_("zx_manager"), subject=f"ticket:{code}", unit_id=unit,
            trigger="refusal", kind="phone", reason="三次拒不接收", link=f"/tickets/{code}",
        )  # fmt: skip
    jobs.follow_supervisions(desk.parts)
    agree(desk, code)
    assert desk.read(code).events[-1].type == "open_supervision"


def test_the_next_step_on_a_ticket_does_not_wait_for_the_worker(in_city: Callable[[str], Desk]) -> None:
    desk = in_city("xiangtan-2021")
    code = with_unit(desk)
    number = supervised(desk, code)
    with desk.parts.database.write() as session:
        supervising.reply(session, desk.service.world.as_("first"), number, "已约谈施工方")
    desk.act(code, "centre", "urge", text="请尽快")
    assert [each.type for each in desk.read(code).events][-2:] == ["reply_supervision", "urge"]


def test_where_the_city_has_no_supervision_it_stays_the_centre_s_own_and_that_is_noted(
    in_city: Callable[[str], Desk],
) -> None:
    desk = in_city("shantou-2016")
    code = with_unit(desk)
    before = len(desk.read(code).events)
    with desk.parts.database.write() as session:
        unit = session.execute(select(Unit.id).where(Unit.code == "U-GAJ")).scalar_one()
        row = supervision.open_supervision(
            session, desk.service.world.as_("zx_manager"), subject=f"ticket:{code}", unit_id=unit,
            trigger="other", reason="需要督办", link=f"/tickets/{code}",
        )  # fmt: skip
        number = row.code
    on_the_page(desk, "first", supervising.reply, number, "已整改")
    assert len(desk.read(code).events) == before
    with desk.parts.database.read() as session:
        noted = session.execute(select(AuditRow).where(AuditRow.action == "ticket.not_supervised")).scalars()
        assert [each.after["code"] for each in noted if each.after] == ["not_in_profile"]


def test_a_finished_ticket_ends_what_supervised_it_and_a_later_supervision_stays_open(
    in_city: Callable[[str], Desk], clock: FixedClock
) -> None:
    desk = in_city("xiangtan-2021")
    code = with_unit(desk)
    supervised(desk, code)
    desk.act(code, "first", "reply", result="已责令停工", written=True)
    desk.act(code, "first", "request_completion", **WHOLE)
    desk.act(code, "centre", "decide_completion", approved=True)
    assert [row.outcome for row in found(desk, code)] == ["solved"]
    agree(desk, code)
    clock.advance(DAY)
    supervised(desk, code)
    desk.act(code, "caller", "callback", reached=True, satisfaction="satisfied", solved=True, contact=True)
    assert [row.outcome for row in found(desk, code)] == ["solved", ""]
    agree(desk, code)


@pytest.mark.clause("SG-22")
def test_cards_a_ticket_shows_are_kept_for_its_unit_and_counted(
    in_city: Callable[[str], Desk], clock: FixedClock
) -> None:
    desk = in_city("shaoguan-2022")
    codes = [with_unit(desk), with_unit(desk)]
    seen = set()
    for _ in range(30):
        clock.advance(DAY)
        while jobs.sweep(desk.parts):
            pass
        seen |= {desk.read(codes[0]).card_colour}
    assert seen >= {"yellow", "red"}
    with desk.parts.database.read() as session:
        marks = session.execute(select(CardMark).order_by(CardMark.id)).scalars().all()
        handling = {(each.subject, each.colour) for each in marks if each.clock == "handling"}
        counted = supervisions.cards_by_unit(session, desk.service.world.as_("zx_manager"))
        mine = supervisions.cards_by_unit(session, desk.service.world.as_("second"))
    assert handling == {(f"ticket:{code}", colour) for code in codes for colour in ("yellow", "red")}
    assert all(each.clause for each in marks)
    assert [(each.unit, each.yellow, each.red) for each in counted] == [("U-GAJ", 2, 2)]
    assert mine == []


@pytest.mark.parametrize(
    ("door", "said", "step"),
    [
        ("/api/v1/supervision/urgings", {"title": "夜间施工噪声", "reason": "请尽快答复"}, "urge"),
        ("/api/v1/supervision/referrals", {"clue": "misconduct", "text": "办结回复与事实不符"}, "refer"),
    ],
)
def test_what_is_recorded_among_the_supervisions_of_all_matters_stands_in_the_ticket_s_history_too(
    in_city: Callable[[str], Desk],
    client: TestClient,
    bearer: Callable[..., dict[str, str]],
    door: str,
    said: dict[str, str],
    step: str,
) -> None:
    desk = in_city("taian-2025")
    code = with_unit(desk)
    sent = {"subject": f"ticket:{code}", "unit": "U-GAJ"} | said
    nowhere = client.post(door, json=sent | {"subject": "ticket:20260101-1"}, headers=bearer("supervisor"))
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "unknown_subject")
    answer = client.post(door, json=sent, headers=bearer("supervisor"))
    assert answer.status_code == 201, answer.json()
    while jobs.follow_supervisions(desk.parts):
        pass
    last = desk.read(code).events[-1]
    assert (last.type, last.data["text"]) == (step, said.get("reason", said.get("text")))
    with desk.parts.database.read() as session:
        model = Urging if step == "urge" else Referral
        rows = session.execute(select(model).where(model.subject == f"ticket:{code}")).scalars().all()
    assert len(rows) == 1, "and is not recorded there a second time"
