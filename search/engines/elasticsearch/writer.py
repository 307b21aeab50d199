"""Writing changes so that any process may write at any time, and one that dies halfway is simply repeated.

Each point has a document that says which change is stored of it and how many places its passages ever took.
A change is first announced there (by a script, so that of two the newer wins), then the places are written under
its number as external version, those it leaves empty as vacant ones, and last it is marked as done. A place
that holds something newer stays as it is. Nothing is ever deleted, so nothing old can come back.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import numpy as np

from search.embedding.passages import embed_passages
from search.embedding.ports import Encoder
from search.engines.elasticsearch.connection import Connection, ServerUnavailableError, WritingBlockedError
from search.engines.elasticsearch.documents import make_source
from search.engines.elasticsearch.generations import Generation
from search.engines.elasticsearch.mapping import POINT, VACANT
from search.engines.errors import EngineError
from search.ports import Change

CHUNK: Final = 256
_BULK_BYTES = 6_000_000
_UNDER_WAY = 2
_TRIES = 8
_CONFLICT = 409
_MISSING = 404
_BLOCKED = 403
_BUSY = frozenset({429, 503})

_ANNOUNCE: Final = """
if (ctx._source.seq > params.seq || (ctx._source.seq == params.seq && ctx._source.done)) { ctx.op = 'none' }
else {
  ctx._source.seq = params.seq; ctx._source.count = params.count; ctx._source.done = false;
  ctx._source.stored += params.count; ctx._source.slots = (long) Math.max(ctx._source.slots, params.count);
}
"""
_DONE: Final = """
if (ctx._source.seq == params.seq) { ctx._source.done = true } else { ctx.op = 'none' }
"""

Source = dict[str, Any]
Line = bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """A change as it is sent."""

    code: str
    seq: int
    passages: tuple[Line, ...]


def prepare(changes: Sequence[Change], generation: Generation, encoder: Encoder | None) -> list[Prepared]:
    """Everything that can fail on our side happens here, before anything is sent."""
    documents = [document for change in changes for document in change.documents]
    vectors = None
    if encoder is not None and encoder.name == generation.encoder and documents:
        vectors = embed_passages(documents, encoder).astype(np.float32)
    made = iter(
        _line(make_source(document, None if vectors is None else vectors[row]))
        for row, document in enumerate(documents)
    )
    return [
        Prepared(change.code, change.seq, tuple(islice(made, len(change.documents)))) for change in changes
    ]


class Writer:
    """Writes into one generation. Raises `WritingBlockedError` where it is about to be replaced."""

    def __init__(self, connection: Connection, generation: Generation) -> None:
        self._connection = connection
        self._index = generation.writing

    def apply(self, changes: Sequence[Prepared]) -> int:
        """Gives the number that were news; they are found after the next refresh."""
        written = 0
        for part in _chunks(changes, CHUNK):
            news = self._announce(part)
            self._send(_places(news))
            self._send(_marks(change for change, _ in news))
            written += len(news)
        return written

    def fill(self, chunks: Iterable[Sequence[Prepared]], progress: Callable[[int], None]) -> int:
        """Into an index that nobody else writes to: points are made at once, and two requests are under way."""
        written, waiting = 0, list[Future[int]]()
        with ThreadPoolExecutor(_UNDER_WAY) as pool:
            for chunk in chunks:
                if len(waiting) == _UNDER_WAY:
                    written += waiting.pop(0).result()
                    progress(written)
                waiting.append(pool.submit(self._create, list(chunk)))
            for each in waiting:
                written += each.result()
                progress(written)
        return written

    def _create(self, chunk: list[Prepared]) -> int:
        answers = self._send((_creation(change) for change in chunk), conflicts=True)
        known = [change for change, answer in zip(chunk, answers, strict=True) if "error" in answer]
        taken = {id(change) for change in known}
        self._send(_places((change, 0) for change in chunk if id(change) not in taken))
        return len(chunk) - len(known) + self.apply(known)

    def _announce(self, changes: Sequence[Prepared]) -> list[tuple[Prepared, int]]:
        """Those that are news, each with the number of places its point has."""
        lines = (
            _update(change.code, _ANNOUNCE, {"seq": change.seq, "count": len(change.passages)}, new=True)
            for change in changes
        )
        answers = self._send(lines)
        return [
            (change, answer["get"]["_source"]["slots"])
            for change, answer in zip(changes, answers, strict=True)
            if answer["result"] != "noop"
        ]

    def _send(self, actions: Iterable[Sequence[Line]], *, conflicts: bool = True) -> list[dict[str, Any]]:
        """The answers in order. A conflict is one where it may be: someone newer is there, which is success."""
        answers: list[dict[str, Any]] = []
        for lines in _bulks(actions):
            with self._connection.working() as client:
                # The client passes lines that are JSON already on as they are, which its types do not say.
                ready: Any = lines
                found = client.bulk(index=self._index, operations=ready, require_alias=True)
            answers.extend(next(iter(item.values())) for item in found["items"])
        for answer in answers:
            if "error" in answer and not (conflicts and answer["status"] == _CONFLICT):
                raise _refusal(answer)
        return answers


def _refusal(answer: dict[str, Any]) -> EngineError:
    kind = answer["error"].get("type", "")
    if answer["status"] in {_BLOCKED, _MISSING} and kind in {
        "cluster_block_exception",
        "index_not_found_exception",
    }:
        return WritingBlockedError()
    if answer["status"] in _BUSY:
        return ServerUnavailableError("Elasticsearch 写入繁忙，请稍后再试或检查其负载。")
    return EngineError(
        f"Elasticsearch 拒绝写入（{answer['status']} {kind}：{answer['error'].get('reason', '')}）。"
    )


def _creation(change: Prepared) -> tuple[Line, ...]:
    count = len(change.passages)
    point = {
        **_new_point(change.code),
        "seq": change.seq,
        "count": count,
        "stored": count,
        "slots": count,
        "done": True,
    }
    return _line({"create": {"_id": _point_id(change.code), "routing": change.code}}), _line(point)


def _update(code: str, script: str, params: Source, *, new: bool = False) -> tuple[Line, ...]:
    action = {"_id": _point_id(code), "routing": code, "retry_on_conflict": _TRIES}
    body: Source = {
        "script": {"source": script, "lang": "painless", "params": params},
        "_source": ["slots"],
    }
    if new:
        body |= {"scripted_upsert": True, "upsert": _new_point(code)}
    return _line({"update": action}), _line(body)


def _new_point(code: str) -> Source:
    return {"kind": POINT, "code": code, "seq": -1, "count": 0, "stored": 0, "slots": 0, "done": False}


def _places(changes: Iterable[tuple[Prepared, int]]) -> Iterator[tuple[Line, ...]]:
    for change, slots in changes:
        vacant = _line({"kind": VACANT, "code": change.code})
        for place in range(max(slots, len(change.passages))):
            action = {
                "_id": f"{change.code}/{place}",
                "routing": change.code,
                "version": change.seq,
                "version_type": "external_gte",
            }
            body = change.passages[place] if place < len(change.passages) else vacant
            yield _line({"index": action}), body


def _marks(changes: Iterable[Prepared]) -> Iterator[tuple[Line, ...]]:
    for change in changes:
        yield _update(change.code, _DONE, {"seq": change.seq})


def point_ids(codes: Iterable[str]) -> list[Source]:
    return [{"_id": _point_id(code), "routing": code} for code in codes]


def _point_id(code: str) -> str:
    return f"point:{code}"


def _line(value: Source) -> Line:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _bulks(actions: Iterable[Sequence[Line]]) -> Iterator[list[Line]]:
    """Requests of a size that the server takes easily."""
    lines: list[Line] = []
    size = 0
    for action in actions:
        lines.extend(action)
        size += sum(map(len, action))
        if size >= _BULK_BYTES:
            yield lines
            lines, size = [], 0
    if lines:
        yield lines


def _chunks(changes: Sequence[Prepared], size: int) -> Iterator[Sequence[Prepared]]:
    for start in range(0, len(changes), size):
        yield changes[start : start + size]
