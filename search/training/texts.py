"""Texts of all pairs as bags of token rows, and the vocabulary they make."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from search.embedding.tokens import TokenTable, tokens


@dataclass(frozen=True, slots=True)
class Bags:
    """Row `t` holds the token rows of text `t` with their weights."""

    indptr: NDArray[np.int64]
    ids: NDArray[np.int32]
    weights: NDArray[np.float32]
    width: int

    def matrix(self) -> csr_matrix:
        return csr_matrix((self.weights, self.ids, self.indptr), shape=(len(self.indptr) - 1, self.width))

    def document_frequency(self) -> NDArray[np.int64]:
        return np.bincount(self.ids, minlength=self.width)


class TextPool:
    """Distinct texts by number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def add(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    @property
    def texts(self) -> Sequence[str]:
        return list(self._numbers)


def choose_vocabulary(texts: Iterable[str], size: int, rarest: int = 3) -> list[str]:
    """The `size` tokens that most texts hold, none held by fewer than `rarest`; ties in code-point order."""
    held: Counter[str] = Counter()
    for text in texts:
        held.update(set(tokens(text)))
    ranked = sorted((token for token, count in held.items() if count >= rarest), key=lambda t: (-held[t], t))
    return ranked[:size]


def make_bags(texts: Sequence[str], table: TokenTable) -> Bags:
    indptr = np.zeros(len(texts) + 1, dtype=np.int64)
    ids: list[NDArray[np.int32]] = []
    weights: list[NDArray[np.float32]] = []
    for number, text in enumerate(texts):
        rows, row_weights = table.bag(text)
        ids.append(np.array(rows, dtype=np.int32))
        weights.append(np.array(row_weights, dtype=np.float32))
        indptr[number + 1] = indptr[number] + len(rows)
    return Bags(indptr, np.concatenate(ids), np.concatenate(weights), len(table))
