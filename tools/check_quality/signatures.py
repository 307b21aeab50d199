"""Compares ways of finding copies without going through all pairs, for docs/decisions/0027."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from kb_service.knowledge.checks import similar
from tools.check_quality.sets import Pair

BITS = 64


@dataclass(frozen=True)
class Way:
    """`recall`: copies that are looked at; `others`: of the pairs that are no copies, those looked at too."""

    name: str
    recall: float
    others: float


def ways(pairs: Sequence[Pair]) -> list[Way]:
    found: list[Way] = []
    standing = similar.SHINGLE, similar.ROWS_OF_BAND
    try:
        for shingle in (2, 3, 4):
            similar.SHINGLE = shingle  # type: ignore[misc]  # measured with other numbers than its own
            signatures = {
                each.code: similar.fingerprint(each.body)
                for pair in pairs
                for each in (pair.left, pair.right)
            }
            for permutations in (60, 120):
                for rows in (2, 3, 4, 5):
                    similar.ROWS_OF_BAND = rows  # type: ignore[misc]
                    cut = permutations // rows * rows
                    keys = {code: set(similar.bands(each[:cut])) for code, each in signatures.items()}
                    name = f"MinHash, {shingle} characters, {permutations} numbers, bands of {rows}"
                    found.append(_way(name, pairs, partial(_share, keys)))
    finally:
        similar.SHINGLE, similar.ROWS_OF_BAND = standing  # type: ignore[misc]
    prints = {each.code: _simhash(each.body) for pair in pairs for each in (pair.left, pair.right)}
    return found + [
        _way(f"SimHash, {BITS} bits, {most} may differ", pairs, partial(_close, prints, most))
        for most in (3, 8, 12, 16)
    ]


def _share(keys: Mapping[str, set[int]], one: str, other: str) -> bool:
    return bool(keys[one] & keys[other])


def _close(prints: Mapping[str, np.uint64], most: int, one: str, other: str) -> bool:
    return int(np.bitwise_count(prints[one] ^ prints[other])) <= most


def _way(name: str, pairs: Sequence[Pair], near: Callable[[str, str], bool]) -> Way:
    copies = [near(pair.left.code, pair.right.code) for pair in pairs if pair.near]
    others = [near(pair.left.code, pair.right.code) for pair in pairs if not pair.near]
    return Way(name, sum(copies) / len(copies), sum(others) / len(others))


def _simhash(text: str) -> np.uint64:
    hashes = similar.shingles(text)
    bits = (hashes[:, None] >> np.arange(BITS, dtype=np.uint64)) & np.uint64(1)
    ones = bits.sum(axis=0) * 2 > len(hashes)
    return np.uint64(sum(1 << at for at, one in enumerate(ones.tolist()) if one))
