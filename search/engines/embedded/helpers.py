"""Processes that prepare documents while this one reads and writes: started for large batches only."""

import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain

from search.analysis.words import cutter
from search.embedding.builtin import StaticEncoder, load_builtin
from search.embedding.ports import Encoder
from search.engines.embedded.helper import Order, receive, send
from search.engines.embedded.preparing import Prepared, prepare
from search.ports import Change, Document

logger = logging.getLogger(__name__)

MOST = 2
# Their dictionaries and vectors take a second to load and memory to keep.
ALONE = 512
# Asking costs more than the work.
FEW = 8
_IDLE_S = 20.0
# Read ahead while what came before is written; held in memory.
_AHEAD = 4

Chunk = Sequence[Change]


class _Pool:
    """A thread for each process, which only waits for its answers."""

    def __init__(self, most: int) -> None:
        self.threads = ThreadPoolExecutor(most, thread_name_prefix="prepare")
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        self._started: list[subprocess.Popen[bytes]] = []

    def ask(self, order: Order) -> object:
        process = self._taken()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            send(process.stdin, order)
            answer: object = receive(process.stdout)
        except BaseException:
            _end(process)
            raise
        self._idle.put(process)
        return answer

    def _taken(self) -> subprocess.Popen[bytes]:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            process = _start()
            self._started.append(process)
            return process

    def end(self) -> None:
        self.threads.shutdown()
        for process in self._started:
            _end(process)


class Helpers:
    """Shared by any threads. Where a process fails, its work is done here, and from then on all of it."""

    def __init__(self, most: int | None = None) -> None:
        self._most = _useful() if most is None else most
        self._lock = threading.Lock()
        self._pool: _Pool | None = None
        self._users = 0
        self._timer: threading.Timer | None = None
        self._closed = False
        self._alone = 0
        self._last = 0.0

    def prepared(self, chunks: Iterator[Chunk], encoder: Encoder | None) -> Iterator[tuple[Chunk, Prepared]]:
        """Each chunk with what was made of its documents, in their order."""
        for chunk in chunks:
            if len(chunk) > FEW and self._worth_it(len(chunk)) and self._helping(encoder):
                yield from self._prepared_there(chain([chunk], chunks), encoder)
                return
            yield chunk, prepare(_documents(chunk), encoder)

    def _worth_it(self, changes: int) -> bool:
        """After so many changes, also those of batches just before: what is urgent cuts a large one into small."""
        now = time.monotonic()
        if now - self._last > _IDLE_S:
            self._alone = 0
        self._last = now
        self._alone += changes
        return self._alone > ALONE

    def _prepared_there(
        self, chunks: Iterator[Chunk], encoder: Encoder | None
    ) -> Iterator[tuple[Chunk, Prepared]]:
        pool = self._enter()
        waiting: deque[tuple[Chunk, Future[Prepared]]] = deque()
        try:
            for chunk in chunks:
                asked = pool.threads.submit(self._ask, pool, _documents(chunk), encoder)
                waiting.append((chunk, asked))
                if len(waiting) >= _AHEAD * MOST:
                    done, future = waiting.popleft()
                    yield done, future.result()
            while waiting:
                done, future = waiting.popleft()
                yield done, future.result()
        finally:
            for _, future in waiting:
                future.cancel()
            self._leave()

    def close(self) -> None:
        """Ends the processes, or lets whoever still uses them do so."""
        with self._lock:
            self._closed = True
            if self._users:
                return
            pool = self._taken_away()
        if pool is not None:
            pool.end()

    def _helping(self, encoder: Encoder | None) -> bool:
        """What has a static encoder of its own is encoded where its text is cut: here."""
        return self._most > 0 and (not isinstance(encoder, StaticEncoder) or _is_builtin(encoder))

    def _enter(self) -> _Pool:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._users += 1
            if self._pool is None:
                self._pool = _Pool(self._most)
            return self._pool

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users:
                return
            pool = self._taken_away() if self._closed else None
            if pool is None:
                self._timer = threading.Timer(_IDLE_S, self._end_idle)
                self._timer.daemon = True
                self._timer.start()
        if pool is not None:
            pool.end()

    def _end_idle(self) -> None:
        with self._lock:
            pool = self._taken_away() if not self._users else None
        if pool is not None:
            pool.end()

    def _taken_away(self) -> _Pool | None:
        if self._timer is not None:
            self._timer.cancel()
        pool, self._pool = self._pool, None
        return pool

    def _ask(self, pool: _Pool, documents: Sequence[Document], encoder: Encoder | None) -> Prepared:
        if self._most:
            try:
                answer = pool.ask(Order(documents, cutter().words, _is_builtin(encoder)))
            except (OSError, EOFError):
                self._most = 0
                logger.exception("a helper process failed; documents are prepared in this one from now on")
            else:
                if isinstance(answer, Prepared):
                    return answer
                logger.error("a helper process could not prepare documents: %s", answer)
        return prepare(documents, encoder)


def _is_builtin(encoder: Encoder | None) -> bool:
    return isinstance(encoder, StaticEncoder) and encoder is load_builtin()


def _documents(chunk: Chunk) -> list[Document]:
    return [document for change in chunk for document in change.documents]


def _useful() -> int:
    """None on one processor, where they would only take turns with this process."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST, processors) if processors > 1 and sys.executable else 0


def _start() -> subprocess.Popen[bytes]:
    # Threads of the linear algebra would only wait for one another.
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-c", "from search.engines.embedded import helper; helper.main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
