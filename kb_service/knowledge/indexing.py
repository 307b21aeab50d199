"""Keeping the index equal to the database: changes by the outbox, or everything anew.

A drain takes its number before it reads, and reads only what is committed, so whatever changes
afterwards has a row of its own in the outbox and a later number. Killed at any point, its rows still
wait and are drained again; applying them twice does nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import text

from kb_service.core import outbox
from kb_service.core.clock import Clock
from kb_service.core.db import Database, ReadSession
from kb_service.core.ids import current_number, next_number
from kb_service.core.outbox import Lane
from kb_service.knowledge.service import words
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.service.projection import documents_of, published_codes
from kb_service.knowledge.service.release import TOPIC
from search.ports import Change, Progress, RebuildReport, SearchEngine

COUNTER = "search.drain"
AT_ONCE = 1_000
IN_TURN = 128
BATCH = 4_000


def drain(
    database: Database,
    engine: SearchEngine,
    clock: Clock,
    lanes: Collection[Lane] = tuple(Lane),
    limit: int = BATCH,
) -> int:
    """Brings up to `limit` waiting changes of these lanes into the index; returns how many.

    Batches and what is urgent may be drained side by side: the engine takes them in turns. Where there is no
    index, everything goes into a new one first.
    """
    with database.read() as session:
        rows = outbox.waiting_keys(session, TOPIC, limit, lanes)
        if rows:
            words.keep_current(session)
    if not rows:
        return 0
    if not engine.health().ready:
        # Lost, or never made: these changes alone would look like the whole base.
        rebuild(database, engine, clock)
    engine.apply(_changes(database, clock, list(dict.fromkeys(row.key for row in rows))))
    with database.write() as session:
        outbox.mark_drained(session, [row.id for row in rows], clock.now())
    return len(rows)


def _changes(database: Database, clock: Clock, keys: Sequence[str]) -> Iterator[Change]:
    for part in chunks(keys, IN_TURN):
        yield from _read_changes(database, clock, list(part))


def rebuild(
    database: Database, engine: SearchEngine, clock: Clock, progress: Progress | None = None
) -> RebuildReport:
    """Builds the index anew while the old one serves, then what changed meanwhile."""
    started = clock.now()
    with database.read() as session:
        words.keep_current(session)
    return engine.rebuild(
        _everything(database, clock), lambda: _changed_since(database, clock, started), progress
    )


def _read_changes(database: Database, clock: Clock, codes: list[str]) -> list[Change]:
    given = _next_number(database)
    with database.read() as session:
        seq = _number_of(session) if given is None else given
        return documents_of(session, codes, seq, clock.now())


def _next_number(database: Database) -> int | None:
    """None on SQLite, where taking one would wait for the writer: what is read there carries a number itself."""
    if database.dialect_name == "sqlite":
        return None
    with database.write() as session:
        return next_number(session, COUNTER)


def _number_of(session: ReadSession) -> int:
    """The number of what a read session sees on SQLite: writes commit there one after the other, in the order of
    the outbox, whose numbers never come back. Numbers taken from the counter by earlier versions lie below."""
    rows = text("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = :table), 0)")
    written = int(session.execute(rows, {"table": outbox.OutboxRow.__tablename__}).scalar_one())
    return written + current_number(session, COUNTER)


def _everything(database: Database, clock: Clock) -> Iterator[Change]:
    given = _next_number(database)
    with database.read() as session:
        seq = _number_of(session) if given is None else given
    last = 0
    while True:
        with database.read() as session:
            found = published_codes(session, clock.now(), last, AT_ONCE)
            if not found:
                return
            changes = documents_of(session, [code for _, code in found], seq, clock.now())
        yield from changes
        last = found[-1][0]


def _changed_since(database: Database, clock: Clock, started: datetime) -> Iterable[Change]:
    with database.read() as session:
        codes = outbox.keys_touched_since(session, TOPIC, started)
    yield from _changes(database, clock, codes)
