"""Which pairs of points are worth a comparison, and what a comparison finds. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kb_service.knowledge.checks import similar, subjects
from kb_service.knowledge.checks.contradictions import Contradiction, contradictions
from kb_service.knowledge.checks.subjects import Subject, foreign, known_share, same_place, same_time

# Chosen on the tuning half of tools/check_quality; see docs/decisions/0027-near-duplicates.md.
COMMON: Final = 0.4
CONTAINED: Final = 0.6
SHORTEST: Final = 12
SAME_ITEM: Final = 0.5
MOST_SHARING: Final = 60


@dataclass(frozen=True)
class Near:
    """`common`: the share of shingles of both that they share; `contained`: of the shorter one's."""

    common: float
    contained: float


@dataclass(frozen=True)
class Judgement:
    near: Near | None
    contradictions: Sequence[Contradiction]


def judge(left: Subject, right: Subject) -> Judgement:
    """What is wrong between two live versions; nothing where both may lawfully stand."""
    if not (same_place(left, right) and same_time(left, right)):
        return Judgement(None, ())
    common, contained = _overlap(left, right)
    if not same_item(left, right, contained):
        return Judgement(None, ())
    near = Near(common, contained) if _is_near(left, right, common, contained) else None
    names = [name for name in left.named & right.named if len(name) > 1]
    return Judgement(near, contradictions(left.facts, right.facts, contained=contained, names=names))


def same_item(left: Subject, right: Subject, contained: float) -> bool:
    """Two titles that each name something the other text has never heard of are about different items."""
    unknown_left, unknown_right = foreign(left, right)
    if unknown_left and unknown_right:
        return False
    shares = known_share(left.named, unknown_left), known_share(right.named, unknown_right)
    return min(shares) >= SAME_ITEM


def _is_near(left: Subject, right: Subject, common: float, contained: float) -> bool:
    size = min(left.shingles.size, right.shingles.size)
    return size >= SHORTEST and (common >= COMMON or contained >= CONTAINED)


def _overlap(left: Subject, right: Subject) -> tuple[float, float]:
    a, b = left.shingles, right.shingles
    if not a.size or not b.size:
        return 0.0, 0.0
    both = np.intersect1d(a, b, assume_unique=True).size
    return both / (a.size + b.size - both), both / min(a.size, b.size)


def keys_of(subject: Subject, signature: similar.Signature) -> list[int]:
    """Keys of which two points share at least one when they are nearly the same or about the same item."""
    return [*similar.bands(signature), *subjects.keys_of(subject)]


def candidates(
    keys: Sequence[Sequence[int]], fresh: NDArray[np.bool_] | None = None
) -> list[tuple[int, int]]:
    """Places of the points worth comparing, by their keys; with `fresh`, only pairs with a fresh one."""
    return similar.sharing(keys, MOST_SHARING, fresh)
