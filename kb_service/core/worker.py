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
# How often what other processes have committed is looked for.
LOOK_S = 0.2
# Commits in quick succession are looked at together.
GATHER_S = 0.02


@dataclass(frozen=True)
class Job:
    """`run` returns how much it did; a job that did something is run again at once.

    `at_once`: whenever something was committed, by whichever process, it looks too. `aside`: it waits for other
    machines, so the worker gives it a thread of its own. `by_hand` is what a person runs instead, where `run`
    waits for its hour.
    """

    name: str
    about: str
    every_s: float
    run: Callable[[Runtime], int]
    at_once: bool = False
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
        database = self._parts.database
        while not self._stop.is_set():
            try:
                with leadership(database, self._parts.settings.var_dir) as leading, database.watch() as moved:
                    if leading():
                        self._lead(leading, moved)
            except DBAPIError as error:
                log.warning("the worker has lost the database: %s", error.orig)
            self._stop.wait(RETRY_S)

    def _lead(self, leading: Callable[[], bool], moved: Callable[[], bool]) -> None:
        try:
            self._go_round(leading, moved)
        finally:
            for thread in self._aside.values():
                thread.join()

    def _go_round(self, leading: Callable[[], bool], moved: Callable[[], bool]) -> None:
        due = dict.fromkeys(self._jobs, 0.0)
        while not self._stop.is_set() and leading():
            for job in self._jobs:
                if time.monotonic() >= due[job]:
                    due[job] = self._take_turn(job) + time.monotonic()
            if self._committed(moved, min(due.values())):
                due |= {job: 0.0 for job in self._jobs if job.at_once}

    def _committed(self, moved: Callable[[], bool], until: float) -> bool:
        """Whether something was committed before it is somebody's turn; waits for either."""
        while not moved():
            left = until - time.monotonic()
            if left <= 0 or self._stop.is_set():
                return False
            self._wake.wait(min(left, LOOK_S))
            self._wake.clear()
        self._stop.wait(GATHER_S)
        return True

    def _take_turn(self, job: Job) -> float:
        """Runs a job, or has it run aside; after how many seconds it is its turn again."""
        if not job.aside:
            return 0.0 if self._attempt(job) else job.every_s
        running = self._aside.get(job.name)
        if running is not None and running.is_alive():
            # It may have looked before what was committed last.
            return min(LOOK_S, job.every_s) if job.at_once else job.every_s
        thread = threading.Thread(target=self._work_off, args=(job,), name=job.name, daemon=True)
        self._aside[job.name] = thread
        thread.start()
        return job.every_s

    def _work_off(self, job: Job) -> None:
        while self._attempt(job) and not self._stop.is_set():
            pass

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
