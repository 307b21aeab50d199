"""The tokens an embedding knows a text by, and their places in its table."""

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from math import log

from search.analysis.normalise import normalise
from search.analysis.tokens import bigrams
from search.analysis.words import Cutter

BUCKET_SHARE = 0.7
MAX_CHARACTERS = 2_000

# The plain dictionary, without the city's words: a word that an administrator adds must not change the vectors
# that an index already holds.
_PLAIN = Cutter()
_SPREAD = 2_654_435_761


def tokens(text: str) -> list[str]:
    """Search-mode words and character bigrams of the normal form, with repetitions.

    Stop words stay: "how much" and "where" tell kinds of answers apart, and training learns what they weigh.
    """
    normal = normalise(text[:MAX_CHARACTERS])
    found = [piece for piece in _PLAIN.cut(normal) if piece.isalnum()]
    found += bigrams(normal)
    return found


class TokenTable:
    """Rows of the table: known tokens first, then hash buckets that all other tokens share."""

    def __init__(self, vocabulary: Sequence[str], buckets: int) -> None:
        self._rows: Mapping[str, int] = {token: row for row, token in enumerate(vocabulary)}
        self._first_bucket = len(vocabulary)
        self._buckets = buckets

    def __len__(self) -> int:
        return self._first_bucket + self._buckets

    def bag(self, text: str) -> tuple[list[int], list[float]]:
        """Rows and weights (1 + ln count) of a text's tokens; an unknown token stands in two buckets."""
        rows: list[int] = []
        weights: list[float] = []
        known = self._rows.get
        for token, count in Counter(tokens(text)).items():
            weight = 1.0 if count == 1 else 1.0 + log(count)
            row = known(token)
            if row is not None:
                rows.append(row)
                weights.append(weight)
            elif self._buckets:
                digest = zlib.crc32(token.encode())
                rows.append(self._first_bucket + digest % self._buckets)
                rows.append(self._first_bucket + (digest * _SPREAD >> 32) % self._buckets)
                weights.extend((weight * BUCKET_SHARE, weight * BUCKET_SHARE))
        return rows, weights
