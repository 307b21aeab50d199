"""Warnings tell those who are responsible once, and keep what they did."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from kb_service.core.clock import local_day
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.identity.model import Unit
from kb_service.insight import jobs
from kb_service.insight.statistics.model import TicketMark
from kb_service.insight.warnings import rules
from kb_service.insight.warnings.service import watching
from kb_service.insight.warnings.service.watching import WarningFilter, WarningView
from kb_service.notices.model import Notice
from tests.support.requests import MIXER, OTHERS, add_tickets, days_ago, spread
from tests.support.service import Service


def standing(city: Service, by: str = "chief", **wanted: str) -> Sequence[WarningView]:
    with city.parts.database.read() as session:
        return watching.list_warnings(session, city.world.as_(by), WarningFilter(**wanted)).items


def told(city: Service, number: int) -> set[str]:
    people = {
        city.world.as_(each).actor.account_id: each
        for each in ("chief", "street", "police", "labour", "district")
    }
    with city.parts.database.read() as session:
        rows = select(Notice.account_id).where(Notice.subject == f"warning:{number}")
        return {people[each] for each in session.execute(rows).scalars() if each in people}


def mixer_rises(city: Service, number: int = 14) -> None:
    now = city.parts.clock.now()
    add_tickets(city.parts, OTHERS, spread(days_ago(now, 70), days_ago(now, 1), 160))
    add_tickets(city.parts, OTHERS, spread(days_ago(now, 70), days_ago(now, 1), 80), region="990101001")
    add_tickets(city.parts, MIXER, spread(days_ago(now, 6), days_ago(now, 1), number), region="990101001")
    jobs.MATTERS.by_hand(city.parts)


def late_tickets(city: Service, number: int, unit: str = "U-RSJ") -> None:
    now = city.parts.clock.now()
    add_tickets(
        city.parts,
        OTHERS,
        spread(days_ago(now, 30), days_ago(now, 20), number),
        unit=unit,
        due_at=days_ago(now, 3),
    )


@pytest.mark.clause("TA-24")
def test_a_sudden_rise_in_a_street_is_told_to_the_street_the_unit_and_the_centre(city: Service) -> None:
    mixer_rises(city)
    (found,) = standing(city)
    assert (found.rule, found.region_name, found.unit_name) == ("rise", "湖滨街道", "市公安局")
    assert found.evidence["tickets"] == 14
    assert 0 < found.evidence["adjusted"] < 0.001
    assert told(city, found.id) == {"chief", "street", "police"}


@pytest.mark.clause("TA-24")
def test_fewer_than_the_number_set_are_no_warning(city: Service) -> None:
    late_tickets(city, rules.KINDS["overdue"].at_least - 1)
    assert watching.watch(city.parts, rules.AT_ONCE) == 0
    late_tickets(city, 1)
    assert watching.watch(city.parts, rules.AT_ONCE) == 1
    assert standing(city)[0].title.startswith("市人力资源和社会保障局有 10 件")


def test_the_same_thing_alarms_nobody_twice(city: Service) -> None:
    late_tickets(city, 12)
    assert [watching.watch(city.parts, rules.AT_ONCE) for _ in range(3)] == [1, 0, 0]
    late_tickets(city, 5)
    watching.watch(city.parts, rules.AT_ONCE)
    (found,) = standing(city)
    assert found.evidence["overdue"] == 17
    with city.parts.database.read() as session:
        notices = session.execute(select(Notice).where(Notice.kind == watching.NOTICE)).scalars().all()
    assert len(notices) == len({each.account_id for each in notices})


def test_what_was_done_is_kept_and_silences_it_for_two_weeks(city: Service) -> None:
    late_tickets(city, 12)
    watching.watch(city.parts, rules.AT_ONCE)
    (found,) = standing(city)
    with city.parts.database.write() as session:
        with pytest.raises(Invalid):
            watching.handle(session, city.world.as_("labour"), found.id, "")
        done = watching.handle(session, city.world.as_("labour"), found.id, "已安排专人三日内清零。")
        with pytest.raises(Conflict):
            watching.handle(session, city.world.as_("labour"), found.id, "再处置一次。")
    assert (done.state_name, done.handled_by) == ("已处置", "labour")
    assert watching.watch(city.parts, rules.AT_ONCE) == 0
    city.parts.clock.advance(rules.QUIET)  # type: ignore[attr-defined]
    assert watching.watch(city.parts, rules.AT_ONCE) == 1
    assert [each.state for each in standing(city, state="")] == ["open", "handled"]


def test_what_is_no_longer_so_passes_by_itself(city: Service) -> None:
    from kb_service.tickets.model import Ticket

    late_tickets(city, 12)
    watching.watch(city.parts, rules.AT_ONCE)
    with city.parts.database.write() as session:
        for ticket in session.execute(select(Ticket)).scalars():
            ticket.status = "completed"
    watching.watch(city.parts, rules.AT_ONCE)
    assert standing(city) == []
    assert [each.state for each in standing(city, state="gone")] == ["gone"]


def test_sudden_events_of_one_kind_in_one_place_are_one_warning(city: Service) -> None:
    now = city.parts.clock.now()
    gas = [("闻到煤气味", "楼道里燃气泄漏，味道很大。")]
    add_tickets(city.parts, gas, spread(days_ago(now, 0.2), now, 3), region="990101001", sudden=True)
    add_tickets(city.parts, gas, spread(days_ago(now, 0.2), now, 1), region="990102", sudden=True)
    assert watching.watch(city.parts, rules.AT_ONCE) == 2
    here, there = sorted(standing(city), key=lambda each: each.region)
    assert (here.level, here.region_name, len(here.evidence["tickets"])) == ("high", "东湖区", 3)
    assert there.region_name == "西岭县"
    city.parts.clock.advance(timedelta(days=3))  # type: ignore[attr-defined]
    watching.watch(city.parts, rules.AT_ONCE)
    assert len(standing(city)) == 2


def test_a_unit_that_dissatisfies_more_than_the_city_is_warned_of(city: Service) -> None:
    now = city.parts.clock.now()
    ids = add_tickets(city.parts, OTHERS, spread(days_ago(now, 20), days_ago(now, 10), 40))
    with city.parts.database.write() as session:
        units = dict(session.execute(select(Unit.code, Unit.id)).tuples().all())
        rows = [
            {
                "ticket_id": ticket, "number": 1, "name": "satisfaction", "day": local_day(days_ago(now, 5)),
                "unit_id": units["U-RSJ" if at < 10 else "U-GAJ"], "region_code": "990101",
                "good": at % 10 >= (6 if at < 10 else 2), "done": True, "stay": 1, "nth": 1, "left_out": "",
            }
            for at, ticket in enumerate(ids)
        ]  # fmt: skip
        session.execute(insert(TicketMark), rows)
    watching.watch(city.parts, rules.NIGHTLY)
    (found,) = standing(city, rule="dissatisfied")
    assert found.unit_name == "市人力资源和社会保障局"
    assert (found.evidence["dissatisfied"], found.evidence["rated"]) == (6, 10)


def test_who_has_nothing_to_do_with_it_neither_sees_nor_handles_it(city: Service) -> None:
    late_tickets(city, 12)
    watching.watch(city.parts, rules.AT_ONCE)
    (found,) = standing(city)
    assert standing(city, by="police") == []
    with city.parts.database.write() as session:
        with pytest.raises(NotFound):
            watching.handle(session, city.world.as_("police"), found.id, "不是我们的。")
        with pytest.raises(Forbidden):
            watching.handle(session, city.world.as_("agent"), found.id, "话务员不处置。")


def test_a_city_sets_from_which_number_on_it_is_warned_or_not_at_all(city: Service) -> None:
    late_tickets(city, 12)
    with city.parts.database.write() as session:
        watching.set_rule(session, city.world.as_("chief"), "overdue", runs=True, at_least=13)
    assert watching.watch(city.parts, rules.AT_ONCE) == 0
    late_tickets(city, 1)
    assert watching.watch(city.parts, rules.AT_ONCE) == 1
    with city.parts.database.write() as session:
        watching.set_rule(session, city.world.as_("chief"), "overdue", runs=False, at_least=1)
    watching.watch(city.parts, rules.AT_ONCE)
    assert standing(city) == []
