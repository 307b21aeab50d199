"""The life of a correction, whatever comes in whatever order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.clock import CITY
from kb_service.knowledge.corrections import rules
from kb_service.knowledge.corrections.rules import Grade, Live, Status
from kb_service.regulations.calendar import FULL_DAY, Period, WorkingCalendar
from kb_service.regulations.knowledge_rules import CorrectionRules, knowledge_rules
from kb_service.regulations.profiles import get_profile

CALENDAR = WorkingCalendar()
# Friday afternoon.
RECEIVED = datetime(2026, 11, 20, 15, 0, tzinfo=CITY)
HOUR = timedelta(hours=1)
# What is drawn gets its zone from `timezones`; the bounds must have none.
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001
GRADES: st.SearchStrategy[Grade] = st.sampled_from(["general", "serious"])


def periods() -> CorrectionRules:
    return knowledge_rules(get_profile("shaoguan-2022")).correction


@pytest.mark.clause("SG-28.4")
def test_general_information_is_due_two_working_days_after_the_result_was_received() -> None:
    due = rules.due(periods(), CALENDAR, "general", RECEIVED, FULL_DAY)

    assert due.due == datetime(2026, 11, 25, 0, 0, tzinfo=CITY)
    assert due.shown == "11月24日24时前"


@pytest.mark.clause("SG-28.4")
def test_what_concerns_a_sudden_event_is_due_after_24_hours_also_at_the_weekend() -> None:
    due = rules.due(periods(), CALENDAR, "serious", RECEIVED, FULL_DAY)

    assert due.due == RECEIVED + timedelta(hours=24)


@given(GRADES, INSTANTS)
def test_a_due_time_never_comes_before_the_notice(grade: Grade, received: datetime) -> None:
    due = rules.due(periods(), CALENDAR, grade, received, FULL_DAY).due

    assert due > received
    assert received <= rules.remind_at(received, due) < due


@given(INSTANTS, st.lists(st.timedeltas(timedelta(0), timedelta(days=30)), min_size=1))
def test_who_was_late_once_stays_late(due: datetime, steps: list[timedelta]) -> None:
    late_at: datetime | None = None
    now = due - timedelta(days=10)
    for step in steps:
        now += step
        late = rules.overdue(due, now, overdue_at=late_at, objected_at=None)
        assert late == (late_at is not None or now >= due)
        late_at = due if late else late_at
        # Neither an objection raised afterwards nor a new due time makes it good.
        assert not late or rules.overdue(due + timedelta(days=90), now, overdue_at=late_at, objected_at=now)


@pytest.mark.clause("TA-19.4", "SG-28.4")
def test_a_unit_is_late_from_the_first_instant_that_is_too_late() -> None:
    assert rules.overdue(RECEIVED, RECEIVED, overdue_at=None, objected_at=None)
    assert not rules.overdue(RECEIVED, RECEIVED - HOUR, overdue_at=None, objected_at=None)


def test_an_objection_in_time_waits_for_the_centre_and_a_late_one_does_not() -> None:
    later = RECEIVED + HOUR

    assert not rules.overdue(RECEIVED, later, overdue_at=None, objected_at=RECEIVED - HOUR)
    assert rules.overdue(RECEIVED, later, overdue_at=None, objected_at=RECEIVED)


@pytest.mark.clause("XT-26.6")
def test_what_is_recorded_tells_incomplete_from_late_and_uncooperative() -> None:
    assert rules.facets("incomplete", late=True, unheeded=False) == {"incomplete"}
    assert rules.facets("outdated", late=True, unheeded=False) == {"late"}
    assert rules.facets("wrong", late=True, unheeded=True) == {"late", "uncooperative"}
    assert rules.facets("wrong", late=False, unheeded=False) == frozenset()


@given(st.lists(st.tuples(st.sampled_from(sorted(rules.WAYS)), st.booleans())))
def test_strangers_alone_change_nothing_that_others_see(reports: list[tuple[str, bool]]) -> None:
    by_staff = any(way != "chat" and serious for way, serious in reports)

    assert rules.reported_hold(reports) == ("warn" if by_staff else "none")


@given(GRADES, st.sampled_from([None, "none", "warn", "suspend"]))
def test_a_serious_one_is_never_used_without_a_warning(grade: Grade, wanted: rules.Hold | None) -> None:
    hold = rules.confirmed_hold(grade, wanted)

    assert hold != "none" if grade == "serious" else hold == (wanted or "none")


def test_a_version_begun_before_the_unit_was_told_repairs_nothing_unless_it_is_named() -> None:
    before, after = Live(2, RECEIVED - HOUR), Live(2, RECEIVED + HOUR)

    def settled(live: Live | None, fix: int | None = None) -> Status | None:
        return rules.settles(live, stands_on=1, received_at=RECEIVED, fix_number=fix)

    assert settled(before) is None
    assert settled(before, fix=2) == Status.CORRECTED
    assert settled(after) == Status.CORRECTED
    assert settled(Live(1, RECEIVED - HOUR)) is None
    assert settled(None) == Status.WITHDRAWN


def test_nothing_moves_on_from_an_end() -> None:
    assert {status for status in Status if status not in rules.MOVES} == set(Status) - rules.OPEN


def test_where_a_regulation_is_silent_the_target_is_the_services_own() -> None:
    silent = knowledge_rules(get_profile("meizhou-2014")).correction

    assert silent.clause is None
    assert silent.general == Period(working_days=2)
