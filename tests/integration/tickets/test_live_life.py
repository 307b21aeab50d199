"""Live tickets on the rules of a whole life: what time does, who may do what, what follows elsewhere."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from kb_service.core import outbox
from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Forbidden
from kb_service.identity.model import Unit
from kb_service.notices.service import inbox
from kb_service.supervision.model import Supervision, Urging
from kb_service.tickets import jobs
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life import ticket_state
from kb_service.tickets.service import histories, repeating
from tests.integration.tickets.conftest import Desk
from tests.support.ticket_life import HANDLER, WHOLE

CITIES = ("meizhou-2014", "shantou-2016", "shaoguan-2022", "taian-2025", "xiangtan-2021", "demo")


@pytest.mark.parametrize("city", CITIES)
def test_a_ticket_lives_from_registration_to_reply_in_every_city(
    in_city: Callable[[str], Desk], city: str
) -> None:
    desk = in_city(city)
    code = desk.register()
    desk.act(code, "centre", "dispatch", to="U-GAJ")
    seen = desk.read(code)
    assert (seen.profile, seen.unit) == (city, "U-GAJ")
    assert [each for each in seen.clocks if each.clause]
    if seen.status == "dispatched":
        desk.act(code, "first", "sign", **HANDLER)
    assert desk.read(code, "first").status == "signed"
    assert desk.act(code, "first", "reply", result="已责令停工", written=True) == "replied"


def test_an_unsigned_ticket_counts_as_signed_once_the_sweep_comes_and_people_are_told(
    in_city: Callable[[str], Desk], clock: FixedClock
) -> None:
    tickets = in_city("xiangtan-2021")
    code = tickets.register()
    tickets.act(code, "centre", "dispatch", to="U-GAJ")
    clock.advance(timedelta(days=10))
    seen = tickets.read(code)
    assert (seen.status, seen.effects[0].effect) == ("signed", "deemed_signed")
    with tickets.parts.database.read() as session:
        assert session.execute(select(Ticket.status).where(Ticket.code == code)).scalar_one() == "dispatched"
    assert jobs.sweep(tickets.parts) == 1
    with tickets.parts.database.read() as session:
        assert session.execute(select(Ticket.status).where(Ticket.code == code)).scalar_one() == "signed"
        kinds = {notice.kind for notice in inbox(session, tickets.service.world.as_("first")).items}
    assert "ticket.deemed_signed" in kinds


def test_what_a_sweep_projects_is_what_the_history_says(tickets: Desk, clock: FixedClock) -> None:
    codes = [tickets.register(title=f"第{number}件") for number in range(3)]
    tickets.act(codes[0], "centre", "dispatch", to="U-GAJ")
    tickets.act(codes[1], "centre", "dispatch", to="U-RSJ")
    tickets.act(codes[1], "second", "sign")
    for days in (1, 3, 8, 20):
        clock.advance(timedelta(days=days))
        while jobs.sweep(tickets.parts):
            pass
        with tickets.parts.database.read() as session:
            for ticket in session.execute(select(Ticket)).scalars():
                stood = histories.standing(session, ticket)
                found = ticket_state(stood.rules, stood.state, clock.now())
                assert ticket.status == found.status
                assert ticket.due_at == (found.leading.due if found.leading else None)
                assert ticket.next_at is None or ticket.next_at > clock.now()


def test_an_overdue_ticket_is_supervised_by_the_system_where_the_city_says_so(
    in_city: Callable[[str], Desk], clock: FixedClock
) -> None:
    desk = in_city("xiangtan-2021")
    code = desk.register()
    desk.act(code, "centre", "dispatch", to="U-GAJ")
    clock.advance(timedelta(days=40))
    jobs.sweep(desk.parts)
    with desk.parts.database.read() as session:
        found = session.execute(select(Supervision)).scalar_one()
    assert (found.subject, found.trigger, found.kind) == (f"ticket:{code}", "overdue", "system")


def test_an_urging_reaches_the_unit_and_is_kept(tickets: Desk) -> None:
    code = tickets.register()
    tickets.act(code, "centre", "dispatch", to="U-GAJ")
    tickets.act(code, "agent", "urge", text="诉求人再次来电")
    with tickets.parts.database.read() as session:
        assert session.execute(select(Urging.subject)).scalars().all() == [f"ticket:{code}"]


def test_only_who_may_records_a_non_acceptance_or_decides_for_the_centre(tickets: Desk) -> None:
    code = tickets.register()
    with pytest.raises(Forbidden) as refused:
        tickets.act(code, "agent", "not_accept", ground="procedures", told=True)
    assert (refused.value.code, bool(refused.value.extra["clause"])) == ("wrong_role", True)
    with pytest.raises(Forbidden):
        tickets.act(code, "agent", "dispatch", to="U-GAJ")
    assert tickets.act(code, "centre", "not_accept", ground="procedures", told=True) == "refused"


def test_a_cooperating_unit_sees_the_ticket_and_notes_but_does_not_answer(tickets: Desk) -> None:
    code = tickets.register()
    tickets.act(code, "centre", "dispatch", to="U-GAJ", co_units=["U-RSJ"])
    tickets.act(code, "first", "sign")
    assert tickets.read(code, "second").code == code
    assert tickets.act(code, "second", "note", text="已派员配合") == "signed"
    with pytest.raises(Forbidden) as refused:
        tickets.act(code, "second", "reply", result="已办")
    assert refused.value.code == "other_unit"


def test_a_split_registers_its_parts_with_their_units(in_city: Callable[[str], Desk]) -> None:
    desk = in_city("taian-2025")
    code = desk.register()
    parts = [{"to": "U-GAJ", "text": "噪声扰民"}, {"to": "U-RSJ", "text": "拖欠工资"}]
    assert desk.act(code, "centre", "split", parts=parts) == "split"
    with desk.parts.database.read() as session:
        rows = select(Ticket).where(Ticket.code > code).order_by(Ticket.code)
        children = session.execute(rows).scalars().all()
        assert len({child.requester_id for child in children}) == 1
        codes = [child.code for child in children]
    assert [desk.read(child).unit for child in codes] == ["U-GAJ", "U-RSJ"]
    assert {desk.read(child).split_from for child in codes} == {code}


def test_somebody_kept_off_the_line_is_told_where_else_to_turn(tickets: Desk, clock: FixedClock) -> None:
    code = tickets.register()
    with tickets.parts.database.read() as session:
        ticket = session.execute(select(Ticket).where(Ticket.code == code)).scalar_one()
        abuses = histories.rules_of(session, ticket).profile.access.abuses
    abuse = next(iter(abuses), "abuse")
    tickets.act(code, "centre", "record_abuse", abuse=abuse, steps=["restricted"], text="多次辱骂")
    with pytest.raises(Forbidden) as refused:
        tickets.register()
    assert refused.value.code == "restricted"
    assert "网站" in refused.value.detail
    assert tickets.register(channel="web")
    assert tickets.register(text="小区燃气泄漏，味道很大")
    clock.advance(timedelta(days=40))
    assert tickets.register()


def test_repeats_are_shown_with_the_citys_outcomes_and_recorded_by_a_person(
    in_city: Callable[[str], Desk], clock: FixedClock
) -> None:
    desk = in_city("shantou-2016")
    first = desk.register()
    desk.act(first, "centre", "dispatch", to="U-GAJ")
    clock.advance(timedelta(hours=1))
    again = desk.register()
    stranger = desk.register(requester={}, title="工地夜间施工噪声扰民")
    with desk.parts.database.read() as session:
        agent = desk.service.world.as_("agent")
        (same,) = [each for each in repeating.found(session, agent, again) if each.code == first]
        alike = {each.code: each.why for each in repeating.found(session, agent, stranger)}
    assert (same.why, [each.outcome for each in same.outcomes]) == ("requester", ["archived", "merged"])
    assert alike[first] == "matter"
    assert desk.act(again, "agent", "repeat_found", of=first, done=True, new_facts=True) == "merged"
    assert [event.type for event in desk.read(first).events][-1] == "repeat_call"


def test_open_tickets_follow_a_merged_unit_and_keep_their_clocks(tickets: Desk, clock: FixedClock) -> None:
    code = tickets.register()
    tickets.act(code, "centre", "dispatch", to="U-GAJ")
    due = tickets.read(code).due_at
    clock.advance(timedelta(hours=2))
    with tickets.parts.database.write() as session:
        units = dict(session.execute(select(Unit.code, Unit.id)).tuples().all())
        payload = {"kind": "merge", "old": [units["U-GAJ"]], "new": [units["U-RSJ"]], "at": "2026-11-21"}
        outbox.publish(session, Context(SYSTEM, clock.now()), "unit.changed", "1", payload=payload)
    assert jobs.follow_units(tickets.parts) == 1
    seen = tickets.read(code, "second")
    assert (seen.unit, seen.due_at, seen.events[-1].type) == ("U-RSJ", due, "unit_changed")


def test_a_finished_consultation_offers_its_reply_as_a_candidate(tickets: Desk) -> None:
    from kb_service.knowledge.candidates.model import Candidate

    code = tickets.register(**{"class": "consultation"}, title="新生儿怎样上户口")
    tickets.act(code, "centre", "dispatch", to="U-GAJ")
    tickets.act(code, "first", "sign")
    tickets.act(code, "first", "reply", result="带出生证明和户口本到派出所办理，当场办结。")
    tickets.act(code, "first", "request_completion", **WHOLE)
    if tickets.read(code).status == "completing":
        tickets.act(code, "centre", "decide_completion", approved=True)
    with tickets.parts.database.read() as session:
        assert [each.question for each in session.execute(select(Candidate)).scalars()] == [
            "新生儿怎样上户口"
        ]


def test_an_answer_of_a_unit_on_the_line_is_collected_without_personal_data(
    in_city: Callable[[str], Desk],
) -> None:
    from kb_service.knowledge.candidates.model import CandidateSource

    tickets = in_city("meizhou-2014")
    told = {"way": "three_way_call", "unit": "U-GAJ", "consent": True, "answered": True}
    words = "带出生证明和户口本到派出所办理，当场办结。王小明，13800138000。"
    code = tickets.register(**{"class": "consultation"}, title="新生儿怎样上户口")
    tickets.act(code, "agent", "line_answer", **told, text=words)
    with tickets.parts.database.read() as session:
        (kept,) = session.execute(select(CandidateSource)).scalars()
    assert (kept.way, kept.ticket_code) == ("agent", code)
    assert "13800138000" not in kept.answer
