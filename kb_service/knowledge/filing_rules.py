"""Whether a new policy was filed early enough before its publication. Pure.

Measured by when the version that was finally approved was submitted, so that the time its review took
is not held against its unit. Days are counted back from the day of release: filed "N working days
before" is filed by the end of the working day that lies N working days before it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from kb_service.core.clauses import rule
from kb_service.core.clock import day_start, local_day
from kb_service.regulations.calendar import Period, WorkingCalendar
from kb_service.regulations.knowledge_rules import FilingRules

TimelinessKind = Literal["not_asked", "in_time", "early", "late"]
TIMELINESS_NAMES: Final = {
    "not_asked": "不适用提前报送",
    "in_time": "按时报送",
    "early": "提前报送（仅作记录）",
    "late": "迟报",
}
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Timeliness:
    """`working_days`: full working days from the day of filing up to the day of release.

    `earliest` and `latest` are the first and last days on which filing was in time; `counts` tells whether
    it stands against the unit. `clause` is None where the service's own target applies; `provisional`
    where a day on the way belongs to a year whose holidays nobody has announced.
    """

    kind: TimelinessKind
    working_days: int = 0
    earliest: date | None = None
    latest: date | None = None
    clause: str | None = None
    counts: bool = False
    provisional: bool = False

    @property
    def name(self) -> str:
        return TIMELINESS_NAMES[self.kind]


NOT_ASKED: Final = Timeliness("not_asked")


def asked_in_advance(type_: str, audience: str, release_at: datetime | None) -> bool:
    """A policy that touches the public and is to be published at an instant."""
    return type_ == "policy" and audience == "public" and release_at is not None


@rule("SG-28.2", neutral=NOT_ASKED)
def filing_timeliness(
    filed_at: datetime, release_at: datetime, calendar: WorkingCalendar, rules: FilingRules
) -> Timeliness:
    released, filed = local_day(release_at), local_day(filed_at)
    latest = _days_before(released, rules.at_least, calendar)
    earliest = _days_before(released, rules.at_most, calendar) if rules.at_most else None
    kind: TimelinessKind = "in_time"
    if filed > latest:
        kind = "late"
    elif earliest is not None and filed < earliest and not _idle(filed, earliest, calendar):
        kind = "early"
    return Timeliness(
        kind=kind,
        working_days=calendar.working_days_between(filed - _DAY, released - _DAY),
        earliest=earliest,
        latest=latest,
        clause=rules.clause,
        counts=kind == "late" or (kind == "early" and rules.early_counts),
        provisional=any(map(calendar.is_provisional, (latest, released))),
    )


def _days_before(released: date, period: Period, calendar: WorkingCalendar) -> date:
    """The last day of filing that lies a period before the day of release."""
    if period.working_days is not None:
        return calendar.add_working_days(released, -period.working_days)
    if period.calendar_days is not None:
        return released - timedelta(days=period.calendar_days)
    return local_day(day_start(released) - timedelta(hours=period.hours or 0))


def _idle(filed: date, earliest: date, calendar: WorkingCalendar) -> bool:
    """Filed on a day off right before the first day: no working day more than asked."""
    return calendar.working_days_between(filed - _DAY, earliest - _DAY) == 0


@rule("SG-28.2", neutral=None)
def document_due(release_at: datetime, calendar: WorkingCalendar, rules: FilingRules) -> datetime | None:
    """The first instant at which the official document comes too late; None where none is asked for."""
    return calendar.due(release_at, rules.document).due
