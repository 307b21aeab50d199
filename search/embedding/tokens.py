"""The tokens an embedding knows a text by, and their places in its table."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from search.analysis.cutting import CutTexts
from search.analysis.normalise import normalise
from search.analysis.tokens import bigrams
from search.analysis.words import Cutter
from search.embedding.bags import BUCKET_SHARE, BagMaker, Bags, spread

MAX_CHARACTERS = 2_000

# The plain dictionary, without the city's words: a word that an administrator adds must not change the vectors
# that an index already holds.
PLAIN = Cutter()


def tokens(text: str) -> list[str]:
    """Search-mode words and character bigrams of the normal form, with repetitions.

    Stop words stay: "how much" and "where" tell kinds of answers apart, and training learns what they weigh.
    """
    normal = normalise(text[:MAX_CHARACTERS])
    found = [piece for piece in PLAIN.cut(normal) if piece.isalnum()]
    found += bigrams(normal)
    return found


class TokenTable:
    """Rows of the table: known tokens first, then hash buckets that all other tokens share."""

    def __init__(self, vocabulary: Sequence[str], buckets: int) -> None:
        self._maker = BagMaker(vocabulary, buckets)
        self._codes = self._maker.codes
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
        rows, shares = [codes[known]], [weights[known]]
        if self._buckets and not known.all():
            for places in spread(codes[~known] - self._first_bucket, self._buckets):
                rows.append(places + self._first_bucket)
                shares.append(weights[~known] * BUCKET_SHARE)
        return np.concatenate(rows), np.concatenate(shares).astype(np.float32)

    def bags(self, cut: CutTexts, pieces: Sequence[str], texts: NDArray[np.int64], count: int) -> Bags:
        """The same for `count` texts at once, whose parts are cut already; `pieces` are those of `PLAIN`.

        `texts` says of which text each part is, -1 for none. No part is longer than `MAX_CHARACTERS`.
        """
        return self._maker.make(cut, pieces, texts, count)
