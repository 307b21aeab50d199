"""Whether a new policy was filed early enough before its publication."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.clock import CITY
from kb_service.knowledge.filing_rules import asked_in_advance, document_due, filing_timeliness
from kb_service.regulations.calendar import Period, WorkingCalendar
from kb_service.regulations.knowledge_rules import knowledge_rules
from kb_service.regulations.profiles import get_profile

RULES = knowledge_rules(get_profile("shaoguan-2022")).filing
CALENDAR = WorkingCalendar()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


# Released on Friday 27 November 2026: three working days before it is Tuesday the 24th, ten Friday the 13th.
RELEASE = at("2026-11-27T09:00")


@pytest.mark.clause("SG-28.2")
@pytest.mark.parametrize(
    ("filed", "kind", "days"),
    [
        ("2026-11-24T23:59", "in_time", 3),
        ("2026-11-25T00:00", "late", 2),
        ("2026-11-27T08:00", "late", 0),
        ("2026-11-30T08:00", "late", 0),
        ("2026-11-13T00:00", "in_time", 10),
        ("2026-11-12T23:59", "early", 11),
        ("2026-11-21T12:00", "in_time", 4),
    ],
)
def test_a_policy_filed_three_to_ten_working_days_before_its_release_is_in_time(
    filed: str, kind: str, days: int
) -> None:
    found = filing_timeliness(at(filed), RELEASE, CALENDAR, RULES)
    assert (found.kind, found.working_days) == (kind, days)
    assert (found.earliest, found.latest) == (date(2026, 11, 13), date(2026, 11, 24))
    assert found.clause == "SG-28.2"


@pytest.mark.clause("SG-28.2")
def test_late_filing_counts_against_a_unit_and_early_filing_is_only_noted() -> None:
    late = filing_timeliness(at("2026-11-26T09:00"), RELEASE, CALENDAR, RULES)
    early = filing_timeliness(at("2026-10-10T09:00"), RELEASE, CALENDAR, RULES)
    assert (late.counts, early.counts) == (True, False)


def test_days_off_count_neither_way() -> None:
    """The National Day holiday of 2026 lies between; the Saturday 10 October is worked."""
    found = filing_timeliness(at("2026-09-29T09:00"), at("2026-10-09T09:00"), CALENDAR, RULES)
    assert (found.kind, found.working_days) == ("in_time", 3)


def test_a_policy_filed_on_the_sunday_before_its_first_day_is_not_early() -> None:
    release = at("2026-11-30T09:00")
    assert filing_timeliness(at("2026-11-15T09:00"), release, CALENDAR, RULES).kind == "in_time"
    assert filing_timeliness(at("2026-11-13T09:00"), release, CALENDAR, RULES).kind == "early"


@given(st.integers(0, 60), st.integers(0, 23))
def test_to_file_earlier_never_makes_it_later(days: int, hour: int) -> None:
    order = ["early", "in_time", "late"]
    filed = RELEASE.replace(hour=hour) - timedelta(days=days)
    one = filing_timeliness(filed, RELEASE, CALENDAR, RULES).kind
    before = filing_timeliness(filed - timedelta(hours=7), RELEASE, CALENDAR, RULES).kind
    assert order.index(before) <= order.index(one)


@pytest.mark.clause("SG-28.2")
def test_the_official_document_is_due_until_midnight_of_the_day_of_release() -> None:
    assert document_due(RELEASE, CALENDAR, RULES) == at("2026-11-28T00:00")


def test_only_policies_for_the_public_with_a_day_of_release_are_asked_for_in_advance() -> None:
    assert asked_in_advance("policy", "public", RELEASE)
    assert not asked_in_advance("policy", "agents", RELEASE)
    assert not asked_in_advance("faq", "public", RELEASE)
    assert not asked_in_advance("policy", "public", None)


def test_a_period_in_calendar_days_is_counted_back_in_calendar_days() -> None:
    rules = RULES.__class__(Period(calendar_days=5), None, False, Period(calendar_days=0), None)
    assert filing_timeliness(at("2026-11-22T23:00"), RELEASE, CALENDAR, rules).kind == "in_time"
    assert filing_timeliness(at("2026-11-23T00:00"), RELEASE, CALENDAR, rules).kind == "late"
