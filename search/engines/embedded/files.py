"""Writing so that a crash at any instant leaves either the old or the new state."""

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from search.engines.errors import RebuildRunningError


def append(path: Path, data: bytes, at: int) -> None:
    """Put `data` at `at`, dropping whatever an interrupted writer left behind it; durable on return."""
    tail = Tail(path, at)
    try:
        tail.write(data)
    except BaseException:
        tail.close(durable=False)
        raise
    tail.close()


class Tail:
    """What is put behind `at`, piece by piece: written at once, durable when it is closed."""

    def __init__(self, path: Path, at: int) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
        os.ftruncate(self._descriptor, at)
        os.lseek(self._descriptor, at, os.SEEK_SET)

    def write(self, data: bytes) -> None:
        _write(self._descriptor, data)

    def close(self, *, durable: bool = True) -> None:
        """Once is enough; without `durable` nothing of it counts."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return
        try:
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def replace(path: Path, data: bytes) -> None:
    """The file holds all of `data` or what it held before."""
    fresh = path.with_suffix(f".{os.getpid()}.new")
    append(fresh, data, 0)
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Reader:
    """Reads pieces of a file that grows; stays readable after the file's folder is removed."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self._descriptor, size, offset)

    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def __del__(self) -> None:
        # Missing where the file could not be opened.
        descriptor = getattr(self, "_descriptor", None)
        if descriptor is not None:
            os.close(descriptor)


class Turns:
    """A lock that its holder may enter again, and that nobody gets twice before one that waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Held while waiting: whoever lets go cannot be back before who waits.
        self._next = threading.Lock()
        self._holder: int | None = None
        self._entered = 0

    def take(self, *, wait: bool) -> bool:
        if self._holder != threading.get_ident() and not self._first(wait=wait):
            return False
        self._entered += 1
        return True

    def _first(self, *, wait: bool) -> bool:
        if not self._next.acquire(blocking=wait):
            return False
        try:
            taken = self._lock.acquire(blocking=wait)
        finally:
            self._next.release()
        if taken:
            self._holder = threading.get_ident()
        return taken

    def let_go(self) -> None:
        self._entered -= 1
        if not self._entered:
            self._holder = None
            self._lock.release()


class Lock:
    """One holder among all threads of all processes; given up by the system when its process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = Turns()
        self._depth = 0
        self._descriptor = -1

    @contextlib.contextmanager
    def held(self, *, wait: bool = True) -> Iterator[None]:
        """Raises `RebuildRunningError` where it is held elsewhere and `wait` is false."""
        if not self._threads.take(wait=wait):
            raise RebuildRunningError
        try:
            self._enter(wait=wait)
            try:
                yield
            finally:
                self._leave()
        finally:
            self._threads.let_go()

    def keep(self) -> None:
        """By whoever holds it: other processes go on waiting until `let_go`, threads of this one take turns."""
        self._depth += 1

    def let_go(self) -> None:
        self._leave()

    def _enter(self, *, wait: bool) -> None:
        if self._depth == 0:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise RebuildRunningError from None
            self._descriptor = descriptor
        self._depth += 1

    def _leave(self) -> None:
        self._depth -= 1
        if self._depth == 0:
            os.close(self._descriptor)
