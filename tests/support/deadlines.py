"""Short ways to say when something happened and when it is due."""

from collections.abc import Callable
from datetime import datetime
from functools import cache

from kb_service.core.clock import CITY
from kb_service.core.errors import Invalid
from kb_service.regulations.calendar import WorkingCalendar
from kb_service.regulations.deployment import supplied
from kb_service.regulations.profiles import get_profile
from kb_service.regulations.rules import DueTime, SpecialLimit, handling_due
from kb_service.regulations.schema import Profile

CALENDAR = WorkingCalendar()
# What the project's tests use where Tai'an sets no numbers.
TAIAN = {
    "consultation": 5,
    "help": 5,
    "complaint": 5,
    "report": 5,
    "suggestion": 5,
    "sign": 2,
    "return": 2,
    "extension": 10,
    "redo": 5,
}


@cache
def city(profile_id: str) -> Profile:
    profile = get_profile(profile_id)
    return supplied(profile, TAIAN) if profile_id == "taian-2025" else profile


def at(text: str) -> datetime:
    """2026-11-20T17:00 in the city's time."""
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


def last_day(clock: DueTime | None) -> str:
    """The due day; empty where there is no such clock."""
    return "" if clock is None else clock.due_day.isoformat()


def told(clock: DueTime | None) -> tuple[str, str]:
    """The due day and the clause."""
    return ("", "") if clock is None else (clock.due_day.isoformat(), clock.clause)


def handled(
    profile: Profile,
    request_class: str,
    received: str,
    *,
    signed_at: datetime | None = None,
    accepted_at: datetime | None = None,
    special: SpecialLimit | None = None,
    now: datetime | None = None,
) -> list[str]:
    """The due days of handling, the earliest first."""
    clocks = handling_due(
        profile,
        CALENDAR,
        request_class,
        at(received),
        signed_at=signed_at,
        accepted_at=accepted_at,
        special=special,
        now=now,
    )
    return [each.due_day.isoformat() for each in clocks]


def handling(profile: Profile, request_class: str, received: str) -> DueTime:
    (clock,) = handling_due(profile, CALENDAR, request_class, at(received))
    return clock


def outcome(call: Callable[[], DueTime | None]) -> str:
    """The due day, or the code of the refusal."""
    try:
        return last_day(call())
    except Invalid as error:
        return error.code
