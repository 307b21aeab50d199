"""Which pairs of points are worth a comparison, and what a comparison finds. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kb_service.knowledge.checks import similar, subjects
from kb_service.knowledge.checks.contradictions import Contradiction, contradictions
from kb_service.knowledge.checks.subjects import Subject, foreign, known_share, same_place, same_time

Keys = NDArray[np.int64]
Places = NDArray[np.integer]

# Chosen on the tuning half of tools/check_quality; see docs/decisions/0027-near-duplicates.md.
COMMON: Final = 0.4
CONTAINED: Final = 0.6
SHORTEST: Final = 12
SAME_ITEM: Final = 0.5
ALMOST_THE_SAME: Final = 0.8
MOST_SHARING: Final = 60
_PLACES: Final = ("省", "市", "区", "县", "镇", "乡", "街道", "村")


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
    if not same_item(left, right, common):
        return Judgement(None, ())
    near = Near(common, contained) if _is_near(left, right, common, contained) else None
    names = [name for name in left.named & right.named if len(name) > 1]
    return Judgement(near, contradictions(left.facts, right.facts, contained=contained, names=names))


def same_item(left: Subject, right: Subject, common: float) -> bool:
    """Two titles that each name something the other text has never heard of are about different items.

    Where the texts are almost the same, only what they themselves say of their title counts: then a word
    of a title that its own text does not use is but another wording, unless it names a place.
    """
    if left.type == right.type == "agency":
        # A bureau and its division, a county and its town: a body is what its whole name says.
        return left.named == right.named
    unknown_left, unknown_right = foreign(left, right)
    if common >= ALMOST_THE_SAME:
        unknown_left = {word for word in unknown_left if word in left.said or word.endswith(_PLACES)}
        unknown_right = {word for word in unknown_right if word in right.said or word.endswith(_PLACES)}
        return not (unknown_left and unknown_right)
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


class Index:
    """Keys of many points, in sorted runs, to look up who shares one with a given point."""

    def __init__(self) -> None:
        self._runs: list[tuple[Keys, Places]] = []

    def add(self, keys: Keys, places: Places) -> None:
        """A run: the key at each position belongs to the point at that place."""
        order = np.argsort(keys, kind="stable")
        self._runs.append((keys[order], places[order].astype(np.int32)))

    def sharing(self, keys: Sequence[Keys]) -> set[int]:
        """Places of the points that share one of these keys, given run by run in the order of `add`.

        What too many share says nothing and is passed over.
        """
        found: set[int] = set()
        for (run, places), wanted in zip(self._runs, keys, strict=True):
            starts, ends = np.searchsorted(run, wanted, "left"), np.searchsorted(run, wanted, "right")
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
                if 0 < end - start <= MOST_SHARING:
                    found.update(places[start:end].tolist())
        return found
