"""How alike two texts are: MinHash signatures of character shingles, and bands to look the near ones up by.

A signature depends on nothing but the words: not on the machine, the process or the library's version,
so it may be stored. Why these numbers: docs/decisions/0027-near-duplicates.md.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from functools import cache
from itertools import combinations
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from search.analysis.normalise import normalise

Signature = tuple[int, ...]
Hashes = NDArray[np.uint64]
Key = TypeVar("Key", bound=Hashable)

SHINGLE: Final = 3
PERMUTATIONS: Final = 120
ROWS_OF_BAND: Final = 3
# Shingles hashed at once, so that a law of a million characters needs no gigabyte.
_BLOCK: Final = 256
_EMPTY: Final = 2**32 - 1
_PLANES: Final = 0x40000


def _mix(values: Hashes) -> Hashes:
    """The finaliser of splitmix64: equal in, equal out, everything else spread."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


_STEPS = np.arange(1, 2 * PERMUTATIONS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
_MULTIPLIERS: Final = _mix(_STEPS[:PERMUTATIONS]) | np.uint64(1)
_OFFSETS: Final = _mix(_STEPS[PERMUTATIONS:])


def letters(text: str) -> str:
    """What is compared: letters and digits in normal form; blanks and punctuation say nothing."""
    return "".join(filter(str.isalnum, normalise(text)))


@cache
def _is_letter() -> NDArray[np.bool_]:
    """By code point, as `str.isalnum` has it; none of the planes behind these holds a letter."""
    known = np.fromiter((chr(code).isalnum() for code in range(_PLANES)), dtype=bool, count=_PLANES)
    return np.append(known, np.False_)


def shingles(text: str) -> Hashes:
    """Hashes of all runs of `SHINGLE` characters, each once, in ascending order."""
    return np.unique(_hashes(text))


def _hashes(text: str) -> Hashes:
    points = np.frombuffer(normalise(text).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    codes: Hashes = points[_is_letter()[np.minimum(points, _PLANES)]].astype(np.uint64)
    if not codes.size:
        return codes
    width = min(SHINGLE, codes.size)
    rolled = np.zeros(codes.size - width + 1, dtype=np.uint64)
    for at in range(width):
        rolled = rolled * np.uint64(0x100000001B3) + codes[at : at + rolled.size]
    return _mix(rolled)


def fingerprint(text: str) -> Signature:
    """The signature of a text; that of a text without a letter is like no other."""
    found = _hashes(text)
    least = np.full(PERMUTATIONS, _EMPTY, dtype=np.uint64)
    for start in range(0, found.size, _BLOCK):
        block = found[start : start + _BLOCK, None] * _MULTIPLIERS
        block += _OFFSETS
        # The least of all has the least upper half.
        np.minimum(least, block.min(axis=0) >> np.uint64(32), out=least)
    return tuple(least.tolist())


def similarity(a: Signature, b: Signature) -> float:
    """Estimates what share of the shingles of both texts they have in common: 0 to 1."""
    same = sum(x == y for x, y in zip(a, b, strict=True) if x != _EMPTY)
    return same / PERMUTATIONS


def bands(signature: Signature) -> tuple[int, ...]:
    """Keys of which two texts that are alike share at least one; each key fits a signed 64-bit column."""
    if signature[0] == _EMPTY:
        return ()
    return tuple(bands_of(np.array([signature], dtype=np.uint32))[0].tolist())


def bands_of(signatures: NDArray[np.uint32]) -> NDArray[np.int64]:
    """The keys of many signatures at once, a row each."""
    rows = signatures.astype(np.uint64).reshape(len(signatures), -1, ROWS_OF_BAND)
    keys = np.broadcast_to(np.arange(1, rows.shape[1] + 1, dtype=np.uint64), rows.shape[:2])
    for at in range(ROWS_OF_BAND):
        keys = _mix(keys * np.uint64(0x9E3779B97F4A7C15) + rows[:, :, at])
    return (keys >> np.uint64(1)).astype(np.int64)


def has_words(signatures: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which of many signatures are of a text with a letter."""
    return np.not_equal(signatures[:, 0], _EMPTY)


def overlap(left: str, right: str) -> tuple[float, float]:
    """Exact: the share of shingles in common, and the share of the shorter text's that the other has."""
    a, b = shingles(left), shingles(right)
    if not a.size or not b.size:
        return 0.0, 0.0
    common = np.intersect1d(a, b, assume_unique=True).size
    return common / (a.size + b.size - common), common / min(a.size, b.size)


class Lookup(Generic[Key]):
    """Signatures held in memory, to find those near a new one without going through all."""

    def __init__(self, known: Iterable[tuple[Key, Signature]] = ()) -> None:
        self._signatures: dict[Key, Signature] = {}
        self._buckets: dict[int, list[Key]] = defaultdict(list)
        for key, signature in known:
            self.add(key, signature)

    def add(self, key: Key, signature: Signature) -> None:
        self._signatures[key] = signature
        for band in bands(signature):
            self._buckets[band].append(key)

    def near(self, signature: Signature, at_least: float) -> list[tuple[Key, float]]:
        """Keys with their similarity, the nearest first."""
        keys = dict.fromkeys(key for band in bands(signature) for key in self._buckets.get(band, ()))
        found = [(key, similarity(signature, self._signatures[key])) for key in keys]
        return sorted((each for each in found if each[1] >= at_least), key=lambda each: -each[1])


def sharing(
    keys: Sequence[Sequence[int]], most: int, fresh: NDArray[np.bool_] | None = None
) -> list[tuple[int, int]]:
    """Pairs of places that share a key, each once, the lower first; with `fresh`, those with a fresh place.

    A key that more than `most` places have, which only boilerplate makes, says nothing and is passed over,
    so that the work grows with the number of texts and not with its square.
    """
    flat = np.fromiter((key for each in keys for key in each), dtype=np.int64)
    owner = np.repeat(np.arange(len(keys)), [len(each) for each in keys])
    order = np.argsort(flat, kind="stable")
    flat, owner = flat[order], owner[order]
    starts = np.flatnonzero(np.r_[True, flat[1:] != flat[:-1]]) if flat.size else np.array([], dtype=np.int64)
    sizes = np.diff(np.r_[starts, flat.size])
    found: set[tuple[int, int]] = set()
    for start, size in zip(
        starts[(sizes > 1) & (sizes <= most)], sizes[(sizes > 1) & (sizes <= most)], strict=True
    ):
        places = owner[start : start + size]
        if fresh is None or fresh[places].any():
            found.update(combinations(np.unique(places).tolist(), 2))
    if fresh is not None:
        return sorted(pair for pair in found if fresh[pair[0]] or fresh[pair[1]])
    return sorted(found)
