"""Nearest vectors by their signs first and their bytes then.

A vector is kept as one bit a dimension, after a fixed rotation that makes the bits say about equally much,
and as one signed byte a dimension with a scale. All eligible documents are compared by their bits (exactly,
filters applied), and the nearest of these by their bytes. There is no graph to build, to load or to repair.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from search.engines.embedded.eligible import Eligible

Vectors = NDArray[np.float32]

_SEED = 20_260_101
_WORD = 64
_RESCORED_PER_WANTED = 12
_RESCORED_AT_LEAST = 300
_EXACT_BELOW = 1_500
_WORDS_IN_A_BYTE = 4


def row_type(dimensions: int) -> np.dtype[np.void]:
    return np.dtype([("scale", "<f4"), ("values", "i1", (dimensions,))])


def sign_words(dimensions: int) -> int:
    return -(-dimensions // _WORD)


@cache
def _rotation(dimensions: int) -> Vectors:
    normal = np.random.default_rng(_SEED).standard_normal((dimensions, dimensions))
    rotation: Vectors = np.linalg.qr(normal)[0].astype(np.float32)
    return rotation


def pack_rows(vectors: Vectors) -> NDArray[np.void]:
    rows = np.zeros(len(vectors), dtype=row_type(vectors.shape[1]))
    largest = np.abs(vectors).max(axis=1, initial=0.0)
    rows["scale"] = largest / 127
    divisor = np.where(largest > 0, largest / 127, 1.0)[:, None]
    rows["values"] = np.rint(vectors / divisor).astype(np.int8)
    return rows


def pack_signs(vectors: Vectors) -> NDArray[np.uint64]:
    """One row a vector, `sign_words` words each."""
    dimensions = vectors.shape[1]
    bits = np.zeros((len(vectors), sign_words(dimensions) * _WORD), dtype=bool)
    bits[:, :dimensions] = np.einsum("ij,jk->ik", vectors, _rotation(dimensions)) > 0
    return np.packbits(bits, axis=1, bitorder="little").view("<u8")


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """`signs` holds one contiguous array for each word of bits, `rows` the bytes of `row_type`."""

    rows: NDArray[np.void]
    signs: tuple[NDArray[np.uint64], ...]

    def cosines(self, vector: Vectors, ordinals: NDArray[np.int64]) -> Vectors:
        chosen = self.rows[ordinals]
        # Without BLAS, whose threads wait for one another on busy cores.
        dots: Vectors = np.einsum("ij,j->i", chosen["values"].astype(np.float32), vector)
        return np.asarray(dots * chosen["scale"], dtype=np.float32)

    def nearest(self, vector: Vectors, eligible: Eligible, wanted: int) -> NDArray[np.int64]:
        """Ordinals of the eligible documents nearest to the vector, nearest first."""
        if eligible.count == 0 or not vector.any():
            return np.zeros(0, dtype=np.int64)
        few = eligible.count <= _EXACT_BELOW
        candidates = np.flatnonzero(eligible.mask) if few else self._by_signs(vector, eligible, wanted)
        cosines = self.cosines(vector, candidates)
        kept = np.flatnonzero(cosines > 0)
        best = kept[np.argsort(-cosines[kept], kind="stable")[:wanted]]
        return candidates[best]

    def _by_signs(self, vector: Vectors, eligible: Eligible, wanted: int) -> NDArray[np.int64]:
        distances = self._distances(pack_signs(vector[None, :])[0])
        np.putmask(distances, ~eligible.mask, np.iinfo(distances.dtype).max)
        rescored = max(_RESCORED_AT_LEAST, wanted * _RESCORED_PER_WANTED)
        low, high = 0, len(self.signs) * _WORD
        # The smallest distance within which enough documents lie; counting is cheaper than sorting.
        while low < high:
            middle = (low + high) // 2
            if np.count_nonzero(distances <= middle) >= rescored:
                high = middle
            else:
                low = middle + 1
        near = np.flatnonzero(distances <= low)
        return near[eligible.mask[near]]

    def _distances(self, asked: NDArray[np.uint64]) -> NDArray[np.unsignedinteger]:
        """Bits that differ. Up to 256 bits are counted in one byte, the last of which does not count."""
        small = len(self.signs) <= _WORDS_IN_A_BYTE
        count = len(self.signs[0])
        distances: NDArray[np.unsignedinteger] = np.zeros(count, dtype=np.uint8 if small else np.uint16)
        scratch = np.empty(count, dtype=np.uint64)
        differing = np.empty(count, dtype=np.uint8)
        for column, word in zip(self.signs, asked, strict=True):
            np.bitwise_xor(column, word, out=scratch)
            np.bitwise_count(scratch, out=differing)
            np.add(distances, differing, out=distances)
        if small:
            # Only the exact opposite differs in all 256 bits and would wrap to nought.
            np.putmask(distances, (distances == 0) & (differing > 0), np.uint8(255))
        return distances
