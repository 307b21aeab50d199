"""Every clock of every city against the day walker, and what holds for all of them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb_service.core.clock import CITY as ZONE
from kb_service.regulations.calendar import WorkingCalendar
from kb_service.regulations.profiles import profile_ids
from kb_service.regulations.rules import (
    DueTime,
    acceptance_due,
    callback_due,
    card,
    centre_dispatch_due,
    code_of,
    deemed_signed,
    earliest,
    extension_due,
    first_contact_due,
    handling_due,
    last_moment_to_ask,
    promised_answer_due,
    redo_due,
    return_due,
    sign_due,
    supervision_due,
    supplement_due,
    survey_findings_due,
    survey_start_due,
)
from kb_service.regulations.schema import Profile
from tests.support import day_walker
from tests.support.deadlines import CALENDAR, at, city, handling, last_day

Clock = Callable[[Profile, datetime], DueTime | None]

INSTANTS = st.datetimes(
    datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2026-10-31"), timezones=st.just(ZONE)
)
# Each clock that is counted in working days, with the number the text states, worked out by hand.
CLOCKS: dict[str, tuple[str, int, Clock]] = {
    "ST-9.1": ("shantou-2016", 1, lambda p, t: centre_dispatch_due(p, CALENDAR, "city", t)),
    "ST-9.2": ("shantou-2016", 1, lambda p, t: centre_dispatch_due(p, CALENDAR, "district", t)),
    "ST-10.1": ("shantou-2016", 2, lambda p, t: sign_due(p, CALENDAR, t)),
    "ST-10.3": ("shantou-2016", 2, lambda p, t: return_due(p, CALENDAR, t)),
    "ST-15.1": ("shantou-2016", 2, lambda p, t: callback_due(p, CALENDAR, t)),
    "ST-15.2": ("shantou-2016", 5, lambda p, t: redo_due(p, CALENDAR, "suggestion", t)),
    "SG-14.1": ("shaoguan-2022", 1, lambda p, t: return_due(p, CALENDAR, t)),
    "SG-14.2": ("shaoguan-2022", 1, lambda p, t: supplement_due(p, CALENDAR, t)),
    "SG-14.3 start": ("shaoguan-2022", 1, lambda p, t: survey_start_due(p, CALENDAR, t)),
    "SG-14.3 findings": ("shaoguan-2022", 2, lambda p, t: survey_findings_due(p, CALENDAR, t)),
    "SG-24.2": ("shaoguan-2022", 10, lambda p, t: redo_due(p, CALENDAR, "report", t)),
    "XT-15.1": ("xiangtan-2021", 1, lambda p, t: promised_answer_due(p, CALENDAR, t)),
    "XT-16.1": ("xiangtan-2021", 1, lambda p, t: sign_due(p, CALENDAR, t)),
    "XT-16.2": ("xiangtan-2021", 2, lambda p, t: return_due(p, CALENDAR, t, signed_at=t)),
    "XT-20.1": ("xiangtan-2021", 5, lambda p, t: redo_due(p, CALENDAR, "help", t)),
    "XT-23.2 system": ("xiangtan-2021", 5, lambda p, t: supervision_due(p, CALENDAR, "system", t)),
    "XT-23.2 letter": ("xiangtan-2021", 10, lambda p, t: supervision_due(p, CALENDAR, "letter", t)),
    "MZ-11.4": ("meizhou-2014", 1, lambda p, t: first_contact_due(p, CALENDAR, "complaint", t)),
    "MZ-11.5": ("meizhou-2014", 1, lambda p, t: acceptance_due(p, CALENDAR, "report", t)),
    "MZ-13": ("meizhou-2014", 15, lambda p, t: redo_due(p, CALENDAR, "help", t)),
    "MZ-16": ("meizhou-2014", 2, lambda p, t: return_due(p, CALENDAR, t)),
    "TA-15.1 sign": ("taian-2025", 2, lambda p, t: sign_due(p, CALENDAR, t)),
    "TA-16": ("taian-2025", 5, lambda p, t: redo_due(p, CALENDAR, "help", t)),
}
LIMITS = [
    ("shantou-2016", {"consultation": 2, "suggestion": 5, "help": 7, "complaint": 10, "report": 10}),
    ("shaoguan-2022", {"consultation": 2, "help": 10, "complaint": 10, "report": 10, "suggestion": 10}),
    ("xiangtan-2021", {"consultation": 3, "help": 5, "complaint": 5, "report": 5, "suggestion": 5}),
    ("meizhou-2014", {"consultation": 3, "complaint": 15, "report": 30, "appeal": 30, "help": 15}),
    ("taian-2025", dict.fromkeys(("consultation", "help", "complaint", "report", "suggestion"), 5)),
]
EVERY_LIMIT = [(name, code, days) for name, limits in LIMITS for code, days in limits.items()]


@pytest.mark.parametrize("name", CLOCKS)
@settings(max_examples=20)
@given(event=INSTANTS)
def test_a_clock_ends_on_the_day_the_walker_reaches(name: str, event: datetime) -> None:
    profile_id, days, clock = CLOCKS[name]
    due = clock(city(profile_id), event)
    assert due is not None
    assert due.due_day == day_walker.last_day(event.date(), days)
    assert due.due == at(f"{due.due_day + timedelta(days=1)}T00:00")
    assert name.split(maxsplit=1)[0] in due.clause.split("、")


@pytest.mark.parametrize("name", CLOCKS)
@settings(max_examples=20)
@given(one=INSTANTS, other=INSTANTS)
def test_a_later_event_never_gives_an_earlier_due_time(name: str, one: datetime, other: datetime) -> None:
    profile_id, _, clock = CLOCKS[name]
    first, second = (clock(city(profile_id), each) for each in sorted((one, other)))
    assert first is not None
    assert second is not None
    assert first.due <= second.due


@pytest.mark.parametrize(("profile_id", "request_class", "days"), EVERY_LIMIT)
@settings(max_examples=20)
@given(event=INSTANTS)
def test_every_limit_of_every_city_ends_on_the_day_the_walker_reaches(
    profile_id: str, request_class: str, days: int, event: datetime
) -> None:
    clocks = handling_due(
        city(profile_id), CALENDAR, request_class, event, signed_at=event, accepted_at=event
    )
    assert [each.due_day for each in clocks] == [day_walker.last_day(event.date(), days)]


@given(received=INSTANTS, minutes=st.integers(0, 60 * 24 * 12), late=st.integers(0, 60 * 24 * 12))
def test_signing_later_or_never_gains_no_time_in_xiangtan(
    received: datetime, minutes: int, late: int
) -> None:
    profile = city("xiangtan-2021")
    deemed = deemed_signed(profile, CALENDAR, received)
    assert deemed is not None
    signed = received + timedelta(minutes=minutes)
    (due,) = handling_due(profile, CALENDAR, "help", received, signed_at=signed)
    latest = deemed + timedelta(minutes=late + 1)
    (never,) = handling_due(profile, CALENDAR, "help", received, now=latest)
    window = day_walker.last_day(received.date(), 1)
    assert due.due <= never.due
    assert never.due_day == day_walker.last_day(window, 5)


@pytest.mark.parametrize(
    ("profile_id", "request_class", "days"),
    [("shantou-2016", "complaint", 4), ("xiangtan-2021", "help", 5), ("meizhou-2014", "appeal", 7)],
)
@given(event=INSTANTS)
def test_an_extension_counts_on_from_the_present_due_day(
    profile_id: str, request_class: str, days: int, event: datetime
) -> None:
    profile = city(profile_id)
    (due,) = handling_due(profile, CALENDAR, request_class, event, signed_at=event)
    later = extension_due(profile, CALENDAR, due, request_class, 1, days)
    assert later.due_day == day_walker.last_day(due.due_day, days)
    assert all(one < other for one, other in pairwise(later.counted_days))
    assert later.counted_days[-1] == later.due_day


@given(event=INSTANTS)
def test_the_last_moment_to_ask_lies_one_working_day_before_the_due_day_in_shantou(event: datetime) -> None:
    profile = city("shantou-2016")
    (due,) = handling_due(profile, CALENDAR, "complaint", event)
    moment = last_moment_to_ask(profile, CALENDAR, due, "complaint", 1)
    assert moment.due <= due.due
    assert day_walker.works(moment.due_day)
    assert day_walker.last_day(moment.due_day, 1) == due.due_day


@pytest.mark.parametrize("profile_id", ["shantou-2016", "shaoguan-2022", "meizhou-2014"])
@given(event=INSTANTS, one=st.integers(0, 60 * 24 * 30), other=st.integers(0, 60 * 24 * 30))
def test_being_overdue_never_heals_by_itself(profile_id: str, event: datetime, one: int, other: int) -> None:
    profile, order = city(profile_id), ["green", "yellow", "red"]
    due = handling(profile, "consultation", f"{event:%Y-%m-%dT%H:%M}")
    shown = [card(profile, CALENDAR, due, due.due + timedelta(minutes=each)) for each in sorted((one, other))]
    colours = [order.index(each.colour) for each in shown if each is not None]
    assert len(colours) == 2
    assert colours == sorted(colours)


@pytest.mark.parametrize(
    ("event", "one_day", "two_days", "why"),
    [
        ("2026-11-20T17:00", "2026-11-23", "2026-11-24", "Friday evening"),
        ("2026-11-21T09:00", "2026-11-23", "2026-11-24", "the Saturday"),
        ("2026-09-30T23:59", "2026-10-08", "2026-10-09", "the eve of the National Day week"),
        ("2026-10-09T10:00", "2026-10-10", "2026-10-12", "the make-up Saturday after it"),
        ("2026-02-13T18:00", "2026-02-14", "2026-02-24", "a make-up Saturday, then the Spring Festival"),
        ("2026-02-20T10:00", "2026-02-24", "2026-02-25", "within the Spring Festival"),
        ("2025-12-31T15:00", "2026-01-04", "2026-01-05", "the year's end, with the make-up Sunday"),
        ("2025-09-27T12:00", "2025-09-28", "2025-09-29", "the Saturday before a make-up Sunday"),
    ],
)
def test_hand_worked_days(event: str, one_day: str, two_days: str, why: str) -> None:
    received = at(event)
    assert last_day(sign_due(city("xiangtan-2021"), CALENDAR, received)) == one_day, why
    assert last_day(sign_due(city("shantou-2016"), CALENDAR, received)) == two_days, why


def test_the_earliest_of_several_clocks_leads() -> None:
    profile, received = city("meizhou-2014"), at("2026-11-16T09:00")
    contact = first_contact_due(profile, CALENDAR, "complaint", received)
    returned = return_due(profile, CALENDAR, received)
    assert contact is not None
    assert returned is not None
    (handled,) = handling_due(profile, CALENDAR, "complaint", received)
    assert earliest([handled, returned, contact]) == contact
    assert earliest([]) is None


def test_a_citys_own_day_off_moves_every_clock_that_passes_it() -> None:
    changed = WorkingCalendar({date(2026, 11, 23): False})
    assert last_day(sign_due(city("xiangtan-2021"), changed, at("2026-11-20T17:00"))) == "2026-11-24"


def test_an_unannounced_year_makes_an_extension_provisional() -> None:
    profile = city("shantou-2016")
    due = handling(profile, "complaint", "2026-12-07T09:00")
    later = extension_due(profile, CALENDAR, due, "complaint", 1)
    assert (due.due_day, due.provisional) == (date(2026, 12, 21), False)
    assert later.provisional is True


def test_a_clock_the_city_does_not_have_is_none() -> None:
    received = at("2026-11-16T09:00")
    meizhou, xiangtan = city("meizhou-2014"), city("xiangtan-2021")
    assert [
        sign_due(meizhou, CALENDAR, received),
        promised_answer_due(meizhou, CALENDAR, received),
        centre_dispatch_due(xiangtan, CALENDAR, "city", received),
        callback_due(xiangtan, CALENDAR, received),
        supplement_due(xiangtan, CALENDAR, received),
        survey_start_due(xiangtan, CALENDAR, received),
        survey_findings_due(xiangtan, CALENDAR, received),
        acceptance_due(xiangtan, CALENDAR, "report", received),
        supervision_due(meizhou, CALENDAR, "system", received),
    ] == [None] * 9


def test_all_five_cities_are_here() -> None:
    assert {name for name, _ in LIMITS} == set(profile_ids()) - {"demo"}


@pytest.mark.parametrize(
    ("profile_id", "request_class", "code"),
    [
        ("shantou-2016", "report", "complaint"),
        ("meizhou-2014", "suggestion", "help"),
        ("meizhou-2014", "appeal", "appeal"),
        ("xiangtan-2021", "appeal", None),
    ],
)
def test_a_class_is_found_under_the_code_the_city_handles_it_by(
    profile_id: str, request_class: str, code: str | None
) -> None:
    assert code_of(city(profile_id), request_class) == code
