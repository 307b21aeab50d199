"""The terms of a query with what each is worth in this collection."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from search.analysis.places import NOWHERE, Named
from search.analysis.query import AnalysedQuery
from search.analysis.questions import Asks
from search.analysis.stop_words import STOP_CHARACTERS

TermField = Literal["words", "bigrams", "characters"]
DocumentFrequency = Callable[[TermField, str], int]
Weights = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """Terms of each kind in order of first use. `said` grows with how often the query says a term; `found`
    tells whether any document holds it; the first `opening` bigrams are those of the first sentence; `asks` and
    `places` are as of the query.
    """

    text: str
    words: tuple[str, ...]
    bigrams: tuple[str, ...]
    characters: tuple[str, ...]
    words_idf: Weights
    bigrams_idf: Weights
    characters_idf: Weights
    words_said: Weights
    bigrams_said: Weights
    words_found: tuple[bool, ...]
    bigrams_found: tuple[bool, ...]
    opening: int = 0
    numbers: tuple[str, ...] = ()
    asks: Asks | None = None
    places: Named = NOWHERE

    @property
    def empty(self) -> bool:
        return not self.words and not self.bigrams

    def worth(self, term: str) -> float:
        """The idf of a word or bigram of the query, 0 for any other."""
        for terms, weights in ((self.words, self.words_idf), (self.bigrams, self.bigrams_idf)):
            if term in terms:
                return float(weights[terms.index(term)])
        return 0.0

    def without_unknown_end(self) -> "QueryTerms":
        """Leaves out a last term that no document holds: whoever is typing has not finished it."""
        words = slice(None, -1 if len(self.words) > 1 and not self.words_found[-1] else None)
        bigrams = slice(None, -1 if len(self.bigrams) > 1 and not self.bigrams_found[-1] else None)
        return replace(
            self,
            words=self.words[words],
            words_idf=self.words_idf[words],
            words_said=self.words_said[words],
            words_found=self.words_found[words],
            bigrams=self.bigrams[bigrams],
            bigrams_idf=self.bigrams_idf[bigrams],
            bigrams_said=self.bigrams_said[bigrams],
            bigrams_found=self.bigrams_found[bigrams],
        )


def weigh(query: AnalysedQuery, documents: int, frequency: DocumentFrequency) -> QueryTerms:
    """`documents` is the size of the collection and `frequency` the number that hold a term."""
    words, bigrams = tuple(query.words), tuple(query.bigrams)
    characters = tuple(
        dict.fromkeys(
            char for term in bigrams if not term.isascii() for char in term if char not in STOP_CHARACTERS
        )
    )
    held = {
        "words": [frequency("words", term) for term in words],
        "bigrams": [frequency("bigrams", term) for term in bigrams],
        "characters": [frequency("characters", term) for term in characters],
    }
    idf = {
        field: np.array([inverse_frequency(documents, holding) for holding in counts], dtype=np.float32)
        for field, counts in held.items()
    }
    return QueryTerms(
        text=query.text,
        words=words,
        bigrams=bigrams,
        characters=characters,
        words_idf=idf["words"],
        bigrams_idf=idf["bigrams"],
        characters_idf=idf["characters"],
        words_said=_said(query.words),
        bigrams_said=_said(query.bigrams),
        words_found=tuple(holding > 0 for holding in held["words"]),
        bigrams_found=tuple(holding > 0 for holding in held["bigrams"]),
        opening=query.opening,
        numbers=query.numbers,
        asks=query.asks,
        places=query.places,
    )


def bigram_query(bigrams: tuple[str, ...], idf: Weights) -> QueryTerms:
    """A query of bigrams alone, each said once."""
    nothing = np.zeros(0, dtype=np.float32)
    return QueryTerms(
        text="",
        words=(),
        bigrams=bigrams,
        characters=(),
        words_idf=nothing,
        bigrams_idf=idf,
        characters_idf=nothing,
        words_said=nothing,
        bigrams_said=np.ones(len(bigrams), dtype=np.float32),
        words_found=(),
        bigrams_found=(True,) * len(bigrams),
    )


def inverse_frequency(documents: int, holding: int) -> float:
    """BM25's; a deleted document may still be counted as holding, so the difference is kept positive."""
    return math.log1p((max(documents - holding, 0) + 0.5) / (holding + 0.5))


def _said(terms: Mapping[str, int]) -> Weights:
    return (1.0 + np.log(np.fromiter(terms.values(), dtype=np.float32, count=len(terms)))).astype(np.float32)
