"""Which index serves: names, the alias that points at one of them, and the lease of whoever makes the next.

An index `PREFIX-000001` is searched by the alias `PREFIX` and written by an alias of its own, so that no late
write brings an index back that is gone.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from elasticsearch import NotFoundError

from search.embedding.ports import Encoder
from search.engines.elasticsearch.connection import Connection
from search.engines.elasticsearch.mapping import FORMAT, make_index
from search.engines.elasticsearch.options import ElasticsearchOptions
from search.engines.errors import EngineError, IndexDamagedError, RebuildRunningError

_LEASE = "rebuild"
_WAIT_S = 0.05
_HOLD = """
if (ctx._source.by != params.by && ctx._source.until > ctx._now) { ctx.op = 'none' }
else { ctx._source.by = params.by; ctx._source.until = ctx._now + params.ms }
"""
_GIVE_BACK = """
if (ctx._source.by == params.by) { ctx._source.until = 0L } else { ctx.op = 'none' }
"""


@dataclass(frozen=True, slots=True)
class Generation:
    name: str
    encoder: str
    dimensions: int

    @property
    def writing(self) -> str:
        return f"{self.name}-write"


class IndexMissingError(EngineError):
    def __init__(self) -> None:
        super().__init__("Elasticsearch 中没有检索索引，请运行 kb index rebuild 建立。")


class Generations:
    def __init__(self, connection: Connection, options: ElasticsearchOptions) -> None:
        self._connection = connection
        self._options = options
        self._alias = options.index

    def current(self, *, hurried: bool = False) -> Generation:
        """Raises `IndexMissingError` where there is none, `IndexDamagedError` where it is not one of ours."""
        asking = self._connection.asking if hurried else self._connection.working
        with asking() as client:
            try:
                found = client.indices.get_mapping(index=self._alias)
            except NotFoundError:
                raise IndexMissingError from None
        name, held = next(iter(found.items()))
        meta = held["mappings"].get("_meta", {})
        if len(found) != 1 or meta.get("format") != FORMAT:
            raise IndexDamagedError(f"格式 {meta.get('format')} 与程序不符")
        return Generation(name, meta["encoder"], meta["dimensions"])

    def begin(self, encoder: Encoder | None) -> Generation:
        """The first index, made by whichever process gets here first."""
        with self.lease(patience_s=self._options.lease_s):
            try:
                return self.current()
            except IndexMissingError:
                fresh = self.create(encoder)
                self.serve(fresh)
                return fresh

    def create(self, encoder: Encoder | None) -> Generation:
        """A new empty index that nobody is pointed at; the holder of the lease alone makes one."""
        numbers = [int(name.rsplit("-", 1)[1]) for name in self._names()]
        name = f"{self._alias}-{max(numbers, default=0) + 1:06d}"
        body = make_index(self._options, encoder)
        # Copies are made once it is full: each would be a second writing of everything.
        body["settings"]["number_of_replicas"] = 0
        with self._connection.working() as client:
            client.indices.create(index=name, aliases={f"{name}-write": {}}, **body)
        return Generation(name, encoder.name if encoder else "", encoder.dimensions if encoder else 0)

    def refresh(self, generation: Generation) -> None:
        with self._connection.working() as client:
            client.indices.refresh(index=generation.name)

    def serve(self, generation: Generation) -> None:
        """From now on the alias means this one, in one step for all who search."""
        with self._connection.working() as client:
            client.indices.refresh(index=generation.name)
            client.indices.put_settings(
                index=generation.name, settings={"number_of_replicas": self._options.replicas}
            )
            gone = [name for name in self._names() if name != generation.name]
            remove: list[dict[str, Any]] = [{"remove_index": {"index": name}} for name in gone]
            add = {"add": {"index": generation.name, "alias": self._alias}}
            client.indices.update_aliases(actions=[*remove, add])

    def remove_all_but(self, kept: Generation | None) -> None:
        with self._connection.working() as client:
            for name in self._names():
                if kept is None or name != kept.name:
                    client.indices.delete(index=name, ignore_unavailable=True)

    @contextmanager
    def closed_for_writing(self, generation: Generation | None) -> Iterator[None]:
        """Writes under way are finished first; later ones are turned away until it is replaced or opened again."""
        if generation is None:
            yield
            return
        with self._connection.working() as client:
            client.indices.add_block(index=generation.name, block="write")
        try:
            yield
        except BaseException:
            self.open_for_writing(generation)
            raise

    def open_for_writing(self, generation: Generation) -> None:
        with self._connection.working() as client:
            client.indices.put_settings(index=generation.name, settings={"index.blocks.write": False})

    @contextmanager
    def lease(self, *, patience_s: float = 0.0) -> Iterator["Lease"]:
        """Raises `RebuildRunningError` where another still holds it after so long."""
        lease = self._take_lease(time.monotonic() + patience_s)
        try:
            yield lease
        finally:
            lease.give_back()

    def _take_lease(self, last: float) -> "Lease":
        while True:
            try:
                return Lease.take(self._connection, self._control, self._options.lease_s)
            except RebuildRunningError:
                if time.monotonic() >= last:
                    raise
                time.sleep(_WAIT_S)

    def drop(self) -> None:
        """Everything under the prefix."""
        self.remove_all_but(None)
        with self._connection.working() as client:
            client.indices.delete(index=self._control, ignore_unavailable=True)

    @property
    def _control(self) -> str:
        return f"{self._alias}-control"

    def _names(self) -> list[str]:
        with self._connection.working() as client:
            found = client.indices.get(index=f"{self._alias}-*", features="aliases")
        numbered = f"{self._alias}-"
        return sorted(name for name in found if name.startswith(numbered) and name[len(numbered) :].isdigit())


class Lease:
    """One holder among all processes; who gives no sign of life for `seconds` of the server's time has lost it."""

    def __init__(self, connection: Connection, index: str, seconds: float) -> None:
        self._connection = connection
        self._index = index
        self._seconds = seconds
        self._holder = str(uuid.uuid4())
        self._renew_at = 0.0

    @classmethod
    def take(cls, connection: Connection, index: str, seconds: float) -> "Lease":
        with connection.working() as client:
            if not client.indices.exists(index=index):
                client.options(ignore_status=400).indices.create(
                    index=index, settings={"number_of_shards": 1, "auto_expand_replicas": "0-1"}
                )
        lease = cls(connection, index, seconds)
        lease.renew()
        return lease

    def renew(self) -> None:
        """Cheap to call often. Raises `RebuildRunningError` where another holds it."""
        if time.monotonic() < self._renew_at:
            return
        if self._run(_HOLD) == "noop":
            raise RebuildRunningError
        self._renew_at = time.monotonic() + self._seconds / 3

    def give_back(self) -> None:
        """Nothing to do where it was lost, and nothing that can be done where the server is."""
        with suppress(EngineError):
            self._run(_GIVE_BACK)

    def _run(self, script: str) -> str:
        params = {"by": self._holder, "ms": int(self._seconds * 1_000)}
        with self._connection.working() as client:
            done = client.update(
                index=self._index,
                id=_LEASE,
                retry_on_conflict=8,
                scripted_upsert=True,
                upsert={"by": "", "until": 0},
                script={"source": script, "lang": "painless", "params": params},
            )
        return str(done["result"])
