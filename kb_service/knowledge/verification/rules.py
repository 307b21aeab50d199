"""How long a confirmation holds, who may give it, and what mark of trust a point bears. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from kb_service.core.clauses import rule, rule_value
from kb_service.core.clock import day_start, local_day

# The service's own targets, in days: the regulations ask for regular updates and give no number.
DEFAULT_DAYS: Final[Mapping[str, int]] = {
    "script": 30,
    "agency": 90,
    "policy": 180,
    "procedure": 180,
    "faq": 365,
}
# Who shortens an interval leaves owners this long for what is due at once thereby.
GRACE: Final = timedelta(days=10)
EXPIRING: Final = timedelta(days=30)
REMIND_BEFORE: Final = timedelta(days=14)
AGED: Final = timedelta(days=730)


@dataclass(frozen=True)
class IntervalSet:
    """From `set_at` on a confirmation holds `days`; None: a point's own interval was taken away."""

    set_at: datetime
    days: int | None


def steps(
    type_: str, of_type: Iterable[IntervalSet], of_point: Iterable[IntervalSet] = ()
) -> list[tuple[datetime | None, int]]:
    """The days that hold, each from an instant on (None: from ever): a point's own before its type's."""
    changes = sorted(
        [(each.set_at, "type", each.days) for each in of_type]
        + [(each.set_at, "point", each.days) for each in of_point],
        key=lambda change: change[0],
    )
    standing: dict[str, int | None] = {"type": DEFAULT_DAYS[type_], "point": None}
    found: list[tuple[datetime | None, int]] = [(None, DEFAULT_DAYS[type_])]
    for at, which, days in changes:
        standing[which] = days
        holds = standing["point"] or standing["type"] or DEFAULT_DAYS[type_]
        if holds != found[-1][1]:
            found.append((at, holds))
    return found


def _never(
    confirmed_at: datetime, _holds: Sequence[tuple[datetime | None, int]], _until: date | None = None
) -> datetime:
    return confirmed_at.replace(year=9999)


@rule("TA-8.4", neutral=_never)
def verification_due(
    confirmed_at: datetime, holds: Sequence[tuple[datetime | None, int]], until: date | None = None
) -> datetime:
    """The first instant at which a confirmation no longer holds.

    `holds` are the intervals in the order of `steps`; `until` is the last day the owner stated. A shorter
    interval takes effect at once but never makes anything overdue before GRACE has passed.
    """
    due = confirmed_at
    for at, (since, days) in enumerate(holds):
        following = holds[at + 1][0] if at + 1 < len(holds) else None
        if following is not None and following <= confirmed_at:
            continue
        due = day_start(local_day(confirmed_at) + timedelta(days=days + 1))
        if since is not None and since > confirmed_at:
            due = max(due, since + GRACE)
        if following is None or due <= following:
            break
    stated = day_start(until + timedelta(days=1)) if until is not None else None
    return min(due, stated) if stated is not None else due


def latest_until(at: datetime, days: int) -> date:
    """The last day up to which an owner may say on one day that a point will still be right."""
    return local_day(at) + timedelta(days=days)


def _anybody(_actor_unit: int | None, _owner_and_above: Sequence[int], _centre: Collection[int]) -> bool:
    return True


@rule("MZ-7.4", "SG-29", neutral=_anybody)
def may_state(actor_unit: int | None, owner_and_above: Sequence[int], centre: Collection[int]) -> bool:
    """Whether somebody of this unit may say that a point is right.

    It is for the owner and the bodies above it, for they answer for it; never for the centre, unless the
    point is the centre's own.
    """
    if actor_unit is None or actor_unit not in owner_and_above:
        return False
    return actor_unit == owner_and_above[0] or actor_unit not in centre


# The marks a searcher sees, the gravest first.
MARKS: Final = {
    "disputed": "有纠错",
    "overdue": "待核验",
    "expiring": "将到期",
    "unsourced": "未注来源",
    "aged": "久未修订",
    "approved": "审核有效",
    "verified": "已核验",
}
QUESTIONABLE: Final = rule_value(
    "TA-8.4", name="knowledge.questionable_marks", value=frozenset({"disputed", "overdue"})
)


@dataclass(frozen=True)
class TrustFacts:
    """What is known of a live version: `verified_by` the unit that last confirmed it, `open_corrections` how
    many reports stand open and whether one of them is serious.
    """

    type: str
    source: str
    approved_at: datetime
    due_at: datetime
    effective_to: date | None = None
    verified_at: datetime | None = None
    verified_by: str = ""
    open_corrections: int = 0
    serious: bool = False


@dataclass(frozen=True)
class Trust:
    """`mark` is a key of MARKS; `reason` is told to the searcher in a sentence."""

    mark: str
    reason: str

    @property
    def name(self) -> str:
        return MARKS[self.mark]

    @property
    def questionable(self) -> bool:
        return self.mark in QUESTIONABLE


def trust(facts: TrustFacts, now: datetime) -> Trust:
    """The gravest thing to be said of a version, and why."""
    return _doubt(facts, now) or _weakness(facts, now) or _standing(facts)


def _doubt(facts: TrustFacts, now: datetime) -> Trust | None:
    if facts.open_corrections:
        what = "严重错漏" if facts.serious else "错漏"
        return Trust("disputed", f"有 {facts.open_corrections} 件{what}纠错正在处理，答复前请与承办单位核对")
    if now >= facts.due_at:
        return Trust("overdue", f"核验已于 {_last_day(facts)} 到期，承办单位尚未再次确认")
    return None


def _weakness(facts: TrustFacts, now: datetime) -> Trust | None:
    ends = day_start(facts.effective_to + timedelta(days=1)) if facts.effective_to else None
    if ends is not None and now < ends <= now + EXPIRING:
        return Trust("expiring", f"有效期到 {facts.effective_to} 为止")
    # An agency tells of itself: it is its own source.
    if not facts.source.strip() and facts.type in {"policy", "procedure"}:
        return Trust("unsourced", "没有注明来源，无从核对出处")
    if now - facts.approved_at > AGED:
        confirmed = max(facts.verified_at or facts.approved_at, facts.approved_at)
        return Trust(
            "aged", f"内容自 {local_day(facts.approved_at)} 起没有修订，最近确认 {local_day(confirmed)}"
        )
    return None


def _standing(facts: TrustFacts) -> Trust:
    if facts.verified_at is not None and facts.verified_at >= facts.approved_at:
        day = local_day(facts.verified_at)
        return Trust("verified", f"{facts.verified_by}于 {day} 核验，有效至 {_last_day(facts)}")
    day = local_day(facts.approved_at)
    return Trust("approved", f"{day} 审核通过，应于 {_last_day(facts)} 前再次核验")


def _last_day(facts: TrustFacts) -> date:
    return local_day(facts.due_at - timedelta(microseconds=1))
