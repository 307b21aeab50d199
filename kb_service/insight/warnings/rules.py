"""What calls for a warning, how grave it is, and when the same thing may warn again. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from kb_service.core.clauses import rule

Level = Literal["high", "medium"]
LEVEL_NAMES: Final[Mapping[str, str]] = {"high": "重要", "medium": "一般"}
STATE_NAMES: Final[Mapping[str, str]] = {"open": "待处置", "handled": "已处置", "gone": "已自行消退"}

# What was dealt with does not warn again for so long.
QUIET: Final = timedelta(days=14)
DAY: Final = timedelta(hours=24)
WEEK: Final = timedelta(days=7)
MONTH: Final = timedelta(days=30)
GRAVE_RATIO: Final = 3.0
GRAVE_TIMES: Final = 3
# A place is named where it has this much of what rises in the wider one.
MOSTLY: Final = 0.7


@dataclass(frozen=True)
class WarningKind:
    """`at_least` is the number from which on it warns, of `counts`; a city may set another."""

    id: str
    name: str
    about: str
    counts: str
    at_least: int


KINDS: Final[Mapping[str, WarningKind]] = {
    each.id: each
    for each in (
        WarningKind(
            "rise", "诉求突增", "一地一类诉求比自身以往明显增多，经检验不是偶然波动。", "近7日件数", 10
        ),
        WarningKind("crowd", "多人反映", "一地许多人反映同一事项。", "近7日不同诉求人数", 20),
        WarningKind("sudden", "突发事项", "收到突发事项清单所列的诉求。", "近24小时件数", 1),
        WarningKind("overdue", "逾期积压", "一个单位有许多未办结的逾期工单。", "逾期件数", 10),
        WarningKind(
            "dissatisfied", "连续不满意", "一个单位不满意的评价多，且占比高于全市。", "近30日不满意件数", 5
        ),
    )
}
# Looked at every few minutes; the others after the night's counting.
AT_ONCE: Final = ("sudden", "overdue")
NIGHTLY: Final = ("rise", "crowd", "dissatisfied")
# These stand until somebody has dealt with them.
STAYS: Final = frozenset({"sudden"})


@dataclass(frozen=True)
class Found:
    """One thing that calls for a warning. `number` is what its kind counts."""

    kind: str
    key: str
    title: str
    number: int
    evidence: Mapping[str, Any]
    link: str = ""
    unit_id: int | None = None
    region: str | None = None
    matter_id: int | None = None
    grave: bool = False

    @property
    def level(self) -> Level:
        return "high" if self.grave else "medium"


def _none(*_: object) -> list[Found]:
    return []


@rule("TA-24", neutral=_none)
def calling(found: Iterable[Found], limits: Mapping[str, int]) -> list[Found]:
    """Those at or above the number of their kind; of a kind that a city has switched off there is none."""
    return [each for each in found if each.kind in limits and each.number >= limits[each.kind]]


def may_warn(last_handled: datetime | None, now: datetime) -> bool:
    """Whether what was dealt with then may warn again."""
    return last_handled is None or now - last_handled >= QUIET


def narrowest(tickets: Mapping[str, int], parents: Mapping[str, str | None], city: str) -> str:
    """The place a rise is told of: the smallest that has most of its tickets.

    `tickets` are by place, those inside counted to the wider one as well.
    """
    at = city if city in tickets else max(tickets, key=lambda code: (tickets[code], code))
    while True:
        inside = [code for code in tickets if parents.get(code) == at]
        best = max(inside, key=lambda code: (tickets[code], code), default="")
        if not best or tickets[best] < MOSTLY * tickets[at]:
            return at
        at = best


def repeatedly(bad: int, rated: int, all_bad: int, all_rated: int) -> bool:
    """Whether a unit's share of dissatisfied ratings lies above the whole city's."""
    return rated > 0 and all_rated > 0 and bad * all_rated > all_bad * rated


def state(handled_at: datetime | None, gone_at: datetime | None) -> str:
    if handled_at is not None:
        return "handled"
    return "gone" if gone_at is not None else "open"


def limits_of(set_by_city: Iterable[tuple[str, bool, int]]) -> dict[str, int]:
    """From which number on each kind warns; those switched off are left out."""
    found = {kind.id: kind.at_least for kind in KINDS.values()}
    for kind, runs, at_least in set_by_city:
        if not runs:
            found.pop(kind, None)
        elif kind in found:
            found[kind] = at_least
    return found


def chosen(kinds: Sequence[str], limits: Mapping[str, int]) -> dict[str, int]:
    return {kind: limits[kind] for kind in kinds if kind in limits}
