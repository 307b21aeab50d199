"""From candidates to hits, alike for every engine: gather enough of them, rank, show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.guide import NO_GUIDE, Guide
from search.ports import Document, Hit, Mode, Query
from search.ranking.confidence import LEAD, NAMES_PLACES, STANDS_OUT
from search.ranking.features import ALWAYS_LOOKED_AT, FEATURES, Measured, NamedIn, Values, measure
from search.ranking.guided import Guided, VectorOf, guide_rows
from search.ranking.model import RankingModel
from search.ranking.official import Official
from search.ranking.snippets import highlight, make_snippet, matched_terms
from search.ranking.terms import QueryTerms

BY_KEYWORDS: Final = ALWAYS_LOOKED_AT
BY_VECTORS: Final = 20
BY_OFFICIAL_WORDS: Final = 30
_CANDIDATES_PER_HIT = 3
_MOST_CANDIDATES = 1_200
_WIDENING = 4
# Its last fourth is the end of what was gathered.
_END = 4
_LEAST_TYPICAL = 0.01
_DIGITS = 4


def _no_vector(_text: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as it is ranked. `vectors` is false where no vector could be made or compared; `vector_of` makes the
    vector of a text as the query's was made."""

    mode: Mode
    terms: QueryTerms
    meant: Official
    vectors: bool
    guide: Guide = NO_GUIDE
    vector_of: VectorOf = _no_vector


@dataclass(frozen=True, slots=True)
class Candidates:
    """One row a passage. `texts` are in the form that is ranked; rows with the same number in `points` are of one
    point; `units` and `regions` are the codes of whose they are; `average_length` is the collection's mean in units
    of text; `names` are the codes of those points that the
    guide speaks of, by their numbers."""

    texts: Sequence[bytes]
    cosines: Values
    points: NDArray[np.integer]
    types: Sequence[str]
    units: Sequence[str]
    regions: Sequence[str]
    average_length: float
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates in order of rank, one for each point; arrays go together, `places` are rows of the candidates,
    `parts` are what each feature adds to a score, `typical` is how much of the question a candidate mostly holds.
    Without `vectors` no cosine was measured. `enough` says of every row of the candidates whether it answers enough
    of the question to be shown. `notes` are further features of some rows of the candidates."""

    places: NDArray[np.int64]
    scores: Values
    keyword_scores: Values
    parts: Values
    measured: Measured
    vectors: bool
    enough: NDArray[np.bool_]
    typical: float = 0.0
    notes: Mapping[int, Mapping[str, float]] = field(default_factory=dict)


def near_by_vectors(mode: Mode, limit: int) -> int:
    """How many are gathered by their vectors where `limit` are by keywords."""
    return limit if mode == "vector" else limit * BY_VECTORS // BY_KEYWORDS


def rank_enough(query: Query, gather: Callable[[int], tuple[int, Ranked | None]]) -> Ranked | None:
    """Looks at more candidates as long as the points wanted are not found among them and more may hold some.

    `gather(limit)` gives how many candidates there were and those ranked.
    """
    wanted = query.offset + query.limit
    limit = max(BY_KEYWORDS, wanted * _CANDIDATES_PER_HIT)
    while True:
        looked_at, ranked = gather(limit)
        if ranked is None:
            return None
        if len(ranked.places) >= wanted or looked_at < limit or limit >= _MOST_CANDIDATES:
            return ranked
        if not _more_may_come(ranked.enough, limit):
            return ranked
        limit = min(limit * _WIDENING, _MOST_CANDIDATES)


def _more_may_come(enough: NDArray[np.bool_], limit: int) -> bool:
    """Keywords and vectors each gather the best first: where neither's end holds anything, nothing comes after it."""
    end = limit // _END
    by_vectors = end * BY_VECTORS // BY_KEYWORDS
    return bool(enough[limit - end : limit].any() or enough[-by_vectors:].any())


def rank(asked: Asked, candidates: Candidates, model: RankingModel) -> Ranked:
    terms = asked.terms
    measured = measure(
        terms,
        candidates.texts,
        candidates.cosines,
        candidates.average_length,
        model.saturation,
        asked.meant,
        _named_in(asked.guide, candidates),
    )
    count = len(terms.words) + len(terms.bigrams)
    kinds = [
        kind if kind == "policy" or titled else "untitled"
        for kind, titled in zip(candidates.types, measured.titled.tolist(), strict=True)
    ]
    by_vectors = asked.mode == "vector" and asked.vectors
    parts, keyword_scores = model.parts(
        measured.values, count, kinds, cosine=asked.vectors and not by_vectors
    )
    if by_vectors:
        cosine = FEATURES.index("cosine")
        parts = np.zeros_like(measured.values)
        parts[:, cosine] = measured.values[:, cosine]
        enough = parts[:, cosine] > 0
    else:
        enough = model.shares_enough(measured.values, count)
    parts = parts * model.type_factors(candidates.types)[:, None]
    hand = _guided(asked, candidates)
    if hand is not None:
        parts = parts * hand.factors[:, None]
        enough = (enough | hand.pinned) & ~hand.stopped
    scores = np.clip(parts.sum(axis=1), 0.0, 1.0)
    order = np.argsort(-scores, kind="stable") if hand is None else hand.order(scores)
    order = order[enough[order]]
    _, first = np.unique(candidates.points[order], return_index=True)
    best = order[np.sort(first)]
    notes = hand.notes if hand is not None else {}
    typical = float(measured.values[:ALWAYS_LOOKED_AT, FEATURES.index("bigrams")].mean())
    chosen = measured.only(best)
    return Ranked(
        best, scores[best], keyword_scores[best], parts[best], chosen, asked.vectors, enough, typical, notes
    )


def _named_in(guide: Guide, candidates: Candidates) -> NamedIn | None:
    if not (guide.near_units or guide.near_regions):
        return None
    return NamedIn(
        np.array([unit in guide.near_units for unit in candidates.units], dtype=np.float32),
        np.array([guide.near_regions.get(region, 0.0) for region in candidates.regions], dtype=np.float32),
    )


def _guided(asked: Asked, candidates: Candidates) -> Guided | None:
    if not candidates.names:
        return None
    return guide_rows(
        asked.guide, asked.terms.text, candidates.points, candidates.names, candidates.texts, asked.vector_of
    )


def make_hits(
    ranked: Ranked, terms: QueryTerms, query: Query, document: Callable[[int], Document]
) -> list[Hit]:
    """Those of the page that is asked for; `document` gives that of a row of the candidates."""
    page = slice(query.offset, query.offset + query.limit)
    values, parts = _rounded(ranked.measured.values[page]), _rounded(ranked.parts[page])
    leads = _leads(ranked.scores)[page]
    return [
        _make_hit(ranked, place, terms, document(int(ranked.places[place])), found, added, lead)
        for place, (found, added, lead) in enumerate(
            zip(values, parts, leads.tolist(), strict=True), start=query.offset
        )
    ]


def _rounded(values: Values) -> list[dict[str, float]]:
    """Of each row, by the names of the features."""
    return [dict(zip(FEATURES, row, strict=True)) for row in np.round(values.astype(float), _DIGITS).tolist()]


def _make_hit(
    ranked: Ranked,
    place: int,
    terms: QueryTerms,
    document: Document,
    features: dict[str, float],
    parts: dict[str, float],
    lead: float,
) -> Hit:
    measured = ranked.measured
    matched = matched_terms(terms, measured.words[place].tolist(), measured.bigrams[place].tolist())
    snippet = make_snippet(document.body, matched, [terms.worth(term) for term in matched])
    cosine = features["cosine"]
    if not ranked.vectors:
        del features["cosine"]
    features[LEAD] = round(lead, _DIGITS)
    features[STANDS_OUT] = round(features["bigrams"] / max(ranked.typical, _LEAST_TYPICAL), _DIGITS)
    features[NAMES_PLACES] = float(bool(terms.places))
    features.update(ranked.notes.get(int(ranked.places[place]), {}))
    return Hit(
        document=document,
        score=float(ranked.scores[place]),
        keyword_score=float(ranked.keyword_scores[place]),
        vector_score=cosine,
        features=features,
        parts={name: part for name, part in parts.items() if part},
        matched=matched,
        snippet=snippet.text,
        snippet_spans=snippet.spans,
        title_spans=highlight(document.title, matched),
    )


def _leads(scores: Values) -> Values:
    """How far each point is ahead of the best other one, negative where it is behind."""
    # The first is not always the best: an editor may have put it there.
    best, second = np.sort(np.append(scores, np.zeros(2, scores.dtype)))[:-3:-1]
    leads: Values = scores - np.where(scores == best, second, best)
    return leads
