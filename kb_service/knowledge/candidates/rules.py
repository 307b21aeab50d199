"""The life of a candidate, and what the same question is. Pure.

undecided ──placed or designated──> asked ──somebody wrote an answer──> proposed
    ↑ └───────handed on, at most twice───┘ │                              │
    └──────────────────────────────────────┴──> confirmed, merged, rejected
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from kb_service.core import personal
from kb_service.core.clauses import rule
from kb_service.regulations.calendar import Period

Way = Literal["search", "miss", "agent", "ticket"]


class Status(StrEnum):
    UNDECIDED = "undecided"
    ASKED = "asked"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    MERGED = "merged"
    REJECTED = "rejected"


OPEN: Final = frozenset({Status.UNDECIDED, Status.ASKED, Status.PROPOSED})
WITH_UNIT: Final = frozenset({Status.ASKED, Status.PROPOSED})
STATUS_NAMES: Final = {
    Status.UNDECIDED: "待指定单位",
    Status.ASKED: "待单位答复",
    Status.PROPOSED: "待单位确认",
    Status.CONFIRMED: "单位已确认",
    Status.MERGED: "已并入现有知识",
    Status.REJECTED: "单位不采纳",
}
WAYS: Final = {
    "search": "检索无果",
    "miss": "话务员报告没找到",
    "agent": "话务员自拟答复",
    "ticket": "咨询工单答复",
}

# The service's own targets: the regulations set none.
ANSWER_WITHIN: Final = Period(working_days=5)
CONFIRM_WITHIN: Final = Period(working_days=3)
MOST_HANDS: Final = 2
LONGEST_QUESTION: Final = 300
LONGEST_ANSWER: Final = 20_000
# Of a search that led nowhere something is made only when it comes back.
ASKED_AGAIN: Final = 3
FOUND_NOTHING_AGAIN: Final = 2
WINDOW: Final = timedelta(days=30)
SETTLES_AFTER: Final = timedelta(hours=1)
SUGGESTED: Final = 20

_SAME, _SAME_WITH_HITS, _SAME_INSIDE = 0.55, 0.35, 0.8
_REST: Final = {Status.REJECTED: timedelta(days=90)}
_REST_OF_OTHERS: Final = timedelta(days=30)


@rule("MZ-19.2", neutral=True)
def may_confirm(*, account_unit: int | None, owner: int | None, owner_is_centre: bool) -> bool:
    """The owner unit's own people alone say that something collected is right; the centre never does."""
    return owner is not None and account_unit == owner and not owner_is_centre


@rule("MZ-19.2", neutral=False)
def unconfirmed(*, confirmed: bool, owner: int | None, author_units: Iterable[int]) -> bool:
    """Whether a version that a candidate became may not go live: nobody of the unit has confirmed it, or
    somebody outside of the unit has written on it.
    """
    return not confirmed or any(unit != owner for unit in author_units)


def standing(answer: str) -> Status:
    """Where a candidate stands whose unit is known."""
    return Status.PROPOSED if answer else Status.ASKED


def within(answer: str) -> Period:
    return CONFIRM_WITHIN if answer else ANSWER_WITHIN


def to_centre(hands: int, *, unit_named: bool) -> bool:
    """Whether the next one is named by the centre: nobody is named, or it went from hand to hand long enough."""
    return not unit_named or hands >= MOST_HANDS


def joins_closed(status: str, closed_at: datetime, now: datetime, *, new_answer: bool) -> bool:
    """Whether a question that was settled lately only counts there, rather than being asked anew."""
    if status == Status.REJECTED and new_answer:
        return False
    return now - closed_at < _REST.get(Status(status), _REST_OF_OTHERS)


_POLITE = re.compile(
    r"你好|您好|请问|麻烦|我想(?:问|咨询|了解)(?:一下|下)?|想(?:问|咨询)(?:一下|下)?|咨询(?:一下|下)|谢谢|[吗呢啊呀吧]"
)


_HOW = re.compile(r"怎样|如何|怎么样|咋样?")


def core(question: str) -> str:
    """What is asked, without the words of politeness that make different questions look alike."""
    said = _HOW.sub("怎么", _POLITE.sub("", question))
    return said if len(said) > 2 else question


def same_question(overlap: tuple[float, float], *, shared_hit: bool, shorter: int) -> bool:
    """`overlap`: what both have in common, and what part of the shorter that is; `shorter` counts its letters."""
    common, inside = overlap
    if common >= _SAME or (inside >= _SAME_INSIDE and shorter >= 6):
        return True
    return shared_hit and common >= _SAME_WITH_HITS


def worth_asking(times: int, *, found_something: bool) -> bool:
    """Whether a search in which nothing was chosen came back often enough to ask a unit."""
    return times >= (ASKED_AGAIN if found_something else FOUND_NOTHING_AGAIN)


# What a unit may publish of itself; the rest is nobody's to publish.
CONTACTS: Final = frozenset({"phone", "email"})


@dataclass(frozen=True)
class Scrubbed:
    """A text as it may be kept, and how many values of each kind were starred out of it."""

    text: str
    masked: Mapping[str, int]


def scrub(text: str) -> Scrubbed:
    """Personal values starred out, and with them names and homes told in free words."""
    spans = personal.find_said(text, where_they_live=True)
    return Scrubbed(personal.starred(text, spans), dict(Counter(span.kind for span in spans)))


def found_personal(text: str, *, keep_contacts: bool) -> list[str]:
    """Names of the kinds of personal data in words that a unit is about to confirm.

    A name and a home are told by clues alone, and words of a unit about itself look like both: not looked for.
    """
    kinds = dict.fromkeys(span.kind for span in personal.find_personal(text))
    return [personal.KIND_NAMES[kind] for kind in kinds if not (keep_contacts and kind in CONTACTS)]


def owner_by_hits(owners: Sequence[int], *, but: frozenset[int]) -> int | None:
    """The unit most of the nearest points belong to, the nearer weighing more."""
    weight: Counter[int] = Counter()
    for place, owner in enumerate(owners):
        if owner not in but:
            weight[owner] += len(owners) - place
    return weight.most_common(1)[0][0] if weight else None
