"""From a query to hits over one snapshot: candidates by keywords and vectors, ranked together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from search.analysis.query import AnalysedQuery, analyse_query
from search.engines.embedded.eligible import Eligible
from search.engines.embedded.generation import Snapshot
from search.engines.filters import filter_of
from search.ports import Query, SearchResult
from search.ranking.model import RankingModel
from search.ranking.official import official
from search.ranking.ranked import (
    BY_OFFICIAL_WORDS,
    Asked,
    Candidates,
    Ranked,
    make_hits,
    near_by_vectors,
    rank,
    rank_enough,
)
from search.ranking.terms import QueryTerms, weigh

QueryVector = Callable[[str], NDArray[np.float32] | None]
Ordinals = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Searching:
    snapshot: Snapshot
    model: RankingModel
    query_vector: QueryVector

    def search(self, query: Query) -> SearchResult:
        said = analyse_query(query.text)
        eligible = self.snapshot.eligibility.of(filter_of(query), query.now)
        vector = None if query.mode == "keyword" or not said.text else self.query_vector(said.text)
        degraded: Literal["keyword"] | None = (
            "keyword" if query.mode != "keyword" and said.text and vector is None else None
        )
        terms = self._terms(said, query)
        guide = query.guide
        meant = official(said, self.snapshot.documents, self.snapshot.keywords.frequency, guide.lexicon)
        vector_of = self.query_vector if vector is not None else _no_vector
        asked = Asked(query.mode, terms, meant, vector is not None, guide, vector_of)
        shown: Ordinals = np.zeros(0, dtype=np.int64)

        def gather(limit: int) -> tuple[int, Ranked | None]:
            nonlocal shown
            shown = self._candidates(query, asked, vector, eligible, limit)
            return len(shown), self._rank(asked, vector, shown) if len(shown) else None

        ranked = rank_enough(query, gather)
        hits = (
            make_hits(ranked, terms, query, lambda place: self.snapshot.document(int(shown[place])))
            if ranked is not None
            else []
        )
        total = len(ranked.places) if ranked is not None else 0
        return SearchResult(hits, total, 0.0, degraded, (*terms.words, *terms.bigrams))

    def _terms(self, said: AnalysedQuery, query: Query) -> QueryTerms:
        keywords = self.snapshot.keywords
        terms = weigh(said, self.snapshot.documents, keywords.frequency)
        return terms.without_unknown_end() if query.as_you_type else terms

    def _candidates(
        self,
        query: Query,
        asked: Asked,
        vector: NDArray[np.float32] | None,
        eligible: Eligible,
        limit: int,
    ) -> Ordinals:
        found: list[Ordinals] = []
        keywords, wanted = self.snapshot.keywords, filter_of(query)
        if query.mode != "vector" or vector is None:
            for terms, most in ((asked.terms, limit), (asked.meant.terms, BY_OFFICIAL_WORDS)):
                if not terms.empty:
                    found.append(keywords.candidates(terms, wanted, query.now, eligible, most))
        if vector is not None:
            nearest = near_by_vectors(query.mode, limit)
            found.append(self.snapshot.vectors.nearest(vector, eligible, nearest))
        found.append(self.snapshot.ordinals_of(query.guide.pins, eligible.mask))
        together = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
        _, first = np.unique(together, return_index=True)
        return together[np.sort(first)]

    def _rank(self, asked: Asked, vector: NDArray[np.float32] | None, ordinals: Ordinals) -> Ranked:
        snapshot = self.snapshot
        cosines = (
            snapshot.vectors.cosines(vector, ordinals)
            if vector is not None
            else np.zeros(len(ordinals), dtype=np.float32)
        )
        names = snapshot.eligibility.strings.values
        candidates = Candidates(
            texts=snapshot.texts(ordinals),
            cosines=cosines,
            points=snapshot.rows["point"][ordinals],
            types=[names[number] for number in snapshot.rows["type"][ordinals]],
            units=[names[number] for number in snapshot.rows["unit"][ordinals]],
            regions=[names[number] for number in snapshot.rows["region"][ordinals]],
            average_length=snapshot.average_length,
            names=snapshot.numbers_of(asked.guide.codes),
        )
        return rank(asked, candidates, asked.guide.model or self.model)


def _no_vector(_text: str) -> None:
    return None
