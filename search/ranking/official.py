"""What the query means in official words, and how far a candidate speaks of it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.analysis.normalise import squeeze
from search.analysis.query import MAX_TERMS, AnalysedQuery
from search.analysis.tokens import bigrams
from search.lexicon.lexicon import Lexicon, default_lexicon
from search.ranking.layout import Texts, count_bigrams
from search.ranking.terms import DocumentFrequency, QueryTerms, bigram_query, inverse_frequency
from search.ranking.text import Part

Values = NDArray[np.float32]

# Wordings under this weight tell what kind of answer is wanted, not what it is about.
LEAST_WEIGHT: Final = 0.5
_IN_BODY = 0.6
_RARE = 8.0
_LEAST_SURE = 0.8
_SHORT = 24
_HEAD: Final = [int(Part.TITLE), int(Part.QUESTION), int(Part.KEYWORDS)]


@dataclass(frozen=True, slots=True)
class Official:
    """`wordings` holds, for each wording found in the query, the official terms that it may stand for, each as
    the numbers of its bigrams in `bigrams`. A wording's weight grows with the rarity of its terms. `said` is
    how many terms the query itself has.
    """

    bigrams: tuple[str, ...]
    idf: NDArray[np.float32]
    wordings: tuple[tuple[tuple[int, ...], ...], ...]
    weights: tuple[float, ...]
    said: int

    @property
    def empty(self) -> bool:
        return not self.wordings

    @property
    def terms(self) -> QueryTerms:
        """As a query of its own, to gather candidates that speak of it."""
        return bigram_query(self.bigrams, self.idf)

    def evidence(self, texts: Texts) -> Values:
        """How far each candidate speaks of what was said, in [0, 1], less for long queries.

        Of the terms that a wording may stand for the best covered one counts, in titles, questions and
        keywords fully, elsewhere in part.
        """
        total = np.zeros(texts.documents, dtype=np.float32)
        if self.empty:
            return total
        held = (count_bigrams(self.bigrams, texts) > 0) * self.idf
        reach = np.where(np.isin(texts.kinds, _HEAD), np.float32(1), np.float32(_IN_BODY))
        for terms, weight in zip(self.wordings, self.weights, strict=True):
            best = np.maximum.reduce([self._covered(held, columns) for columns in terms])
            total += np.float32(weight) * np.maximum.reduceat(best * reach, texts.first_segment)
        sure = max(sum(self.weights), _LEAST_SURE)
        # A long message says enough in its own words, and some of its wordings are beside the matter.
        length = min(1.0, _SHORT / max(self.said, 1)) ** 3
        evidence: Values = np.minimum(total / np.float32(sure), 1) * np.float32(length)
        return evidence

    def _covered(self, held: Values, columns: tuple[int, ...]) -> Values:
        chosen = list(columns)
        covered: Values = held[:, chosen].sum(axis=1) / np.float32(max(float(self.idf[chosen].sum()), 1e-6))
        return covered


def official(
    said: AnalysedQuery,
    documents: int,
    frequency: DocumentFrequency,
    lexicon: Lexicon | None = None,
) -> Official:
    """`documents` and `frequency` as for `weigh`; the shipped lexicon unless another is given."""
    found = (lexicon or default_lexicon()).expand(said.text, least_weight=LEAST_WEIGHT)
    pairs_of = {expansion.term: bigrams(squeeze(expansion.term)) for expansion in found}
    known = tuple(dict.fromkeys(pair for pairs in pairs_of.values() for pair in pairs))[:MAX_TERMS]
    idf = np.array([inverse_frequency(documents, frequency("bigrams", pair)) for pair in known], np.float32)
    place = {pair: column for column, pair in enumerate(known)}
    wordings: dict[str, list[tuple[int, ...]]] = {}
    weights: dict[str, float] = {}
    for expansion in found:
        columns = tuple(place[pair] for pair in pairs_of[expansion.term] if pair in place)
        if columns:
            wordings.setdefault(expansion.spoken, []).append(columns)
            worth = expansion.weight * float(idf[list(columns)].mean()) / _RARE
            weights[expansion.spoken] = max(weights.get(expansion.spoken, 0.0), worth)
    return Official(
        bigrams=known,
        idf=idf,
        wordings=tuple(map(tuple, wordings.values())),
        weights=tuple(weights.values()),
        said=len(said.words) + len(said.bigrams),
    )
