"""From a checked batch to versions, all or none; and back."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from ingestion import rules
from ingestion.drafting import column_of
from ingestion.model import Batch, StagedRow
from ingestion.rules import WRITTEN, BatchStatus, Identity
from ingestion.service import runs
from ingestion.service.access import move, require_importer, require_status, visible_batch
from ingestion.service.checking import Base, draft_of
from ingestion.views import Counts
from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import Database, ReadSession, WriteSession
from kb_service.core.errors import Conflict, Pointer
from kb_service.identity.model import Unit
from kb_service.knowledge.incoming import preparing, writing
from kb_service.knowledge.service.checks import BulkRow, RowProblem, check_rows
from kb_service.knowledge.service.lookups import Directory
from kb_service.knowledge.service.undo import undo_batch

CHUNK = 2_000
SHOWN_ROWS = 50
# No other write takes longer from its instant to its commit.
OVERLAP = timedelta(minutes=10)


@dataclass(frozen=True)
class Applied:
    batch_id: str
    written: int
    new: int
    changed: int
    unchanged: int
    left_out: int


@dataclass(frozen=True)
class Undone:
    batch_id: str
    discarded: int
    withdrawn: int
    restored: list[str]


def apply(database: Database, ctx: Context, batch_id: str, *, allow_partial: bool = False) -> Applied:
    """Writes every new and changed row of a checked batch in one transaction.

    Rows with errors and doubles are left out when `allow_partial`, else they stop the whole. Raises Conflict
    `base_changed` where the base is no longer what the rows were checked against. What takes long is done before
    the transaction: the rows were made ready when they were staged, and their codes are reserved here.
    """
    require_importer(ctx)
    with database.read() as session:
        batch = visible_batch(session, ctx, batch_id)
        require_status(batch, BatchStatus.CHECKED)
        counts = Counts(**batch.counts)
        _refuse_left_out(counts, allow_partial)
    directory = _look_again(database, ctx, batch)
    preparing.reserve_codes(database, batch_id)
    with database.write() as session:
        # The rows are many and each is large; the default cache would write them to disk twice.
        writing.make_room(session)
        preparing.hold(session, batch_id)
        move(session, batch, BatchStatus.CHECKED, BatchStatus.APPLIED, applied_at=ctx.now)
        _refuse_moved(session, ctx, batch_id, directory)
        writing.write(session, ctx, directory, batch_id, submit=batch.submit)
        done = Applied(
            batch_id=batch_id,
            written=counts.new + counts.changed,
            new=counts.new,
            changed=counts.changed,
            unchanged=counts.unchanged,
            left_out=counts.duplicate + counts.error,
        )
        after = {"written": done.written, "left_out": done.left_out, "submit": batch.submit}
        audit.record(session, ctx, "import.applied", f"import:{batch_id}", after=after)
    return done


def _refuse_left_out(counts: Counts, allow_partial: bool) -> None:
    left_out = counts.duplicate + counts.error
    if left_out and not allow_partial:
        raise Conflict(
            f"有 {counts.error} 行有错误、{counts.duplicate} 行重复，没有导入任何内容。"
            "请改正后重新导入，或选择“只导入没有问题的行”。",
            code="rows_have_errors",
            extra={"left_out": left_out},
        )
    if counts.new + counts.changed == 0:
        raise Conflict("没有需要写入的行：其余各行与知识库中的内容相同。", code="nothing_to_apply")


def _look_again(database: Database, ctx: Context, batch: Batch) -> Directory:
    """What the rows are to be written against; each is checked again where that is not what it was checked against."""
    with database.read() as session:
        directory = Directory.load(session)
        run = runs.run_of(session, batch.id)
        units = writing.units_of(session, batch.id)
        base = Base(directory)
        base.load(session, {directory.units[unit].code for unit in units if unit in directory.units})
    strangers = [unit for unit in units if unit not in directory.units or not ctx.actor.in_scope(unit)]
    if run is None or strangers or run.directory != preparing.fingerprint(directory):
        _check_again(database, ctx, batch)
    _refuse_doubles(database, base, batch.id)
    return directory


def _check_again(database: Database, ctx: Context, batch: Batch) -> None:
    for rows in _rows(database, batch.id):
        with database.read() as session:
            wrong = check_rows(session, ctx, [row.sent for row in rows], complete=batch.submit)
        if wrong:
            raise _refused(rows, wrong)


def _refuse_doubles(database: Database, base: Base, batch_id: str) -> None:
    """A row that makes a new point, where a point of its identity has come since."""
    with database.read() as session:
        moved = [row for row, wanted in _without_code(session, base, batch_id) if base.codes.get(wanted)]
    if moved:
        raise _base_changed([f"第 {row} 行" for row in moved[:SHOWN_ROWS]], len(moved))


def _without_code(session: ReadSession, base: Base, batch_id: str) -> Iterator[tuple[int, Identity]]:
    rows = session.execute(writing.nameless(batch_id))
    for row, unit_id, kind, title, document_number in rows:
        yield row, rules.named(base.unit_code(unit_id), kind, title, document_number or "")


def _refuse_moved(session: WriteSession, ctx: Context, batch_id: str, directory: Directory) -> None:
    """What was shown is what is done: a point that has come or changed since stops the import.

    What was looked at before this transaction is looked at again as far as it was touched meanwhile.
    """
    units = writing.units_of(session, batch_id)
    _hold_units(session, units)
    writing.lock_points(session, batch_id)
    if preparing.fingerprint(Directory.load(session)) != preparing.fingerprint(directory):
        raise _base_changed(["类目或单位"], 1)
    moved = writing.moved(session, batch_id)
    if moved:
        raise _told_moved(moved)
    base = Base(directory)
    base.load(session, {directory.units[unit].code for unit in units}, touched_since=ctx.now - OVERLAP)
    if base.codes:
        doubles = [row for row, wanted in _without_code(session, base, batch_id) if base.codes.get(wanted)]
        if doubles:
            raise _base_changed([f"第 {row} 行" for row in doubles[:SHOWN_ROWS]], len(doubles))


def _hold_units(session: WriteSession, units: Collection[int]) -> None:
    """Two imports for one unit come one after the other, so that neither makes what the other just made."""
    held = select(Unit.id).where(Unit.id.in_(units)).order_by(Unit.id)
    session.execute(held.with_for_update(key_share=True)).all()


@dataclass(frozen=True)
class _Row:
    number: int
    sent: BulkRow


def _rows(database: Database, batch_id: str) -> Iterator[list[_Row]]:
    columns = (StagedRow.row, StagedRow.unit, StagedRow.draft, StagedRow.code)
    last = 0
    while True:
        statement = (
            select(*columns)
            .where(StagedRow.batch_id == batch_id, StagedRow.status.in_(WRITTEN), StagedRow.row > last)
            .order_by(StagedRow.row)
            .limit(CHUNK)
        )
        with database.read() as session:
            found = session.execute(statement).all()
        if not found:
            return
        last = found[-1].row
        yield [_Row(each.row, BulkRow(each.unit, draft_of(each.draft), each.code)) for each in found]


def _told_moved(moved: Sequence[writing.Moved]) -> Conflict:
    opened = [each for each in moved if each.open_number is not None]
    if not opened:
        return _base_changed([f"第 {each.row} 行" for each in moved[:SHOWN_ROWS]], len(moved))
    pointers: list[Pointer] = [
        {
            "pointer": f"/rows/{each.row}/code",
            "detail": f"第 {each.row} 行：知识点 {each.code} 的第 {each.open_number} 版尚在编写或审核，请先处理完",
        }
        for each in opened[:SHOWN_ROWS]
    ]
    return _told(pointers)


def _base_changed(places: Sequence[str], count: int) -> Conflict:
    return Conflict(
        f"检查之后知识库又有变化，涉及 {count} 行（{'、'.join(places[:3])}），没有导入任何内容。"
        "请重新检查后再导入。",
        code="base_changed",
        extra={"rows": list(places)},
    )


def _refused(rows: Sequence[_Row], wrong: Sequence[RowProblem]) -> Conflict:
    """What the base refuses now, by the rows of the file."""
    pointers: list[Pointer] = []
    for each in wrong[:SHOWN_ROWS]:
        row, column = rows[each.row].number, column_of(each.pointer)
        pointers.append({"pointer": f"/rows/{row}/{column}", "detail": f"第 {row} 行：{each.detail}"})
    return _told(pointers)


def _told(pointers: Sequence[Pointer]) -> Conflict:
    told = "；".join(pointer["detail"] for pointer in pointers[:3])
    return Conflict(
        f"检查之后知识库又有变化，没有导入任何内容：{told}。请重新检查后再导入。",
        code="base_changed",
        pointers=pointers,
    )


def undo(session: WriteSession, ctx: Context, batch_id: str, reason: str) -> Undone:
    """Takes an applied batch back as a whole; see `undo_batch` for what becomes of its versions."""
    require_importer(ctx)
    batch = visible_batch(session, ctx, batch_id)
    reason = reason.strip()[:500]
    move(session, batch, BatchStatus.APPLIED, BatchStatus.UNDONE, undone_at=ctx.now, undo_reason=reason)
    report = undo_batch(session, ctx, batch_id, reason)
    after = {"discarded": report.discarded, "withdrawn": report.withdrawn, "restored": len(report.restored)}
    audit.record(session, ctx, "import.undone", f"import:{batch_id}", after=after, reason=reason)
    return Undone(batch_id, report.discarded, report.withdrawn, report.restored)


def cancel(session: WriteSession, ctx: Context, batch_id: str) -> None:
    """Gives up a batch that was not applied, also while it is being read; its rows are forgotten."""
    require_importer(ctx)
    batch = visible_batch(session, ctx, batch_id)
    reading = batch.status == BatchStatus.STAGED
    move(session, batch, BatchStatus.STAGED if reading else BatchStatus.CHECKED, BatchStatus.CANCELLED)
    audit.record(session, ctx, "import.cancelled", f"import:{batch_id}")
