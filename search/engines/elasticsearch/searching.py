"""From a query to hits by one request: how common its terms are, and candidates by keywords and by vectors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from search.analysis.query import analyse_query
from search.engines.elasticsearch import queries
from search.engines.elasticsearch.documents import Found
from search.engines.embedded.vectors import Vectors
from search.engines.errors import EngineError
from search.engines.filters import filter_of
from search.ports import Query, SearchResult
from search.ranking.guided import VectorOf
from search.ranking.model import RankingModel
from search.ranking.official import Official, official
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
from search.ranking.terms import QueryTerms, TermField, weigh

Answer = Mapping[str, Any]
# Of the time for a whole search, what each of its parts may take; vectors go without before keywords do.
_SHARE_OF_KEYWORDS = 0.8
_SHARE_OF_VECTORS = 0.5
# The server gives (1 + cosine) / 2.
_RIGHT_ANGLE = 0.5


@dataclass(frozen=True, slots=True)
class Collection:
    """What of the whole collection ranking needs."""

    documents: int
    average_length: float


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back. `nearest` is None where vectors were not asked for or could not be searched in time;
    `index` is the one that answered, empty where nothing was found."""

    collection: Collection
    frequencies: Mapping[tuple[str, str], int]
    by_keywords: Sequence[Answer]
    nearest: Sequence[Answer] | None
    index: str


class Asking:
    """One query on its way. `send` takes the bodies of one request and gives the answer to each."""

    def __init__(
        self,
        query: Query,
        send: Callable[[list[queries.Body]], list[Answer]],
        seconds: float,
        known_length: float | None,
    ) -> None:
        self.query = query
        self.said = analyse_query(query.text)
        self._send = send
        self._seconds = seconds
        self._length = known_length
        self._allowed = queries.filters(filter_of(query), query.now)
        self._wanted: dict[tuple[str, str], None] = {}
        # Weighed once for nothing, to learn which terms must be counted.
        self._terms = weigh(self.said, 0, self._note)
        self._meant = official(self.said, 0, self._note, query.guide.lexicon)

    def ask(self, vector: Vectors | None, limit: int) -> Answers:
        bodies = [queries.counts(self._wanted, mean_length=self._length is None)]
        by_keywords = self.query.mode != "vector" or vector is None
        if by_keywords:
            for terms, most in ((self._terms, limit), (self._meant.terms, BY_OFFICIAL_WORDS)):
                if not terms.empty:
                    bodies.append(queries.by_keywords(terms, self._allowed, most))
        if self.query.guide.pins:
            bodies.append(queries.of_points(self.query.guide.pins, self._allowed))
        lexical = len(bodies)
        bodies = [queries.bounded(body, self._seconds * _SHARE_OF_KEYWORDS) for body in bodies]
        if vector is not None and vector.any():
            nearest = queries.by_vector(vector, self._allowed, near_by_vectors(self.query.mode, limit))
            bodies.append(queries.bounded(nearest, self._seconds * _SHARE_OF_VECTORS))
        answers = self._send(bodies)
        return self._read(answers[:lexical], answers[lexical:], vector)

    def _read(self, lexical: Sequence[Answer], vectors: Sequence[Answer], vector: Vectors | None) -> Answers:
        for answer in lexical:
            if _failed(answer):
                raise EngineError(f"Elasticsearch 检索失败（{_reason(answer)}）。")
        found = lexical[0]["aggregations"]
        held, documents = queries.read_counts(found)
        if self._length is None:
            self._length = float(found["length"]["value"] or 2.0)
        nearest: Sequence[Answer] | None = None
        if vector is not None and not any(map(_failed, vectors)):
            nearest = [hit for answer in vectors for hit in answer["hits"]["hits"]]
        by_keywords = [hit for answer in lexical[1:] for hit in answer["hits"]["hits"]]
        every = [*by_keywords, *(nearest or ())]
        return Answers(
            collection=Collection(documents, self._length),
            frequencies=dict(zip(self._wanted, held, strict=True)),
            by_keywords=by_keywords,
            nearest=nearest,
            index=str(every[0]["_index"]) if every else "",
        )

    def weighed(self, answers: Answers) -> tuple[QueryTerms, Official]:
        def frequency(field: TermField, term: str) -> int:
            return answers.frequencies[field, term]

        documents = answers.collection.documents
        terms = weigh(self.said, documents, frequency)
        meant = official(self.said, documents, frequency, self.query.guide.lexicon)
        return terms.without_unknown_end() if self.query.as_you_type else terms, meant

    def _note(self, field: TermField, term: str) -> int:
        self._wanted.setdefault((field, term))
        return 0


class Gathering:
    """Candidates of one query, as many as are asked for, and what is shown of them.

    `usable` says whether the vectors of the index that answered can be compared with the query's.
    """

    def __init__(
        self,
        asking: Asking,
        vector: Vectors | None,
        model: RankingModel,
        usable: Callable[[str], bool],
        vector_of: VectorOf,
    ) -> None:
        self._asking = asking
        self._vector = vector
        self._model = asking.query.guide.model or model
        self._vector_of = vector_of
        self._usable = usable
        self._shown = Found(())
        self._asked: Asked | None = None
        self.collection = Collection(0, 1.0)

    def result(self, *, degraded: bool) -> SearchResult:
        """`degraded`: there was to be a vector, and there was none from the start."""
        query, had_vector = self._asking.query, self._vector is not None
        ranked = rank_enough(query, self._gather)
        assert self._asked is not None
        terms = self._asked.terms
        hits = make_hits(ranked, terms, query, self._shown.document) if ranked is not None else []
        return SearchResult(
            hits=hits,
            total=len(ranked.places) if ranked is not None else 0,
            took_ms=0.0,
            degraded="keyword" if degraded or (had_vector and self._vector is None) else None,
            terms=(*terms.words, *terms.bigrams),
        )

    def _gather(self, limit: int) -> tuple[int, Ranked | None]:
        answers = self._answers(limit)
        self.collection = answers.collection
        if self._asked is None:
            terms, meant = self._asking.weighed(answers)
            query = self._asking.query
            vectors = self._vector is not None
            vector_of = self._vector_of if vectors else _no_vector
            self._asked = Asked(query.mode, terms, meant, vectors, query.guide, vector_of)
        self._shown = _together(answers)
        if not self._shown.sources:
            return 0, None
        candidates = Candidates(
            texts=self._shown.texts(),
            cosines=self._shown.cosines(self._vector),
            points=self._shown.points(),
            types=self._shown.values("type"),
            units=self._shown.values("unit"),
            regions=self._shown.values("region"),
            average_length=self.collection.average_length,
            names=self._shown.names(self._asked.guide.codes),
        )
        asked = replace(self._asked, vectors=self._vector is not None)
        return len(self._shown.sources), rank(asked, candidates, self._model)

    def _answers(self, limit: int) -> Answers:
        answers = self._asking.ask(self._vector, limit)
        if self._vector is None or (answers.nearest is not None and self._usable(answers.index)):
            return answers
        self._vector = None
        if self._asking.query.mode == "vector":
            # No keywords were asked for, and now there is nothing else.
            return self._asking.ask(None, limit)
        return replace(answers, nearest=None)


def _together(answers: Answers) -> Found:
    """Each passage once, as far as it is near by vectors or holds a word."""
    found = {hit["_id"]: hit["_source"] for hit in answers.by_keywords}
    for hit in answers.nearest or ():
        if hit["_score"] > _RIGHT_ANGLE:
            found.setdefault(hit["_id"], hit["_source"])
    return Found(list(found.values()))


def _no_vector(_text: str) -> None:
    return None


def _failed(answer: Answer) -> bool:
    if "error" in answer or answer.get("timed_out"):
        return True
    return bool(answer.get("_shards", {}).get("failed"))


def _reason(answer: Answer) -> str:
    if "error" not in answer:
        return "超时" if answer.get("timed_out") else "部分分片不可用"
    error = answer["error"]
    causes = error.get("root_cause") or [error]
    return f"{answer.get('status', '')} {causes[0].get('type', '')}".strip()


def index_missing(answer: Answer) -> bool:
    return bool(answer.get("status") == 404)
