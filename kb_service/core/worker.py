"""Background work in one loop: a thread of the service in embedded mode, `kb worker` in production.

Only one process at a time is the leader. Every job is idempotent and can be run by hand with
`kb job run NAME`.
"""

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from kb_service.core.db import Database
from kb_service.core.runtime import Runtime

log = logging.getLogger(__name__)
LEADER_KEY = 0x12345
RETRY_S = 1.0


@dataclass(frozen=True)
class Job:
    """`run` returns how much it did; a job that did something is run again at once.

    `aside`: it waits for other machines, so the worker gives it a thread of its own. `by_hand` is what a
    person runs instead, where `run` waits for its hour.
    """

    name: str
    about: str
    every_s: float
    run: Callable[[Runtime], int]
    aside: bool = False
    by_hand: Callable[[Runtime], int] | None = None


class Worker:
    def __init__(self, parts: Runtime, jobs: Sequence[Job]) -> None:
        self._parts = parts
        self._jobs = jobs
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._aside: dict[str, threading.Thread] = {}

    def start(self) -> None:
        """Runs in a thread of this process, awake after each commit here."""
        self._parts.database.on_commit(self._wake.set)
        self._thread = threading.Thread(target=self.run, name="worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after the job in hand."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def run(self) -> None:
        while not self._stop.is_set():
            with leadership(self._parts.database, self._parts.settings.var_dir) as leading:
                if leading():
                    self._lead(leading)
                else:
                    self._stop.wait(RETRY_S)

    def _lead(self, leading: Callable[[], bool]) -> None:
        due = dict.fromkeys(self._jobs, 0.0)
        try:
            self._go_round(leading, due)
        finally:
            for thread in self._aside.values():
                thread.join()

    def _go_round(self, leading: Callable[[], bool], due: dict[Job, float]) -> None:
        while not self._stop.is_set() and leading():
            self._wake.clear()
            for job in self._jobs:
                # A commit in this process may have left something for any job that is quick to look.
                if time.monotonic() >= due[job] - job.every_s * 0.8:
                    busy = self._begin_aside(job) if job.aside else self._attempt(job)
                    due[job] = time.monotonic() + (0 if busy else job.every_s)
            pause = max(0.0, min(due.values()) - time.monotonic())
            self._wake.wait(pause)

    def _begin_aside(self, job: Job) -> bool:
        """Starts a job in its own thread unless it is still at it; never busy, so the others go on."""
        running = self._aside.get(job.name)
        if running is None or not running.is_alive():
            thread = threading.Thread(target=self._attempt, args=(job,), name=job.name, daemon=True)
            self._aside[job.name] = thread
            thread.start()
        return False

    def _attempt(self, job: Job) -> bool:
        try:
            return job.run(self._parts) > 0
        except Exception:
            log.exception("job %s failed", job.name)
            return False


@contextmanager
def leadership(database: Database, var_dir: Path) -> Iterator[Callable[[], bool]]:
    """Tries for the one leader's place; what it yields tells whether this process holds it still.

    A lock of the operating system or of the database's connection ends with its holder, so a leader
    that was killed is followed at once.
    """
    if database.dialect_name == "postgresql":
        with database.engine.connect() as connection:
            key = {"key": LEADER_KEY}
            taken = bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar_one())
            connection.commit()
            try:
                yield lambda: taken and _alive(connection)
            finally:
                if taken and _alive(connection):
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
                    connection.commit()
        return
    var_dir.mkdir(parents=True, exist_ok=True)
    with (var_dir / "worker.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield lambda: False
            return
        yield lambda: True


def _alive(connection: Connection) -> bool:
    try:
        connection.execute(text("SELECT 1"))
        connection.commit()
    except DBAPIError:
        return False
    return True
