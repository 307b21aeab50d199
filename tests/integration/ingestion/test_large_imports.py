"""Imports that are read in chunks: stopped, taken up again, given up, and never half there."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

import ingestion.service as imports
from ingestion import jobs
from ingestion.model import Batch, Run, StagedRow
from ingestion.service import keeping, runs, staging
from kb_service.core.clock import FixedClock
from kb_service.core.db import Database
from kb_service.core.errors import Conflict
from kb_service.knowledge.incoming.model import Incoming, IncomingCode
from kb_service.knowledge.model import Point, Review, Version
from kb_service.notices.model import Notice
from tests.support.databases import Databases
from tests.support.dying_importer import ROWS, content
from tests.support.imports import answers, apply, approve, batch, found, jsonl, row, undo
from tests.support.knowledge import LONG_AGO, World, build_world
from tests.support.mortal import mortal
from tests.support.service import Service
from tests.support.threads import together

FILE = "a.jsonl"


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "CHUNK", 2)


@pytest.fixture
def store(service: Service) -> imports.FileStore:
    return imports.FileStore(service.parts.settings.import_dir)


def send(service: Service, file: bytes | None = None, **how: Any) -> imports.BatchView:
    world = service.world
    given: dict[str, Any] = {
        "store": imports.FileStore(service.parts.settings.import_dir),
        "clock": world.clock,
    }
    return imports.stage(
        world.database, world.as_("rsj_editor"), io.BytesIO(file or content()), FILE, **(given | how)
    )


class Fault(RuntimeError):
    """A disk that is full, say."""


def break_at(database: Database, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chunk with this number cannot be kept."""
    left = [times]
    keep = keeping.keep

    def failing(*args: Any, **how: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Fault
        keep(*args, **how)

    monkeypatch.setattr(keeping, "keep", failing)


@pytest.mark.usefixtures("small_chunks")
def test_a_reading_that_breaks_off_is_taken_up_where_it_stopped(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = service.world
    break_at(world.database, 3, monkeypatch)
    with pytest.raises(Fault):
        send(service)
    with world.database.read() as session:
        (stopped,) = session.execute(select(Batch)).scalars()
        (run,) = session.execute(select(Run)).scalars()
        kept = session.execute(select(StagedRow.row).order_by(StagedRow.row)).scalars().all()
    assert (stopped.status, run.claim, run.last_row, kept) == ("staged", None, 4, [1, 2, 3, 4])
    told = batch(world, stopped.id).progress
    assert (told.state, told.rows, told.file_kept) == ("waiting", 4, True)
    assert jobs.take_up(service.parts) == 1
    done = batch(world, stopped.id)
    assert (done.status, done.counts.rows, done.counts.new) == ("checked", ROWS, ROWS)
    assert [each.row for each in found(world, stopped.id)] == list(range(1, ROWS + 1))
    assert jobs.take_up(service.parts) == 0
    assert apply(world, stopped.id).written == ROWS
    assert len(answers(world)) == ROWS


@pytest.mark.usefixtures("small_chunks")
def test_rows_after_a_break_are_still_compared_with_those_before_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = jsonl(*(row(title) for title in ("甲", "乙", "丙", "甲")))
    break_at(service.world.database, 2, monkeypatch)
    with pytest.raises(Fault):
        send(service, file)
    done = send(service, file)
    assert (done.counts.new, done.counts.duplicate) == (3, 1)


@pytest.mark.usefixtures("small_chunks")
def test_the_same_file_sent_again_goes_on_with_its_batch(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(service.world.database, 2, monkeypatch)
    with pytest.raises(Fault):
        send(service)
    first = send(service)
    again = send(service)
    other = send(service, name="另一批")
    assert (first.id, first.counts.rows) == (again.id, ROWS)
    assert other.id != first.id


@pytest.mark.usefixtures("small_chunks")
def test_a_reader_that_fell_silent_is_followed_and_keeps_nothing_more(
    service: Service, clock: FixedClock
) -> None:
    world = service.world
    seen: list[str] = []

    def overtaken(rows: int) -> None:
        if rows == 4 and not seen:
            seen.append("overtaken")
            clock.advance(runs.SILENT + timedelta(seconds=1))
            assert jobs.take_up(service.parts) == 1

    with pytest.raises(imports.Stopped):
        send(service, progress=overtaken)
    with world.database.read() as session:
        (only,) = session.execute(select(Batch)).scalars()
        rows = session.execute(select(StagedRow.row).order_by(StagedRow.row)).scalars().all()
    assert (only.status, rows) == ("checked", list(range(1, ROWS + 1)))


def test_nobody_takes_up_what_is_being_read(service: Service, clock: FixedClock) -> None:
    waiting = send(service, later=True)
    with service.world.database.write() as session:
        runs.claim(session, waiting.id, clock.now())
    assert jobs.take_up(service.parts) == 0
    with pytest.raises(imports.Stopped):
        send(service)


@pytest.mark.usefixtures("small_chunks")
def test_a_batch_given_up_while_it_is_read_is_read_no_further(service: Service) -> None:
    world = service.world

    def give_up(rows: int) -> None:
        if rows == 2:
            with world.database.read() as session:
                batch_id = session.execute(select(Batch.id)).scalar_one()
            with world.database.write() as session:
                imports.cancel(session, world.as_("rsj_editor"), batch_id)

    with pytest.raises(imports.Stopped):
        send(service, progress=give_up)
    with world.database.read() as session:
        (given_up,) = session.execute(select(Batch)).scalars()
    assert (given_up.status, found(world, given_up.id)) == ("cancelled", [])
    assert jobs.take_up(service.parts) == 0
    while jobs.sweep(service.parts):
        pass
    with world.database.read() as session:
        for table in (StagedRow, Incoming, IncomingCode):
            assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_a_large_file_is_left_to_the_worker_which_acts_for_its_sender(
    service: Service, store: imports.FileStore
) -> None:
    waiting = send(service, later=True)
    assert (waiting.status, waiting.progress.state) == ("staged", "waiting")
    jobs.take_up(service.parts)
    done = batch(service.world, waiting.id)
    assert (done.status, done.account_name) == ("checked", "rsj_editor")
    assert list(service.parts.settings.import_dir.iterdir()) == []


def test_two_files_at_once_are_both_read_whole(service: Service) -> None:
    files = [(f"{name}", jsonl(*(row(f"{name}{at}") for at in range(5)))) for name in "甲乙"]

    def attempt() -> int:
        name, file = files.pop()
        return send(service, file, name=name).counts.new

    assert together(attempt, 2) == [5, 5]


def test_the_same_file_sent_twice_at_once_is_one_batch(service: Service) -> None:
    def attempt() -> str:
        try:
            return send(service).status
        except Conflict as error:
            return error.code

    assert set(together(attempt, 2)) <= {"checked", "being_read", "not_checked", "import_stopped"}
    with service.world.database.read() as session:
        assert session.execute(select(func.count()).select_from(Batch)).scalar_one() == 1


def counted(database: Database) -> tuple[int, int, int]:
    with database.read() as session:
        points, versions, told = (
            session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Point, Version, Notice)
        )
    return points, versions, told


def test_killed_at_any_instant_an_import_is_whole_or_not_there_and_can_be_finished(
    databases: Databases, tmp_path: Path
) -> None:
    if not databases.has("imports"):
        databases.build("imports", build_world, start="empty")
    lives = 0
    with mortal("tests.support.dying_importer") as live:
        while True:
            lives += 1
            url, folder = databases.copy("imports"), tmp_path / f"{lives}"
            said = live(url, folder, lives)
            world = World(Database(url), FixedClock(LONG_AGO + timedelta(minutes=1)))
            finish(world, folder, said)
            world.database.dispose()
            databases.drop(url)
            if said[-1:] == ["done"]:
                break
    assert lives > 20


def finish(world: World, folder: Path, said: list[str]) -> None:
    before = counted(world.database)
    assert before in {(0, 0, 0), (ROWS, ROWS, 1)}
    if "applied" in said:
        assert before == (ROWS, ROWS, 1)
    if before == (0, 0, 0):
        store = imports.FileStore(folder)
        staged = imports.stage(
            world.database,
            world.as_("rsj_editor"),
            io.BytesIO(content()),
            FILE,
            store=store,
            clock=world.clock,
        )
        assert (staged.status, staged.counts.new) == ("checked", ROWS)
        assert apply(world, staged.id).written == ROWS
    assert counted(world.database) == (ROWS, ROWS, 1)
    assert len(answers(world)) == ROWS


def test_what_is_written_at_once_is_what_would_be_written_one_by_one(service: Service) -> None:
    world = service.world
    policy = {
        "type": "policy", "title": "通知", "category": "C11", "unit": "U-RSJ", "issuer": "市人社局",
        "full_text": "根据《社会保险法》和云人社〔2025〕1号制定。", "keywords": ["一", "二"], "supersedes": "A1",
    }  # fmt: skip
    staged = send(service, jsonl(row("旧", code="A1"), policy))
    apply(world, staged.id)
    undo(world, staged.id)
    again = send(service, jsonl(row("旧", code="A1", 答案="改"), policy), name="二")
    apply(world, again.id)
    approve(world, again.id)
    with world.database.read() as session:
        versions = session.execute(select(Version).where(Version.batch_id == again.id)).scalars().all()
        reviews = session.execute(select(func.count()).select_from(Review)).scalar_one()
    assert {(each.number, each.status, each.lock, each.withdrawn_reason) for each in versions} == {
        (2, "approved", 1, "")
    }
    assert {each.keywords == ["一", "二"] for each in versions if each.title == "通知"} == {True}
    assert reviews == 4
    service.index()


def test_the_writer_of_the_base_is_held_by_few_statements_however_many_rows(service: Service) -> None:
    world = service.world
    counts = []
    for name, size in (("少", 3), ("多", 60)):
        staged = send(service, jsonl(*(row(f"{name}{at}") for at in range(size))), name=name)
        statements = [0]
        listen = _counting(statements)
        event.listen(world.database.engine, "before_cursor_execute", listen)
        apply(world, staged.id)
        event.remove(world.database.engine, "before_cursor_execute", listen)
        counts.append(statements[0])
    assert abs(counts[0] - counts[1]) < 5


def _counting(statements: list[int]) -> Any:
    def count(*_: Any) -> None:
        statements[0] += 1

    return count
