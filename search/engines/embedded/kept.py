"""Tantivy's writer between batches: kept a while after a large one, so that its merges hold nothing up."""

import threading
from collections.abc import Callable

import tantivy

from search.engines.embedded import files
from search.engines.embedded.generation import Generation

WRITER_MEMORY = 32_000_000
LARGE = 512
_IDLE_S = 2.0


class KeptWriter:
    """Giving up the writer waits for the merges that the last commits set off, which takes seconds in a large index.

    After a small batch it is given up at once. After a large one it is kept, and with it the lock that keeps other
    processes from writing, until no batch has come for a while: whatever is urgent is written meanwhile.
    """

    def __init__(self, lock: files.Lock) -> None:
        self._lock = lock
        self._writer: tantivy.IndexWriter | None = None
        self._generation: Generation | None = None
        self._timer: threading.Timer | None = None

    def write(self, generation: Generation, batch: Callable[[tantivy.IndexWriter], int]) -> int:
        """The caller holds the lock. Whatever a batch that raises has left in the writer is dropped."""
        self._stop_timer()
        if self._generation is not generation:
            self.give_up()
        writer = self._writer
        if writer is None:
            writer = generation.index.writer(WRITER_MEMORY, 1)
        try:
            written = batch(writer)
        except BaseException:
            if self._writer is None:
                writer.wait_merging_threads()
            self.give_up()
            raise
        if self._writer is None and written < LARGE:
            writer.wait_merging_threads()
            return written
        if self._writer is None:
            self._lock.keep()
            self._writer, self._generation = writer, generation
        self._start_timer()
        return written

    def give_up(self) -> None:
        with self._lock.held():
            self._stop_timer()
            writer, self._writer, self._generation = self._writer, None, None
            if writer is not None:
                try:
                    writer.wait_merging_threads()
                finally:
                    self._lock.let_go()

    def _start_timer(self) -> None:
        self._timer = threading.Timer(_IDLE_S, lambda: self._end_of(timer))
        timer = self._timer
        timer.daemon = True
        timer.start()

    def _end_of(self, timer: threading.Timer) -> None:
        with self._lock.held():
            # Another batch may have come while this waited for the lock.
            if self._timer is timer:
                self.give_up()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
