"""Nearest vectors in three steps, each looking closer at fewer: signs, weighted signs, bytes.

A vector is kept as one bit a dimension, after a fixed rotation that makes the bits say about equally much,
and as one signed byte a dimension with a scale. All eligible documents are compared by their bits (filters
applied, none skipped), the nearest of these by the same bits weighted with the query's own values, and the
nearest of those by their bytes. There is no graph to build, to load or to repair.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from search.engines.embedded.eligible import Eligible

Vectors = NDArray[np.float32]

_SEED = 20_260_101
_WORD = 64
_BY_SIGNS = 4_000
_BY_WEIGHTED_SIGNS = 400
_PER_WANTED = 10
_LEVELS = 2
_SAMPLE = 16_384
_LARGE_VALUE = 0.95
_BLOCK = 32_768
_BITS_IN_A_BYTE = 256


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
    return _pack_bits(np.einsum("ij,jk->ik", vectors, _rotation(vectors.shape[1])) > 0)


def _pack_bits(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    padded = np.zeros((len(bits), sign_words(bits.shape[1]) * _WORD), dtype=bool)
    padded[:, : bits.shape[1]] = bits
    words: NDArray[np.uint64] = np.packbits(padded, axis=1, bitorder="little").view("<u8")
    return words


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
        closely = max(_BY_WEIGHTED_SIGNS, wanted * _PER_WANTED)
        few = eligible.count <= closely
        candidates = np.flatnonzero(eligible.mask) if few else self._by_signs(vector, eligible, closely)
        cosines = self.cosines(vector, candidates)
        kept = np.flatnonzero(cosines > 0)
        best = kept[np.argsort(-cosines[kept], kind="stable")[:wanted]]
        return candidates[best]

    def _by_signs(self, vector: Vectors, eligible: Eligible, wanted: int) -> NDArray[np.int64]:
        turned = np.einsum("j,jk->k", vector, _rotation(len(vector)))
        asked = _pack_bits(turned[None, :] > 0)[0]
        distances = self._distances(asked)
        farthest = np.iinfo(distances.dtype).max
        distances |= np.multiply(~eligible.mask, farthest, dtype=distances.dtype)
        near = _nearest_places(distances, max(_BY_SIGNS, wanted), len(self.signs) * _WORD)
        near = near[eligible.mask[near]]
        if len(near) <= wanted:
            return near
        weighted = self._weighted_distances(turned, asked, near)
        return near[np.argpartition(weighted, wanted)[:wanted]]

    def _weighted_distances(
        self, turned: Vectors, asked: NDArray[np.uint64], near: NDArray[np.int64]
    ) -> NDArray[np.uint16]:
        """A differing bit counts as much as the query's value there, in `2 ** _LEVELS` steps."""
        most = 2**_LEVELS - 1
        size = np.abs(turned)
        rank = round(_LARGE_VALUE * (len(size) - 1))
        large = max(float(np.partition(size, rank)[rank]), 1e-9)
        steps = np.clip(np.rint(size / large * most), 0, most).astype(np.uint8)
        planes = [_pack_bits(((steps >> level) & 1)[None, :] > 0)[0] for level in range(_LEVELS)]
        distances = np.zeros(len(near), dtype=np.uint16)
        for word, column in enumerate(self.signs):
            differing = column[near] ^ asked[word]
            for level, plane in enumerate(planes):
                distances += np.bitwise_count(differing & plane[word]) * np.uint16(1 << level)
        return distances

    def _distances(self, asked: NDArray[np.uint64]) -> NDArray[np.unsignedinteger]:
        """Bits that differ, counted in blocks that stay in the processor's cache."""
        count = len(self.signs[0])
        # Of 256 bits the exact opposite wraps to nought; its bytes put it right.
        small = len(self.signs) * _WORD <= _BITS_IN_A_BYTE
        distances: NDArray[np.unsignedinteger] = np.zeros(count, dtype=np.uint8 if small else np.uint16)
        scratch = np.empty(min(_BLOCK, count), dtype=np.uint64)
        bits = np.empty(len(scratch), dtype=np.uint8)
        for start in range(0, count, _BLOCK):
            block = distances[start : start + _BLOCK]
            differing, counted = scratch[: len(block)], bits[: len(block)]
            for column, word in zip(self.signs, asked, strict=True):
                np.bitwise_xor(column[start : start + _BLOCK], word, out=differing)
                np.bitwise_count(differing, out=counted)
                np.add(block, counted, out=block)
        return distances


def _nearest_places(distances: NDArray[np.unsignedinteger], wanted: int, farthest: int) -> NDArray[np.int64]:
    """Places of about so many small distances, by a limit read off a sample."""
    step = max(len(distances) // _SAMPLE, 1)
    below = np.cumsum(np.bincount(distances[::step], minlength=farthest + 1)) * step
    limit = int(np.searchsorted(below, wanted))
    near = np.flatnonzero(distances <= limit)
    while len(near) < wanted and limit < farthest:
        # The sample had more small distances than the rest.
        limit += 1
        near = np.flatnonzero(distances <= limit)
    return near
