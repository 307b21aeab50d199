"""Two texts on the same item that state different values for the same thing. Pure, and the same both ways."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kb_service.knowledge.checks.facts import Fact

# Chosen on the tuning half of tools/check_quality; see docs/reference/knowledge-checks.md.
ALIGNED: Final = 0.62
EQUALLY_NEAR: Final = 0.12
_NEAR_WEIGHT, _WIDE_WEIGHT, _SETTING_WEIGHT = 0.15, 0.4, 0.45
# What a text says more than once in the same words: where both say as much, one less here is a change.
_SAID_AGAIN: Final = frozenset({"hours"})
# Fields of which a point has one each: what two points on one item say there is about the same thing.
_FIELDS: Final = frozenset({"办理时限", "收费", "联系电话", "办公地址", "办公时间"})


@dataclass(frozen=True)
class Contradiction:
    kind: str
    left: Fact
    right: Fact
    score: float


def contradictions(
    left: Sequence[Fact], right: Sequence[Fact], *, contained: float, names: Collection[str]
) -> list[Contradiction]:
    """The surest first. Only facts that are each other's best counterpart are held against each other.

    `contained` tells how much of the shorter text the other has; `names` are the words of both titles.
    """
    found: list[Contradiction] = []
    for kind, ours, theirs in _by_kind(left, right):
        scores = [[_score(a, b, contained, names) for b in theirs] for a in ours]
        rows: Sequence[int] = range(len(ours))
        columns: Sequence[int] = range(len(theirs))
        counted = kind in _SAID_AGAIN and len(ours) == len(theirs)
        if counted:
            rows, columns = _left_over(ours, theirs, scores)
        for i in rows:
            j = max(columns, key=lambda at: scores[i][at])
            score, column = scores[i][j], [scores[at][j] for at in rows]
            if score < ALIGNED or score < max(column):
                continue
            settled = _settled(ours[i], theirs, scores[i], score) or _settled(
                theirs[j], ours, [row[j] for row in scores], score
            )
            if counted or not settled:
                found.append(Contradiction(kind, ours[i], theirs[j], score))
    return sorted(found, key=lambda each: (-each.score, each.kind, each.left.value, each.right.value))


def _left_over(
    ours: Sequence[Fact], theirs: Sequence[Fact], scores: Sequence[Sequence[float]]
) -> tuple[Sequence[int], Sequence[int]]:
    """Places of the facts that find no equal on the other side, each equal counting once, the likest first."""
    equal = [(scores[i][j], i, j) for i, a in enumerate(ours) for j, b in enumerate(theirs) if agree(a, b)]
    ours_left, theirs_left = set(range(len(ours))), set(range(len(theirs)))
    for _, i, j in sorted(equal, key=lambda pair: (-pair[0], pair[1] + pair[2], abs(pair[1] - pair[2]))):
        if i in ours_left and j in theirs_left:
            ours_left.remove(i)
            theirs_left.remove(j)
    return sorted(ours_left), sorted(theirs_left)


def _by_kind(left: Sequence[Fact], right: Sequence[Fact]) -> Iterable[tuple[str, list[Fact], list[Fact]]]:
    ours, theirs = _grouped(left), _grouped(right)
    for key in sorted(ours.keys() & theirs.keys()):
        yield key[0], ours[key], theirs[key]


def _grouped(facts: Sequence[Fact]) -> dict[tuple[str, str], list[Fact]]:
    """Periods of any unit stand together: 15 working days and 15 days are not the same."""
    groups: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        unit = fact.unit if fact.kind in {"count", "share", "hours"} else ""
        groups[fact.kind, unit].append(fact)
    return groups


def _settled(fact: Fact, others: Sequence[Fact], scores: Sequence[float], best: float) -> bool:
    """Whether the other text says the same as well, in a place as fitting as the best."""
    return any(
        agree(fact, other) and score >= best - EQUALLY_NEAR
        for other, score in zip(others, scores, strict=True)
    )


def _score(a: Fact, b: Fact, contained: float, names: Collection[str]) -> float:
    """How surely two values are of the same thing: by the words close by, the sentence, and the setting."""
    if {a.bound, b.bound} == {"max", "min"}:
        return 0.0
    if a.label and a.label == b.label and a.label in _FIELDS:
        setting = 1.0
    elif any(name in a.sentence and name in b.sentence for name in names):
        setting = max(contained, _held(a.around, b.around))
    else:
        setting = contained
    return (
        _NEAR_WEIGHT * _alike(a.near, b.near)
        + _WIDE_WEIGHT * _alike(a.wide, b.wide)
        + _SETTING_WEIGHT * setting
    )


def _held(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def _alike(a: frozenset[str], b: frozenset[str]) -> float:
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def agree(a: Fact, b: Fact) -> bool:
    """Whether two values can both be right: equal, or one merely less exact than the other."""
    if a.kind == "phone":
        return _same_phone(a, b)
    if a.kind == "date":
        return all(not x or not y or x == y for x, y in zip(a.value, b.value, strict=True))
    if a.kind == "address":
        return _same_address(a.value, b.value)
    if a.kind == "period" and a.unit != b.unit:
        return False
    return a.value == b.value


def _same_phone(a: Fact, b: Fact) -> bool:
    """Without the area code, or without the extension, it is still the same telephone."""
    short, long = sorted((a.value[0], b.value[0]), key=len)
    same = long.endswith(short) if len(short) >= 7 else long == short
    return same and (not a.value[1] or not b.value[1] or a.value[1] == b.value[1])


def _same_address(a: Sequence[str], b: Sequence[str]) -> bool:
    short, long = sorted((a[0], b[0]), key=len)
    return long.endswith(short) and a[1] == b[1] and (not a[2] or not b[2] or a[2] == b[2])


def differing(left: str, right: str) -> bool:
    """Whether two sentences differ in more than blanks and punctuation."""
    return re.sub(r"\W", "", left) != re.sub(r"\W", "", right)
