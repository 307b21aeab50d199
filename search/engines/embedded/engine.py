"""The embedded engine: one folder, any number of processes, one writer at a time."""

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray

from search.embedding.ports import Encoder
from search.engines.embedded import files
from search.engines.embedded.generation import Generation
from search.engines.embedded.helpers import Helpers
from search.engines.embedded.kept import KeptWriter
from search.engines.embedded.searching import Searching
from search.engines.embedded.suggesting import suggest
from search.engines.embedded.writer import Group, groups, write_batch
from search.engines.errors import EngineError, IndexDamagedError
from search.ports import Change, Health, Progress, Query, RebuildReport, SearchResult
from search.ranking.model import RankingModel

logger = logging.getLogger(__name__)

_CURRENT = "CURRENT"
_PREFIX = "g-"
_VECTORS_KEPT = 512
_BULK_WRITER_MEMORY = 320_000_000


class EmbeddedEngine:
    """`encoder` None, or one with another name than the index was made with, means keywords only."""

    def __init__(
        self, folder: Path, encoder: Encoder | None = None, model: RankingModel | None = None
    ) -> None:
        self._folder = folder
        self._encoder = encoder
        self._model = model or RankingModel()
        self._helpers = Helpers()
        folder.mkdir(parents=True, exist_ok=True)
        self._writing = files.Lock(folder / "WRITE.lock")
        self._kept = KeptWriter(self._writing)
        self._rebuilding = files.Lock(folder / "REBUILD.lock")
        self._refreshing = threading.RLock()
        self._generation: Generation | None = None
        self._pointer = folder / _CURRENT
        self._stamp: tuple[int, int] | None = None
        self._encoded = lru_cache(_VECTORS_KEPT)(self._encode_query)
        with contextlib.suppress(IndexDamagedError):
            self._open()

    def apply(self, changes: Iterable[Change]) -> int:
        """Some hundred changes at a time become searchable together, or none of them where it raises.

        The writer is held only while what is prepared is written, so that other calls come between.
        """
        written = 0
        for group in self._groups(self._fresh(), changes):
            with self._writing.held():
                generation = self._fresh()
                written += self._kept.write(generation, partial(self._write, generation, [group]))
        return written

    def search(self, query: Query) -> SearchResult:
        started = time.perf_counter()
        generation = self._fresh()
        vectors = self._usable(generation)
        searching = Searching(generation.snapshot, self._model, self._query_vector if vectors else _no_vector)
        result = searching.search(query)
        return replace(result, took_ms=(time.perf_counter() - started) * 1000)

    def suggest(self, prefix: str, access: frozenset[str], now: int, limit: int = 8) -> list[str]:
        return suggest(self._fresh().snapshot, prefix, access, now, limit)

    def stored_seqs(self, codes: Sequence[str]) -> dict[str, int]:
        points = self._fresh().log.points
        return {code: points[code].seq for code in codes if code in points}

    def rebuild(
        self,
        changes: Iterable[Change],
        catch_up: Callable[[], Iterable[Change]],
        progress: Progress | None = None,
    ) -> RebuildReport:
        """Raises `RebuildRunningError` where another rebuild is under way."""
        started = time.perf_counter()
        with self._rebuilding.held(wait=False):
            self._remove_all_but(self._current())
            fresh = Generation.create(self._folder / self._next_name(), self._encoder)
            writer = fresh.index.writer(_BULK_WRITER_MEMORY, 1)
            try:
                points = self._write(fresh, self._groups(fresh, changes), writer, progress)
            finally:
                writer.wait_merging_threads()
            with self._writing.held():
                missed = self._groups(fresh, catch_up())
                caught_up = self._kept.write(fresh, partial(self._write, fresh, missed))
                files.replace(self._folder / _CURRENT, fresh.folder.name.encode())
                with self._refreshing:
                    self._generation = fresh
            self._remove_all_but(fresh.folder.name)
        return RebuildReport(
            points=points,
            documents=fresh.snapshot.documents,
            caught_up=caught_up,
            seconds=time.perf_counter() - started,
            generation=fresh.folder.name,
        )

    def health(self) -> Health:
        name = self._encoder.name if self._encoder else ""
        try:
            generation = self._fresh()
        except EngineError as error:
            return Health(False, "embedded", 0, 0, 0, name, False, 0.0, self._current() or "", str(error))
        snapshot = generation.snapshot
        vectors = self._usable(generation)
        problem = None
        if self._encoder is not None and not vectors:
            problem = (
                f"索引由模型 {generation.manifest.encoder or '（无）'} 建立，当前模型为 {name}，请重建索引。"
            )
        return Health(
            ready=True,
            engine="embedded",
            points=snapshot.points,
            documents=snapshot.documents,
            seq=snapshot.newest_seq,
            encoder=generation.manifest.encoder,
            vectors=vectors,
            garbage=generation.garbage,
            generation=generation.folder.name,
            problem=problem,
        )

    def close(self) -> None:
        with self._refreshing:
            self._generation = None
        self._kept.give_up()
        self._helpers.close()

    def _write(
        self,
        generation: Generation,
        wanted: Iterable[Group],
        writer: tantivy.IndexWriter,
        progress: Progress | None = None,
    ) -> int:
        return write_batch(generation, writer, self._fitting(generation, wanted), progress=progress)

    def _groups(self, generation: Generation, changes: Iterable[Change]) -> Iterator[Group]:
        return groups(changes, self._encoder_for(generation), self._helpers)

    def _fitting(self, generation: Generation, wanted: Iterable[Group]) -> Iterator[Group]:
        """Prepared again where a rebuild has put an index of another model in place meanwhile."""
        for group in wanted:
            fits = group.encoder is self._encoder_for(generation)
            yield from [group] if fits else self._groups(generation, group.changes)

    def _encoder_for(self, generation: Generation) -> Encoder | None:
        return self._encoder if self._usable(generation) else None

    def _usable(self, generation: Generation) -> bool:
        return self._encoder is not None and self._encoder.name == generation.manifest.encoder

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

    def _fresh(self) -> Generation:
        """The generation in use as of its last commit, whichever process made it."""
        generation = self._generation
        if generation is not None and self._stamp == self._current_stamp() and not generation.changed():
            return generation
        with self._refreshing:
            return self._open()

    def _open(self) -> Generation:
        with self._refreshing:
            while True:
                self._stamp = self._current_stamp()
                name = self._current() or self._begin()
                try:
                    if self._generation is None or self._generation.folder.name != name:
                        self._generation = Generation(self._folder / name)
                    elif self._generation.changed():
                        self._generation.refresh()
                except (OSError, IndexDamagedError):
                    # A rebuild in another process may have put a new generation in place meanwhile.
                    if name == self._current():
                        raise
                else:
                    return self._generation

    def _current_stamp(self) -> tuple[int, int] | None:
        """Tells one state of the pointer from another, at less cost than reading it."""
        try:
            status = self._pointer.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns

    def _current(self) -> str | None:
        try:
            return (self._folder / _CURRENT).read_text()
        except FileNotFoundError:
            return None

    def _begin(self) -> str:
        """The first generation of an empty folder, made by whichever process gets here first."""
        with self._writing.held():
            name = self._current()
            if name is None:
                name = self._next_name()
                Generation.create(self._folder / name, self._encoder)
                files.replace(self._folder / _CURRENT, name.encode())
        return name

    def _next_name(self) -> str:
        numbers = [int(path.name[len(_PREFIX) :]) for path in self._generations()]
        return f"{_PREFIX}{max(numbers, default=0) + 1:06d}"

    def _generations(self) -> Iterator[Path]:
        return self._folder.glob(f"{_PREFIX}*")

    def _remove_all_but(self, name: str | None) -> None:
        for path in list(self._generations()):
            if path.name != name:
                shutil.rmtree(path, ignore_errors=True)


def _no_vector(_text: str) -> NDArray[np.float32] | None:
    return None
