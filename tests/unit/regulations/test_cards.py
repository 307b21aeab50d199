"""Cards of Shaoguan, and of a city that shows none."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.clock import CITY
from kb_service.regulations.calendar import Due, WorkingCalendar
from kb_service.regulations.profiles import get_profile
from kb_service.regulations.rules import card

CALENDAR = WorkingCalendar()
PROFILE = get_profile("shaoguan-2022")
# Due on Thursday 19 November 2026, 24:00.
THURSDAY = Due(datetime(2026, 11, 19, 16, tzinfo=UTC), date(2026, 11, 19))


@pytest.mark.clause("SG-22")
@pytest.mark.parametrize(
    ("now", "colour", "overdue"),
    [
        ("2026-11-19T23:59", "green", 0),
        ("2026-11-20T00:00", "yellow", 1),  # Friday
        ("2026-11-22T12:00", "yellow", 1),  # the weekend adds nothing
        ("2026-11-23T09:00", "yellow", 2),  # Monday
        ("2026-11-24T00:00", "red", 3),  # Tuesday
    ],
)
def test_a_ticket_is_yellow_for_two_overdue_working_days_and_then_red(
    now: str, colour: str, overdue: int
) -> None:
    shown = card(PROFILE, CALENDAR, THURSDAY, datetime.fromisoformat(now).replace(tzinfo=CITY))
    assert shown is not None
    assert (shown.colour, shown.overdue_working_days, shown.clause) == (colour, overdue, "SG-22")


@given(st.integers(0, 60 * 24 * 30), st.integers(0, 60 * 24 * 30))
def test_being_overdue_never_heals_by_itself(one: int, other: int) -> None:
    order = ["green", "yellow", "red"]
    earlier, later = (THURSDAY.due + timedelta(minutes=each) for each in sorted((one, other)))
    first, second = card(PROFILE, CALENDAR, THURSDAY, earlier), card(PROFILE, CALENDAR, THURSDAY, later)
    assert first is not None
    assert second is not None
    assert order.index(first.colour) <= order.index(second.colour)


def test_a_city_without_cards_shows_none() -> None:
    without = PROFILE.model_copy(update={"cards": None})
    assert card(without, CALENDAR, THURSDAY, THURSDAY.due) is None
