"""The Elasticsearch engine: any number of processes, which share nothing but the cluster."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.embedding.ports import Encoder
from search.engines.elasticsearch import queries
from search.engines.elasticsearch.connection import Connection, WritingBlockedError
from search.engines.elasticsearch.documents import read_document
from search.engines.elasticsearch.generations import Generation, Generations, IndexMissingError, Lease
from search.engines.elasticsearch.options import ElasticsearchOptions
from search.engines.elasticsearch.searching import Answer, Asking, Gathering, index_missing
from search.engines.elasticsearch.writer import CHUNK, Prepared, Writer, point_ids, prepare
from search.engines.errors import EngineError, RebuildRunningError
from search.engines.filters import visible_to
from search.ports import Change, Health, Progress, Query, RebuildReport, SearchResult
from search.ranking.model import RankingModel
from search.ranking.suggesting import READ, best_texts, read_typed

logger = logging.getLogger(__name__)

_NAME = "elasticsearch"
_VECTORS_KEPT = 512
_AT_ONCE = 1_000
_KNOWN_FOR_S = 30.0
_WAIT_S = 0.05


@dataclass(frozen=True, slots=True)
class _Known:
    """What was seen of the serving index, and until when that is good enough."""

    generation: Generation
    average_length: float | None
    until: float


class ElasticsearchEngine:
    """`encoder` None, or one with another name than the index was made with, means keywords only.

    Nothing is asked of the cluster before the first call, so the service starts without it too.
    """

    def __init__(
        self,
        options: ElasticsearchOptions,
        encoder: Encoder | None = None,
        model: RankingModel | None = None,
    ) -> None:
        self._options = options
        self._encoder = encoder
        self._model = model or RankingModel()
        self._connection = Connection(options)
        self._generations = Generations(self._connection, options)
        self._known: _Known | None = None
        self._encoded = lru_cache(_VECTORS_KEPT)(self._encode_query)

    def apply(self, changes: Iterable[Change]) -> int:
        """Made searchable together by one refresh at the end. Where it raises halfway, what is searched may hold
        some of them; applied again, they are whole."""
        wanted = list(changes)
        last = time.monotonic() + 2 * self._options.lease_s
        while True:
            try:
                return self._write(wanted)
            except WritingBlockedError:
                if time.monotonic() > last:
                    raise
                self._await_opening()

    def _write(self, changes: Sequence[Change]) -> int:
        generation = self._serving_or_first()
        prepared = prepare(changes, generation, self._encoder)
        written = Writer(self._connection, generation).apply(prepared)
        self._generations.refresh(generation)
        self._known = None
        return written

    def _await_opening(self) -> None:
        """A rebuild ends within moments of blocking; one that died there would block for good."""
        try:
            with self._generations.lease():
                self._generations.open_for_writing(self._generations.current())
        except RebuildRunningError:
            time.sleep(_WAIT_S)

    def search(self, query: Query) -> SearchResult:
        started = time.perf_counter()
        known = self._serving()
        asking = Asking(query, self._ask(query.text), self._options.search_s, known.average_length)
        wanted = query.mode != "keyword" and bool(asking.said.text)
        vector = self._query_vector(asking.said.text) if wanted and self._usable(known.generation) else None
        gathering = Gathering(asking, vector, self._model, self._usable_in(known), self._query_vector)
        result = gathering.result(degraded=wanted and vector is None)
        if known.average_length is None and self._known is known:
            self._known = replace(known, average_length=gathering.collection.average_length)
        return replace(result, took_ms=(time.perf_counter() - started) * 1000)

    def suggest(self, prefix: str, access: frozenset[str], now: int, limit: int = 8) -> list[str]:
        typed = read_typed(prefix)
        if not typed:
            return []
        body = queries.holding(typed, queries.filters(visible_to(access), now), READ)
        with self._connection.asking() as client:
            found = client.search(
                index=self._options.index,
                preference=queries.same_copy(typed),
                **queries.bounded(body, self._options.search_s),
            )
        documents = (read_document(hit["_source"]) for hit in found["hits"]["hits"])
        return best_texts(typed, documents, limit)

    def stored_seqs(self, codes: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        generation = self._serving_or_first()
        for start in range(0, len(codes), _AT_ONCE):
            with self._connection.working() as client:
                docs = point_ids(codes[start : start + _AT_ONCE])
                answer = client.mget(
                    index=generation.name, docs=docs, source_includes=["code", "seq", "done"]
                )
            sources = (each["_source"] for each in answer["docs"] if each.get("found"))
            found.update((source["code"], source["seq"]) for source in sources if source["done"])
        return found

    def rebuild(
        self,
        changes: Iterable[Change],
        catch_up: Callable[[], Iterable[Change]],
        progress: Progress | None = None,
    ) -> RebuildReport:
        """Raises `RebuildRunningError` where another rebuild is under way."""
        started = time.perf_counter()
        with self._generations.lease() as lease:
            try:
                old: Generation | None = self._generations.current()
            except IndexMissingError:
                old = None
            self._generations.remove_all_but(old)
            fresh = self._generations.create(self._encoder)
            points = self._fill(fresh, changes, lease, progress)
            with self._generations.closed_for_writing(old):
                caught_up = 0
                for chunk in _chunks(catch_up()):
                    lease.renew()
                    caught_up += Writer(self._connection, fresh).apply(prepare(chunk, fresh, self._encoder))
                lease.renew()
                self._generations.serve(fresh)
            self._known = None
        return RebuildReport(
            points=points,
            documents=self.health().documents,
            caught_up=caught_up,
            seconds=time.perf_counter() - started,
            generation=fresh.name,
        )

    def _fill(
        self, fresh: Generation, changes: Iterable[Change], lease: Lease, progress: Progress | None
    ) -> int:
        def prepared() -> Iterator[list[Prepared]]:
            for chunk in _chunks(changes):
                lease.renew()
                yield prepare(chunk, fresh, self._encoder)

        return Writer(self._connection, fresh).fill(prepared(), progress or _silent)

    def health(self) -> Health:
        name = self._encoder.name if self._encoder else ""
        try:
            generation = self._generations.current(hurried=True)
            with self._connection.asking() as client:
                found = client.search(index=generation.name, **queries.totals())["aggregations"]
        except EngineError as error:
            return Health(False, _NAME, 0, 0, 0, name, False, 0.0, "", str(error))
        vectors = self._usable(generation)
        problem = None
        if self._encoder is not None and not vectors:
            problem = f"索引由模型 {generation.encoder or '（无）'} 建立，当前模型为 {name}，请重建索引。"
        documents, stored = int(found["documents"]["value"]), int(found["stored"]["value"])
        return Health(
            ready=True,
            engine=_NAME,
            points=found["points"]["doc_count"],
            documents=documents,
            seq=int(found["seq"]["value"] or 0),
            encoder=generation.encoder,
            vectors=vectors,
            garbage=1 - documents / stored if stored else 0.0,
            generation=generation.name,
            problem=problem,
        )

    def close(self) -> None:
        self._connection.close()

    def drop(self) -> None:
        """Removes the index from the cluster, for who made one to measure something."""
        self._generations.drop()

    def _serving(self) -> _Known:
        known = self._known
        if known is None or known.until < time.monotonic():
            generation = self._generations.current(hurried=True)
            known = self._known = _Known(generation, None, time.monotonic() + _KNOWN_FOR_S)
        return known

    def _serving_or_first(self) -> Generation:
        try:
            return self._generations.current()
        except IndexMissingError:
            return self._generations.begin(self._encoder)

    def _usable(self, generation: Generation) -> bool:
        return self._encoder is not None and self._encoder.name == generation.encoder

    def _usable_in(self, known: _Known) -> Callable[[str], bool]:
        """Another process may have put another index in place, of another model, since it was looked at."""

        def usable(index: str) -> bool:
            if index in {"", known.generation.name}:
                return True
            self._known = None
            return self._usable(self._serving().generation)

        return usable

    def _ask(self, text: str) -> Callable[[list[queries.Body]], list[Answer]]:
        header = {"index": self._options.index, "preference": queries.same_copy(text)}

        def send(bodies: list[queries.Body]) -> list[Answer]:
            searches: list[dict[str, Any]] = [line for body in bodies for line in (header, body)]
            with self._connection.asking() as client:
                answers: list[Answer] = client.msearch(searches=searches)["responses"]
            if index_missing(answers[0]):
                self._known = None
                raise IndexMissingError
            return answers

        return send

    def _encode_query(self, text: str) -> NDArray[np.float32]:
        assert self._encoder is not None
        vector: NDArray[np.float32] = self._encoder.encode([text])[0]
        return vector

    def _query_vector(self, text: str) -> NDArray[np.float32] | None:
        try:
            vector: NDArray[np.float32] = self._encoded(text)
        except Exception:
            # Whatever a model raises, keywords still answer.
            logger.exception("the encoder failed; searching by keywords")
            return None
        return vector


def _chunks(changes: Iterable[Change]) -> Iterator[list[Change]]:
    rest = iter(changes)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _silent(_done: int) -> None:
    return
