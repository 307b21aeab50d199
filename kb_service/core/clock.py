"""The only module that reads the machine's clock: everything else is handed an instant."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CITY = ZoneInfo("Asia/Shanghai")


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock(Clock):
    """Stands still until it is moved: for tests, simulations and loading a base with a past."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, step: timedelta) -> None:
        self.at += step


def local_day(instant: datetime) -> date:
    return instant.astimezone(CITY).date()


def day_start(day: date) -> datetime:
    """The UTC instant at which the city's calendar day begins."""
    return datetime.combine(day, time.min, CITY).astimezone(UTC)


def epoch(instant: datetime) -> int:
    return int(instant.timestamp())
