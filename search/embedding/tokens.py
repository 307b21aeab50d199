"""The tokens an embedding knows a text by, and their places in its table."""

import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from search.analysis.normalise import normalise
from search.analysis.tokens import bigrams
from search.analysis.words import Cutter

BUCKET_SHARE = 0.7
MAX_CHARACTERS = 2_000
REMEMBERED = 100_000

# The plain dictionary, without the city's words: a word that an administrator adds must not change the vectors
# that an index already holds.
_PLAIN = Cutter()
_SPREAD = np.uint64(2_654_435_761)
_HALF = np.uint64(32)


def tokens(text: str) -> list[str]:
    """Search-mode words and character bigrams of the normal form, with repetitions.

    Stop words stay: "how much" and "where" tell kinds of answers apart, and training learns what they weigh.
    """
    normal = normalise(text[:MAX_CHARACTERS])
    found = [piece for piece in _PLAIN.cut(normal) if piece.isalnum()]
    found += bigrams(normal)
    return found


class _Codes(dict[str, int]):
    """A number for each token: its row where it is known, else a digest above all rows.

    Digests of unknown tokens are remembered up to a bound: the same few thousand make up most of a text.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        super().__init__((token, row) for row, token in enumerate(vocabulary))
        self._known = len(self)
        self._most = self._known + REMEMBERED

    def __missing__(self, token: str) -> int:
        code = self._known + zlib.crc32(token.encode())
        if len(self) < self._most:
            self[token] = code
        return code


class TokenTable:
    """Rows of the table: known tokens first, then hash buckets that all other tokens share."""

    def __init__(self, vocabulary: Sequence[str], buckets: int) -> None:
        self._codes = _Codes(vocabulary)
        self._first_bucket = len(vocabulary)
        self._buckets = buckets

    def __len__(self) -> int:
        return self._first_bucket + self._buckets

    def bag(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rows and weights (1 + ln count) of a text's tokens; an unknown token stands in two buckets."""
        counts = Counter(tokens(text))
        size = len(counts)
        codes = np.fromiter(map(self._codes.__getitem__, counts), np.int64, size)
        weights = 1.0 + np.log(np.fromiter(counts.values(), np.float64, size))
        known = codes < self._first_bucket
        if known.all():
            return codes, weights.astype(np.float32)
        rows, shares = [codes[known]], [weights[known]]
        if self._buckets:
            digests = (codes[~known] - self._first_bucket).astype(np.uint64)
            shared = weights[~known] * BUCKET_SHARE
            for spread in (digests, digests * _SPREAD >> _HALF):
                rows.append((spread % np.uint64(self._buckets)).astype(np.int64) + self._first_bucket)
                shares.append(shared)
        return np.concatenate(rows), np.concatenate(shares).astype(np.float32)
