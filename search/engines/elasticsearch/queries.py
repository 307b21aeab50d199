"""Requests as the server wants them; every filter is part of the request it filters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from search.analysis.tokens import bigrams
from search.engines.elasticsearch.documents import clean
from search.engines.elasticsearch.mapping import PASSAGE, POINT
from search.engines.embedded.vectors import Vectors
from search.engines.filters import Filter
from search.ranking.terms import QueryTerms
from search.ranking.terms_of import HEAD_BOOST, START, START_BOOST, head_field

Body = dict[str, Any]

_FACETS = {"types": "type", "units": "unit", "regions": "region", "categories": "categories"}
_FEWEST_VISITED = 100
_VISITED_PER_WANTED = 2
_ALL = "all"
_MOST_OF_POINTS = 200


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be found: `asked` is what the query is narrowed to, `seen` what the caller may see at this instant."""

    asked: Sequence[Body]
    seen: Sequence[Body]

    @property
    def every(self) -> list[Body]:
        return [*self.asked, *self.seen]


def filters(wanted: Filter, now: int) -> Allowed:
    """What may be seen: exactly what the embedded engine's masks say."""
    asked: list[Body] = []
    for name, field in _FACETS.items():
        values: frozenset[str] = getattr(wanted, name)
        if values:
            asked.append(_any_of(field, values))
    seen: list[Body] = [
        {"term": {"kind": PASSAGE}},
        _any_of("access", wanted.access),
        {"range": {"live_from": {"lte": now}}},
        {"range": {"live_to": {"gt": now}}},
    ]
    if not wanted.include_lapsed:
        seen.append({"range": {"effective_to": {"gt": now}}})
    return Allowed(asked, seen)


def by_keywords(terms: QueryTerms, allowed: Allowed, limit: int) -> Body:
    """The passages with the highest sum of BM25 over the fields.

    What most passages pass is looked at last, of the few that get to the top: beside the terms it would be looked at
    for all that hold one, and nothing could be skipped. What narrows a query down goes beside them.
    """
    should = [_term("words", word) for word in terms.words]
    for bigram in terms.bigrams:
        should.append(_term("bigrams", bigram))
        should.append(_term(head_field(bigram), bigram, HEAD_BOOST))
    return {
        "query": {"bool": {"should": should, "minimum_should_match": 1, "filter": list(allowed.asked)}},
        "post_filter": {"bool": {"filter": list(allowed.seen)}},
        "size": limit,
        "track_total_hits": False,
    }


def by_vector(vector: Vectors, allowed: Allowed, limit: int) -> Body:
    return {
        "knn": {
            "field": "vector",
            "query_vector": vector.tolist(),
            "k": limit,
            "num_candidates": max(limit * _VISITED_PER_WANTED, _FEWEST_VISITED),
            "filter": allowed.every,
        },
        "size": limit,
        "track_total_hits": False,
    }


def of_points(codes: Sequence[str], allowed: Allowed) -> Body:
    """The passages of these points that may be seen."""
    wanted: Body = {"terms": {"code": list(map(clean, codes))}}
    return {
        "query": {"bool": {"filter": [*allowed.every, wanted]}},
        "size": _MOST_OF_POINTS,
        "track_total_hits": False,
    }


def holding(typed: str, allowed: Allowed, limit: int) -> Body:
    """Passages whose titles, questions and keywords hold every bigram of a normal form."""
    must = [_term(head_field(term), term) for term in dict.fromkeys(bigrams(typed))]
    return {
        "query": {
            "bool": {
                "must": must,
                "should": [_term("head", START + typed[:2], START_BOOST)],
                "filter": allowed.every,
            }
        },
        "size": limit,
        "track_total_hits": False,
        "_source": ["document"],
    }


def counts(asked: Iterable[tuple[str, str]], *, mean_length: bool) -> Body:
    """How many passages hold each term, how many there are, and on asking how long they are on average."""
    every = {str(number): _term(field, term) for number, (field, term) in enumerate(asked)}
    body: Body = {
        "size": 0,
        "track_total_hits": False,
        "aggs": {"counts": {"filters": {"filters": {**every, _ALL: {"term": {"kind": PASSAGE}}}}}},
    }
    if mean_length:
        body["aggs"]["length"] = {"avg": {"field": "length"}}
    return body


def read_counts(found: Mapping[str, Any]) -> tuple[list[int], int]:
    """The number that hold each term, in the order asked, and the number of all."""
    buckets = found["counts"]["buckets"]
    held = [int(buckets[str(number)]["doc_count"]) for number in range(len(buckets) - 1)]
    return held, int(buckets[_ALL]["doc_count"])


def totals() -> Body:
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"term": {"kind": POINT}},
        "aggs": {
            "points": {"filter": {"range": {"count": {"gt": 0}}}},
            "documents": {"sum": {"field": "count"}},
            "stored": {"sum": {"field": "stored"}},
            "seq": {"max": {"field": "seq"}},
        },
    }


def bounded(body: Body, seconds: float) -> Body:
    """The server gives up by itself too, instead of working on for nobody."""
    return {**body, "timeout": f"{max(int(seconds * 1_000), 1)}ms"}


def same_copy(text: str) -> str:
    """The same query goes to the same copies, whose order among equals is the same, so that pages fit together."""
    return f"q{crc32(text.encode('utf-8', 'replace')):08x}"


def _any_of(field: str, values: Iterable[str]) -> Body:
    return {"terms": {field: sorted(map(clean, values))}}


def _term(field: str, term: str, boost: float | None = None) -> Body:
    value: Body = {"value": clean(term)}
    if boost is not None:
        value["boost"] = boost
    return {"term": {field: value}}
