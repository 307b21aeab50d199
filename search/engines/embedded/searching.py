"""From a query to hits over one snapshot: candidates by keywords and vectors, ranked together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from search.analysis.query import AnalysedQuery, analyse_query
from search.engines.embedded.eligible import Eligible, filter_of
from search.engines.embedded.generation import Snapshot
from search.ports import Hit, Query, SearchResult
from search.ranking.confidence import LEAD
from search.ranking.features import FEATURES, Measured, Values, measure
from search.ranking.model import RankingModel
from search.ranking.official import Official, official
from search.ranking.snippets import highlight, make_snippet, matched_terms
from search.ranking.terms import QueryTerms, weigh

QueryVector = Callable[[str], NDArray[np.float32] | None]

_BY_KEYWORDS = 80
_BY_VECTORS = 20
_BY_OFFICIAL_WORDS = 30
_CANDIDATES_PER_HIT = 3
_MOST_CANDIDATES = 1_200
_WIDENING = 4


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates in order of rank, one for each point; arrays go together. Without `vectors` no cosine was measured."""

    ordinals: NDArray[np.int64]
    scores: Values
    keyword_scores: Values
    measured: Measured
    vectors: bool


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
        meant = official(said, self.snapshot.documents, self.snapshot.keywords.frequency)
        ranked = self._ranked(query, terms, meant, vector, eligible)
        hits = self._hits(ranked, terms, query) if ranked is not None else []
        total = len(ranked.ordinals) if ranked is not None else 0
        return SearchResult(hits, total, 0.0, degraded, (*terms.words, *terms.bigrams))

    def _terms(self, said: AnalysedQuery, query: Query) -> QueryTerms:
        keywords = self.snapshot.keywords
        terms = weigh(said, self.snapshot.documents, keywords.frequency)
        return terms.without_unknown_end() if query.as_you_type else terms

    def _ranked(
        self,
        query: Query,
        terms: QueryTerms,
        meant: Official,
        vector: NDArray[np.float32] | None,
        eligible: Eligible,
    ) -> Ranked | None:
        """Looks at more candidates as long as the points wanted are not found among them."""
        wanted = query.offset + query.limit
        limit = max(_BY_KEYWORDS, wanted * _CANDIDATES_PER_HIT)
        while True:
            ordinals = self._candidates(query, terms, meant, vector, eligible, limit)
            if not len(ordinals):
                return None
            ranked = self._rank(query, terms, meant, vector, ordinals)
            if len(ranked.ordinals) >= wanted or len(ordinals) < limit or limit >= _MOST_CANDIDATES:
                return ranked
            limit = min(limit * _WIDENING, _MOST_CANDIDATES)

    def _candidates(
        self,
        query: Query,
        terms: QueryTerms,
        meant: Official,
        vector: NDArray[np.float32] | None,
        eligible: Eligible,
        limit: int,
    ) -> NDArray[np.int64]:
        found: list[NDArray[np.int64]] = []
        by_keywords = query.mode != "vector" or vector is None
        if by_keywords and not terms.empty:
            found.append(
                self.snapshot.keywords.candidates(terms, filter_of(query), query.now, eligible, limit)
            )
        if by_keywords and not meant.empty:
            found.append(
                self.snapshot.keywords.candidates(
                    meant.terms, filter_of(query), query.now, eligible, _BY_OFFICIAL_WORDS
                )
            )
        if vector is not None:
            nearest = limit if query.mode == "vector" else limit * _BY_VECTORS // _BY_KEYWORDS
            found.append(self.snapshot.vectors.nearest(vector, eligible, nearest))
        together = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
        _, first = np.unique(together, return_index=True)
        return together[np.sort(first)]

    def _rank(
        self,
        query: Query,
        terms: QueryTerms,
        meant: Official,
        vector: NDArray[np.float32] | None,
        ordinals: NDArray[np.int64],
    ) -> Ranked:
        snapshot, model = self.snapshot, self.model
        cosines = (
            snapshot.vectors.cosines(vector, ordinals)
            if vector is not None
            else np.zeros(len(ordinals), dtype=np.float32)
        )
        measured = measure(
            terms, snapshot.texts(ordinals), cosines, snapshot.average_length, model.saturation, meant
        )
        count = len(terms.words) + len(terms.bigrams)
        types = self._types(ordinals)
        kinds = [
            kind if kind == "policy" or titled else "untitled"
            for kind, titled in zip(types, measured.titled.tolist(), strict=True)
        ]
        keyword_scores = model.scores(measured.values, count, kinds, cosine=False)
        if query.mode == "vector" and vector is not None:
            scores = measured.values[:, FEATURES.index("cosine")].copy()
            enough = scores > 0
        else:
            scores = model.scores(measured.values, count, kinds, cosine=vector is not None)
            enough = model.shares_enough(measured.values, count)
        scores = scores * model.type_factors(types)
        order = np.argsort(-scores, kind="stable")
        order = order[enough[order]]
        _, first = np.unique(snapshot.rows["point"][ordinals[order]], return_index=True)
        best = order[np.sort(first)]
        return Ranked(
            ordinals[best],
            scores[best],
            keyword_scores[best],
            measured.only(best),
            vector is not None,
        )

    def _types(self, ordinals: NDArray[np.int64]) -> list[str]:
        values = self.snapshot.eligibility.strings.values
        return [values[number] for number in self.snapshot.rows["type"][ordinals]]

    def _hits(self, ranked: Ranked, terms: QueryTerms, query: Query) -> list[Hit]:
        last = min(query.offset + query.limit, len(ranked.ordinals))
        return [self._hit(ranked, place, terms) for place in range(query.offset, last)]

    def _hit(self, ranked: Ranked, place: int, terms: QueryTerms) -> Hit:
        document = self.snapshot.document(int(ranked.ordinals[place]))
        measured = ranked.measured
        matched = matched_terms(terms, measured.words[place].tolist(), measured.bigrams[place].tolist())
        snippet = make_snippet(document.body, matched, [terms.worth(term) for term in matched])
        features = dict(
            zip(FEATURES, np.round(measured.values[place].astype(float), 4).tolist(), strict=True)
        )
        cosine = features["cosine"]
        if not ranked.vectors:
            del features["cosine"]
        features[LEAD] = round(_lead(ranked.scores, place), 4)
        return Hit(
            document=document,
            score=float(ranked.scores[place]),
            keyword_score=float(ranked.keyword_scores[place]),
            vector_score=cosine,
            features=features,
            matched=matched,
            snippet=snippet.text,
            snippet_spans=snippet.spans,
            title_spans=highlight(document.title, matched),
        )


def _lead(scores: Values, place: int) -> float:
    """How far a point is ahead of the best other one, negative where it is behind."""
    best_other = scores[0] if place else scores[1] if len(scores) > 1 else 0.0
    return float(scores[place] - best_other)
