"""Working days, periods and due times. Pure: the days come in as arguments.

How periods are read (the reasons stand in docs/decisions/0011-time.md): working days are counted
from the day after the event, the last one is a working day and lasts until the day's end; hours run
on the clock; calendar days end with the Nth day and are not lengthened by holidays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import chinese_calendar

from kb_service.core.clock import CITY, day_start, local_day

FULL_DAY = timedelta(hours=24)
_HOLIDAYS = frozenset(chinese_calendar.holidays)
_MAKE_UP_DAYS = frozenset(chinese_calendar.workdays)
ANNOUNCED_YEARS = frozenset(day.year for day in _HOLIDAYS)
_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True)
class Period:
    """Exactly one of the three is set; 0 calendar days is the rest of the day of the event."""

    working_days: int | None = None
    hours: int | None = None
    calendar_days: int | None = None

    def __post_init__(self) -> None:
        given = [each for each in (self.working_days, self.hours, self.calendar_days) if each is not None]
        if len(given) != 1 or given[0] < (self.calendar_days is None):
            raise ValueError("a period is one positive number of working days, hours or calendar days")

    def __str__(self) -> str:
        if self.working_days is not None:
            return f"{self.working_days}个工作日"
        if self.hours is not None:
            return f"{self.hours}小时"
        return f"{self.calendar_days}个自然日" if self.calendar_days else "当日"


@dataclass(frozen=True)
class Due:
    """`due` is the first instant that is too late: an act at t is in time when t < due.

    `counted_days` are the days of the period, the last one being `due_day`; empty for hours.
    `provisional` says that a day on the way belongs to a year whose holidays nobody has announced.
    """

    due: datetime
    due_day: date
    provisional: bool = False
    counted_days: tuple[date, ...] = ()

    @property
    def shown(self) -> str:
        return shown(self.due, self.due_day)


def shown(due: datetime, due_day: date) -> str:
    """A due time as people are told it: 1月5日24时前."""
    local = due.astimezone(CITY)
    if local.date() != due_day:
        return f"{due_day.month}月{due_day.day}日24时前"
    minutes = f"{local.minute}分" if local.minute else ""
    return f"{due_day.month}月{due_day.day}日{local.hour}时{minutes}前"


def national_days(year: int) -> dict[date, bool]:
    """Holidays and make-up days of the State Council's notice, as far as the library knows it, in order."""
    off = dict.fromkeys((day for day in _HOLIDAYS if day.year == year), False)
    return dict(sorted((off | {day: True for day in _MAKE_UP_DAYS if day.year == year}).items()))


@dataclass(frozen=True)
class WorkingCalendar:
    """The State Council's holidays and make-up days 调休, with the city's own changes on top.

    `announced_years` are years that the library does not know but the city has entered completely.
    """

    overrides: Mapping[date, bool] = field(default_factory=dict)
    announced_years: frozenset[int] = frozenset()

    def is_working(self, day: date) -> bool:
        if (own := self.overrides.get(day)) is not None:
            return own
        # In years the library does not know, neither set has a day, and the week alone decides.
        return day in _MAKE_UP_DAYS or (day.weekday() < _SATURDAY and day not in _HOLIDAYS)

    def is_provisional(self, day: date) -> bool:
        return day.year not in self.known_years and day not in self.overrides

    @property
    def known_years(self) -> frozenset[int]:
        return ANNOUNCED_YEARS | self.announced_years

    def add_working_days(self, day: date, number: int) -> date:
        """The Nth working day after `day`, before it for a negative number; `day` itself never counts."""
        step = _ONE_DAY if number > 0 else -_ONE_DAY
        for _ in range(abs(number)):
            day += step
            while not self.is_working(day):
                day += step
        return day

    def working_days_between(self, after: date, until: date) -> int:
        """Working days later than `after`, up to and including `until`."""
        days = range(1, (until - after).days + 1)
        return sum(self.is_working(after + timedelta(days=each)) for each in days)

    def due(self, event_at: datetime, period: Period, day_ends: timedelta = FULL_DAY) -> Due:
        """When a period that an event starts runs out; `day_ends` is how long its last day lasts."""
        if event_at.tzinfo is None:
            raise ValueError("an event without a time zone has no due time")
        if period.hours is not None:
            instant = event_at.astimezone(UTC) + timedelta(hours=period.hours)
            return Due(instant, local_day(instant - timedelta(microseconds=1)))
        start = local_day(event_at)
        if period.working_days is not None:
            last = self.add_working_days(start, period.working_days)
        else:
            last = start + timedelta(days=period.calendar_days or 0)
        passed = [start + timedelta(days=each) for each in range(1, (last - start).days + 1)]
        in_working_days = period.working_days is not None
        return Due(
            due=day_start(last) + day_ends,
            due_day=last,
            provisional=in_working_days and any(map(self.is_provisional, passed)),
            counted_days=tuple(day for day in passed if not in_working_days or self.is_working(day)),
        )
