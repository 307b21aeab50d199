"""Handling limits of Shaoguan and the demo city. Expected days are counted by hand from the notices."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.clock import CITY
from kb_service.core.errors import Invalid
from kb_service.regulations.calendar import WorkingCalendar
from kb_service.regulations.profiles import get_profile
from kb_service.regulations.rules import handling_due
from kb_service.regulations.schema import Profile
from tests.support import day_walker

CALENDAR = WorkingCalendar()
WITHOUT_ANSWER = ["help", "complaint", "report", "suggestion"]


@pytest.fixture(params=["demo", "shaoguan-2022"])
def profile(request: pytest.FixtureRequest) -> Profile:
    return get_profile(request.param)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


@pytest.mark.clause("SG-17.1")
@pytest.mark.parametrize(
    ("received", "due_day"),
    [
        ("2026-11-16T09:00", date(2026, 11, 18)),  # Monday: Tuesday, Wednesday
        ("2026-11-19T23:59", date(2026, 11, 23)),  # Thursday night: Friday, Monday
        ("2026-11-21T08:00", date(2026, 11, 24)),  # Saturday: Monday, Tuesday
        ("2026-09-24T16:30", date(2026, 9, 29)),  # before Mid-Autumn: 28, 29 September
        ("2026-09-29T10:00", date(2026, 10, 8)),  # 30 September, then after the National Day week
        ("2026-10-08T10:00", date(2026, 10, 10)),  # 9 October and the make-up Saturday
    ],
)
def test_a_consultation_is_due_two_working_days_after_receipt(
    profile: Profile, received: str, due_day: date
) -> None:
    clocks = handling_due(profile, CALENDAR, "consultation", at(received))
    assert [(each.name, each.due_day, each.clause) for each in clocks] == [("handling", due_day, "SG-17.1")]


@pytest.mark.clause("SG-17.2")
@pytest.mark.parametrize("request_class", WITHOUT_ANSWER)
@pytest.mark.parametrize(
    ("received", "due_day"),
    [
        ("2026-11-02T09:00", date(2026, 11, 16)),  # two plain weeks
        ("2026-02-10T11:00", date(2026, 3, 2)),  # over the Spring Festival, two make-up Saturdays counted
        ("2026-09-28T09:00", date(2026, 10, 16)),  # 29, 30 September; 8 - 10, 12 - 16 October
    ],
)
def test_other_requests_are_due_ten_working_days_after_receipt(
    profile: Profile, request_class: str, received: str, due_day: date
) -> None:
    clocks = handling_due(profile, CALENDAR, request_class, at(received))
    assert [(each.name, each.due_day, each.clause) for each in clocks] == [("handling", due_day, "SG-17.2")]


@pytest.mark.clause("SG-17.1", "SG-17.2")
@given(
    st.sampled_from(["demo", "shaoguan-2022"]),
    st.sampled_from([("consultation", 2), *((each, 10) for each in WITHOUT_ANSWER)]),
    st.datetimes(
        datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2026-11-30"), timezones=st.just(CITY)
    ),
)
def test_the_due_day_is_the_one_the_day_walker_reaches(
    profile_id: str, limit: tuple[str, int], received: datetime
) -> None:
    request_class, working_days = limit
    clocks = handling_due(get_profile(profile_id), CALENDAR, request_class, received)
    assert [each.due_day for each in clocks] == [day_walker.last_day(received.date(), working_days)]


@pytest.mark.clause("SG-17.1", "SG-17.2")
@pytest.mark.parametrize("request_class", ["consultation", *WITHOUT_ANSWER])
def test_the_limit_runs_from_receipt_whether_or_not_the_unit_has_signed_or_accepted(
    profile: Profile, request_class: str
) -> None:
    received, later = at("2026-11-16T09:00"), at("2026-11-18T09:00")
    alone = handling_due(profile, CALENDAR, request_class, received)
    signed = handling_due(
        profile, CALENDAR, request_class, received, signed_at=later, accepted_at=later + timedelta(days=1)
    )
    assert len(alone) == 1
    assert signed == alone


@pytest.mark.clause("SG-17.3")
def test_a_sudden_matter_needs_a_record_in_two_hours_and_is_complete_in_two_working_days(
    profile: Profile,
) -> None:
    clocks = handling_due(profile, CALENDAR, "help", at("2026-11-20T17:10"), sudden=True)
    assert [(each.name, each.due, each.due_day, each.clause) for each in clocks] == [
        ("sudden_record", at("2026-11-20T19:10"), date(2026, 11, 20), "SG-17.3"),
        ("sudden_completion", at("2026-11-25T00:00"), date(2026, 11, 24), "SG-17.3"),
    ]


@given(
    st.datetimes(
        datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2026-11-30"), timezones=st.just(CITY)
    )
)
def test_the_earliest_clock_leads(received: datetime) -> None:
    clocks = handling_due(get_profile("demo"), CALENDAR, "complaint", received, sudden=True)
    assert all(one.due <= other.due for one, other in pairwise(clocks))


def test_a_limit_that_starts_with_signing_is_not_due_before_the_unit_has_signed() -> None:
    demo = get_profile("demo")
    found = demo.classes["help"]
    limit = found.limit.model_copy(update={"starts": "signed"})
    signing = demo.model_copy(update={"classes": {"help": found.model_copy(update={"limit": limit})}})
    received = at("2026-11-16T09:00")
    assert handling_due(signing, CALENDAR, "help", received) == []
    signed = handling_due(signing, CALENDAR, "help", received, signed_at=at("2026-11-17T09:00"))
    assert [each.due_day for each in signed] == [date(2026, 12, 1)]


def test_a_due_time_says_what_it_counted_and_where_it_is_written() -> None:
    (clock,) = handling_due(get_profile("demo"), CALENDAR, "consultation", at("2026-11-20T10:00"))
    assert clock.counted_days == (date(2026, 11, 23), date(2026, 11, 24))
    assert (clock.label, clock.article) == ("咨询办理期限", "第十七条第一款第（一）项")
    assert clock.shown == "11月24日24时前"


@pytest.mark.parametrize(
    ("request_class", "code"), [("appeal", "class_not_in_profile"), ("咨询", "class_unknown")]
)
def test_a_class_the_city_does_not_have_is_refused_with_those_it_has(request_class: str, code: str) -> None:
    with pytest.raises(Invalid, match="consultation") as refused:
        handling_due(get_profile("demo"), CALENDAR, request_class, at("2026-11-20T10:00"))
    assert refused.value.code == code
