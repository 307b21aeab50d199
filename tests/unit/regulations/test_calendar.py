"""Working days and due times, against a day walker that shares no code with them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.clock import CITY
from kb_service.regulations.calendar import Period, WorkingCalendar
from tests.support import day_walker

CALENDAR = WorkingCalendar()
KNOWN_DAYS = st.dates(date(2025, 1, 1), date(2026, 10, 31))
KNOWN_INSTANTS = st.datetimes(
    datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2026-10-31"), timezones=st.just(CITY)
)
WORKING_PERIODS = st.integers(1, 30).map(lambda days: Period(working_days=days))
PERIODS = WORKING_PERIODS | st.integers(1, 96).map(lambda hours: Period(hours=hours))
PERIODS |= st.integers(1, 60).map(lambda days: Period(calendar_days=days))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


@given(KNOWN_DAYS)
def test_every_day_works_or_rests_as_the_notices_say(day: date) -> None:
    assert CALENDAR.is_working(day) == day_walker.works(day)


@given(KNOWN_INSTANTS, st.integers(1, 25))
def test_a_period_ends_on_the_day_the_walker_reaches(event: datetime, days: int) -> None:
    due = CALENDAR.due(event, Period(working_days=days))
    assert due.due_day == day_walker.last_day(event.date(), days)
    assert len(due.counted_days) == days
    assert due.counted_days[-1] == due.due_day


@given(KNOWN_INSTANTS, WORKING_PERIODS)
def test_the_last_day_of_a_working_day_period_is_a_working_day_and_lasts_until_midnight(
    event: datetime, period: Period
) -> None:
    due = CALENDAR.due(event, period)
    assert CALENDAR.is_working(due.due_day)
    assert due.due.astimezone(CITY) == at(f"{due.due_day + timedelta(days=1)}T00:00")


@given(KNOWN_INSTANTS, KNOWN_INSTANTS, PERIODS)
def test_later_receipt_never_gives_an_earlier_due_time(
    one: datetime, other: datetime, period: Period
) -> None:
    earlier, later = sorted((one, other))
    assert CALENDAR.due(earlier, period).due <= CALENDAR.due(later, period).due


@given(KNOWN_INSTANTS, st.integers(1, 29))
def test_a_longer_period_is_never_due_earlier(event: datetime, days: int) -> None:
    shorter = CALENDAR.due(event, Period(working_days=days))
    assert shorter.due < CALENDAR.due(event, Period(working_days=days + 1)).due


@given(KNOWN_DAYS, st.integers(1, 30))
def test_working_days_counted_forward_are_the_working_days_between(day: date, number: int) -> None:
    assert CALENDAR.working_days_between(day, CALENDAR.add_working_days(day, number)) == number


@given(KNOWN_DAYS, st.integers(1, 30))
def test_counting_back_undoes_counting_forward_from_a_working_day(day: date, number: int) -> None:
    start = CALENDAR.add_working_days(day, 1)
    assert CALENDAR.add_working_days(CALENDAR.add_working_days(start, number), -number) == start


@pytest.mark.parametrize("event", ["2026-11-20T17:00", "2026-11-21T09:00", "2026-11-22T23:59"])
def test_one_working_day_from_friday_evening_or_the_weekend_ends_monday_midnight(event: str) -> None:
    due = CALENDAR.due(at(event), Period(working_days=1))
    assert (due.due_day, due.shown) == (date(2026, 11, 23), "11月23日24时前")
    assert due.due == datetime(2026, 11, 23, 16, tzinfo=UTC)


def test_make_up_days_count_and_holidays_do_not() -> None:
    # 4 - 6, 9 - 13 and the make-up Saturday 14 February are nine; the holiday ends on the 23rd.
    due = CALENDAR.due(at("2026-02-03T10:00"), Period(working_days=10))
    assert date(2026, 2, 14) in due.counted_days
    assert due.due_day == date(2026, 2, 24)


def test_hours_run_through_holidays() -> None:
    due = CALENDAR.due(at("2026-10-01T23:30"), Period(hours=2))
    assert (due.due, due.due_day) == (at("2026-10-02T01:30"), date(2026, 10, 2))
    assert due.shown == "10月2日1时30分前"


def test_hours_that_end_at_midnight_belong_to_the_day_that_ends() -> None:
    assert CALENDAR.due(at("2026-10-01T22:00"), Period(hours=2)).shown == "10月1日24时前"


def test_a_restriction_in_calendar_days_is_not_lengthened_by_holidays() -> None:
    due = CALENDAR.due(at("2026-09-07T09:00"), Period(calendar_days=30))
    assert due.due_day == date(2026, 10, 7)
    assert not CALENDAR.is_working(due.due_day)


def test_a_day_may_end_earlier_than_midnight_where_a_city_reads_it_so() -> None:
    due = CALENDAR.due(at("2026-11-19T10:00"), Period(working_days=1), timedelta(hours=17, minutes=30))
    assert (due.due, due.shown) == (at("2026-11-20T17:30"), "11月20日17时30分前")


def test_an_unannounced_year_is_counted_by_weekdays_and_said_to_be_provisional() -> None:
    within, across = (
        CALENDAR.due(at(event), Period(working_days=2)) for event in ("2026-12-28T09:00", "2026-12-30T09:00")
    )
    assert (within.due_day, within.provisional) == (date(2026, 12, 30), False)
    assert (across.due_day, across.provisional) == (date(2027, 1, 1), True)


def test_a_year_the_city_has_entered_is_no_longer_provisional() -> None:
    entered = WorkingCalendar({date(2027, 1, 1): False}, frozenset({2027}))
    due = entered.due(at("2026-12-30T09:00"), Period(working_days=2))
    assert (due.due_day, due.provisional) == (date(2027, 1, 4), False)


def test_one_override_does_not_make_the_rest_of_an_unannounced_year_certain() -> None:
    partly = WorkingCalendar({date(2027, 1, 1): False})
    assert not partly.is_provisional(date(2027, 1, 1))
    assert partly.is_provisional(date(2027, 1, 4))


@given(KNOWN_DAYS)
def test_the_citys_own_change_goes_before_the_notice(day: date) -> None:
    changed = WorkingCalendar({day: not CALENDAR.is_working(day)})
    assert changed.is_working(day) != CALENDAR.is_working(day)


@pytest.mark.parametrize("event", ["2026-11-20T00:00", "2026-11-20T23:59"])
def test_the_same_day_ends_at_midnight_of_the_day_of_the_event(event: str) -> None:
    due = CALENDAR.due(at(event), Period(calendar_days=0))
    assert (due.due, due.due_day, due.counted_days) == (at("2026-11-21T00:00"), date(2026, 11, 20), ())
    assert str(Period(calendar_days=0)) == "当日"


@pytest.mark.parametrize(
    "wrong", [{}, {"hours": 0}, {"calendar_days": -1}, {"working_days": -1}, {"hours": 1, "working_days": 1}]
)
def test_a_period_is_one_positive_number(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="one positive number"):
        Period(**wrong)


def test_an_event_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        CALENDAR.due(datetime.fromisoformat("2026-11-20"), Period(working_days=1))
