"""The bags of many texts at once: which rows of a token table stand for each text, and how much they weigh."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.analysis.cutting import MARK, CutTexts

BUCKET_SHARE = 0.7
REMEMBERED = 100_000

Codes = NDArray[np.int64]

_SPREAD = np.uint64(2_654_435_761)
_HALF = np.uint64(32)
# Above every code, so that text and token are one number.
_OWNER = np.int64(2**34)
_NO_TOKEN, _NEXT_TEXT = -1, -2
_PLANE = 0x10000
_SLOTS_A_PAIR = 4


class TokenCodes(dict[str, int]):
    """A number for each token: its row where it is known, else a digest above all rows.

    Digests of unknown tokens are remembered up to a bound: the same few thousand make up most of a text.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        super().__init__((token, row) for row, token in enumerate(vocabulary))
        self.known = len(self)
        self._most = self.known + REMEMBERED

    def __missing__(self, token: str) -> int:
        code = self.known + zlib.crc32(token.encode())
        if len(self) < self._most:
            self[token] = code
        return code


class _PieceCodes(dict[str, int]):
    """The same for what a cutter gives: punctuation is no token, and the mark begins the next text."""

    def __init__(self, codes: TokenCodes) -> None:
        super().__init__({MARK: _NEXT_TEXT})
        self._codes = codes

    def __missing__(self, piece: str) -> int:
        code = self._codes[piece] if piece.isalnum() else _NO_TOKEN
        if len(self) < REMEMBERED:
            self[piece] = code
        return code


class _PairCodes:
    """The same for pairs of code points, by numpy: a table of slots in which each known pair is found in a few looks."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        rows = [row for row, token in enumerate(vocabulary) if _is_pair(token)]
        pairs = np.array([[ord(char) for char in vocabulary[row]] for row in rows], dtype=np.uint32)
        self._known = len(vocabulary)
        self._bits = max(4, (_SLOTS_A_PAIR * len(rows)).bit_length())
        self._keys = np.zeros(1 << self._bits, dtype=np.uint32)
        self._rows = np.zeros(1 << self._bits, dtype=np.int64)
        self._looks = self._fill(_key(pairs.reshape(-1, 2)), np.array(rows, dtype=np.int64))

    def _fill(self, keys: NDArray[np.uint32], rows: Codes) -> int:
        """Puts each key into the first free slot from its own; gives how many looks the last one needs."""
        looks = 0
        while len(keys):
            slots = self._slots(keys, looks)
            free = np.flatnonzero(self._keys[slots] == 0)
            _, first = np.unique(slots[free], return_index=True)
            taken = free[first]
            self._keys[slots[taken]] = keys[taken]
            self._rows[slots[taken]] = rows[taken]
            left = np.ones(len(keys), dtype=bool)
            left[taken] = False
            keys, rows = keys[left], rows[left]
            looks += 1
        return looks

    def _slots(self, keys: NDArray[np.uint32], look: int) -> NDArray[np.uint32]:
        spread = (keys * np.uint32(_SPREAD)) >> np.uint32(32 - self._bits)
        return (spread + np.uint32(look)) & np.uint32(len(self._keys) - 1)

    def of(self, pairs: NDArray[np.uint32]) -> Codes:
        keys = _key(pairs)
        codes = np.full(len(keys), -1, dtype=np.int64)
        open_ = np.arange(len(keys))
        for look in range(self._looks):
            slots = self._slots(keys[open_], look)
            found = self._keys[slots]
            same = found == keys[open_]
            codes[open_[same]] = self._rows[slots[same]]
            # A slot that is free ends the search: the pair is not known.
            open_ = open_[~same & (found != 0)]
            if not len(open_):
                break
        unknown = np.flatnonzero(codes < 0)
        codes[unknown] = self._known + _crc32(pairs[unknown])
        return codes


def _is_pair(token: str) -> bool:
    return len(token) == 2 and all(0x800 <= ord(char) < _PLANE for char in token)


def _key(pairs: NDArray[np.uint32]) -> NDArray[np.uint32]:
    keys: NDArray[np.uint32] = (pairs[:, 0] << np.uint32(16)) | pairs[:, 1]
    return keys


def _crc_table() -> NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = (table >> np.uint32(1)) ^ np.where(table & 1, np.uint32(0xEDB88320), np.uint32(0))
    return table


_CRC = _crc_table()


def _crc32(pairs: NDArray[np.uint32]) -> Codes:
    """What `zlib.crc32` makes of the UTF-8 of two code points of three bytes each."""
    crc = np.full(len(pairs), 0xFFFFFFFF, dtype=np.uint32)
    for point in (pairs[:, 0], pairs[:, 1]):
        for lead, shift, bits in ((0xE0, 12, 0x0F), (0x80, 6, 0x3F), (0x80, 0, 0x3F)):
            byte = lead | (point >> np.uint32(shift) & np.uint32(bits))
            crc = _CRC[(crc ^ byte) & np.uint32(0xFF)] ^ (crc >> np.uint32(8))
    return (crc ^ np.uint32(0xFFFFFFFF)).astype(np.int64)


def spread(digests: Codes, buckets: int) -> tuple[Codes, Codes]:
    """The two buckets of each digest."""
    wide = digests.astype(np.uint64)
    size = np.uint64(buckets)
    return (wide % size).astype(np.int64), ((wide * _SPREAD >> _HALF) % size).astype(np.int64)


@dataclass(frozen=True)
class Bags:
    """The rows and weights of text t lie from `starts[t]` to `starts[t + 1]`."""

    starts: NDArray[np.int64]
    rows: Codes
    weights: NDArray[np.float32]


class BagMaker:
    def __init__(self, vocabulary: Sequence[str], buckets: int) -> None:
        self.codes = TokenCodes(vocabulary)
        self._pieces = _PieceCodes(self.codes)
        self._pairs = _PairCodes(vocabulary)
        self._buckets = buckets

    def make(self, cut: CutTexts, pieces: Sequence[str], texts: NDArray[np.int64], count: int) -> Bags:
        """Bags of `count` texts; `texts` says of which of them each of the cut ones is a part, -1 for none.

        Two unknown tokens of a text with one digest count as one, which next to never happens.
        """
        keys = np.concatenate([texts[owners] * _OWNER + codes for owners, codes in self._found(cut, pieces)])
        keys, counts = np.unique(keys[keys >= 0], return_counts=True)
        owners, codes = keys // _OWNER, keys % _OWNER
        owners, rows, weights = self._rows(owners, codes, 1.0 + np.log(counts))
        starts = np.searchsorted(owners, np.arange(count + 1))
        return Bags(starts, rows, weights.astype(np.float32))

    def _found(self, cut: CutTexts, pieces: Sequence[str]) -> Iterator[tuple[Codes, Codes]]:
        """All tokens: which of the cut texts has it, and its code."""
        codes = np.fromiter(map(self._pieces.__getitem__, pieces), np.int64, len(pieces))
        owners = np.cumsum(codes == _NEXT_TEXT)
        told = codes >= 0
        yield owners[told], codes[told]
        owners = np.repeat(np.arange(cut.count), np.diff(cut.pair_starts))
        # Lone ideographs and those of four bytes are few.
        plain = (cut.pairs[:, 1] >= 0x800) & (cut.pairs < _PLANE).all(axis=1)
        yield owners[plain], self._pairs.of(cut.pairs[plain])
        others = np.flatnonzero(~plain)
        spelled = ["".join(map(chr, pair)).rstrip() for pair in cut.pairs[others].tolist()]
        yield owners[others], self._codes_of(spelled)
        yield _runs(cut.runs, self.codes)

    def _codes_of(self, tokens: Sequence[str]) -> Codes:
        return np.array([self.codes[token] for token in tokens], dtype=np.int64)

    def _rows(
        self, owners: Codes, codes: Codes, weights: NDArray[np.float64]
    ) -> tuple[Codes, Codes, NDArray[np.float64]]:
        """An unknown token stands in two buckets."""
        known = codes < self.codes.known
        if known.all():
            return owners, codes, weights
        parts = [(owners[known], codes[known], weights[known])]
        if self._buckets:
            shared = weights[~known] * BUCKET_SHARE
            digests = codes[~known] - self.codes.known
            parts += [
                (owners[~known], places + self.codes.known, shared)
                for places in spread(digests, self._buckets)
            ]
        owners, rows, shares = (np.concatenate(each) for each in zip(*parts, strict=True))
        order = np.argsort(owners, kind="stable")
        return owners[order], rows[order], shares[order]


def _runs(runs: Mapping[int, Sequence[str]], codes: TokenCodes) -> tuple[Codes, Codes]:
    found = [(owner, codes[run]) for owner, those in runs.items() for run in those]
    both = np.array(found, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]
