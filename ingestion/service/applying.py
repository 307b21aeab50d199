"""From a checked batch to versions, all or none; and back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from ingestion import rules
from ingestion.drafting import column_of
from ingestion.model import Batch, StagedRow
from ingestion.rules import WRITTEN, BatchStatus
from ingestion.service.access import move, require_importer, visible_batch
from ingestion.service.checking import Base, Standing, draft_of, standing
from ingestion.service.staging import drop_rows
from ingestion.views import Counts
from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import Database, ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, Pointer
from kb_service.identity.model import Unit
from kb_service.knowledge.service import bulk
from kb_service.knowledge.service.checks import BulkRow
from kb_service.knowledge.service.lookups import Directory
from kb_service.knowledge.service.undo import undo_batch

CHUNK = 2_000
SHOWN_ROWS = 50


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
    `base_changed` where the base is no longer what the rows were checked against.
    """
    require_importer(ctx)
    with database.write() as session:
        batch = visible_batch(session, ctx, batch_id)
        move(session, batch, BatchStatus.CHECKED, BatchStatus.APPLIED, applied_at=ctx.now)
        counts = Counts(**batch.counts)
        _refuse_left_out(counts, allow_partial)
        _write(session, ctx, batch)
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


def _write(session: WriteSession, ctx: Context, batch: Batch) -> None:
    directory = Directory.load(session)
    base = Base(directory)
    _hold_units(session, batch.id)
    for rows in _rows(session, batch.id):
        _refuse_moved(session, base, rows)
        sent = [row.sent for row in rows]
        try:
            bulk.insert_versions(session, ctx, sent, batch_id=batch.id, submit=batch.submit)
        except Invalid as error:
            raise _refused(rows, error) from error


def _hold_units(session: WriteSession, batch_id: str) -> None:
    """Two imports for one unit come one after the other, so that neither makes what the other just made."""
    units = select(StagedRow.unit).where(StagedRow.batch_id == batch_id, StagedRow.status.in_(WRITTEN))
    held = select(Unit.id).where(Unit.code.in_(units)).order_by(Unit.id)
    session.execute(held.with_for_update(key_share=True)).all()


@dataclass(frozen=True)
class _Row:
    """What is needed of a staged row to write it; `base` as it was checked against."""

    number: int
    base: int
    sent: BulkRow


def _rows(session: ReadSession, batch_id: str) -> Iterator[list[_Row]]:
    columns = (StagedRow.row, StagedRow.base, StagedRow.unit, StagedRow.draft, StagedRow.code)
    last = 0
    while True:
        statement = (
            select(*columns)
            .where(StagedRow.batch_id == batch_id, StagedRow.status.in_(WRITTEN), StagedRow.row > last)
            .order_by(StagedRow.row)
            .limit(CHUNK)
        )
        found = session.execute(statement).all()
        if not found:
            return
        last = found[-1].row
        yield [
            _Row(each.row, each.base, BulkRow(each.unit, draft_of(each.draft), each.code)) for each in found
        ]


def _refuse_moved(session: ReadSession, base: Base, rows: Sequence[_Row]) -> None:
    """What was shown is what is done: a point that has come or changed since stops the import."""
    base.load(session, {row.sent.unit for row in rows})
    known = standing(session, [row.sent.code for row in rows if row.sent.code])
    moved = [row.number for row in rows if _has_moved(base, known, row)]
    if moved:
        raise _base_changed([f"第 {number} 行" for number in moved[:SHOWN_ROWS]], len(moved))


def _has_moved(base: Base, known: Mapping[str, Standing], row: _Row) -> bool:
    if row.sent.code is None:
        return bool(base.codes.get(rules.identity(row.sent.unit, row.sent.draft)))
    newest = known.get(row.sent.code)
    return (newest.number if newest else 0) != row.base


def _base_changed(places: Sequence[str], count: int) -> Conflict:
    return Conflict(
        f"检查之后知识库又有变化，涉及 {count} 行（{'、'.join(places[:3])}），没有导入任何内容。"
        "请重新检查后再导入。",
        code="base_changed",
        extra={"rows": list(places)},
    )


def _refused(rows: Sequence[_Row], error: Invalid) -> Conflict:
    """What the base refuses now, by the rows of the file."""
    pointers: list[Pointer] = []
    for each in error.pointers:
        _, _, index, *rest = each["pointer"].split("/")
        row = rows[int(index)].number
        column = column_of("/".join(rest))
        pointers.append({"pointer": f"/rows/{row}/{column}", "detail": f"第 {row} 行：{each['detail']}"})
    told = "；".join(pointer["detail"] for pointer in pointers[:3]) or error.detail
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
    """Gives up a batch that was not applied; its rows are forgotten."""
    require_importer(ctx)
    batch = visible_batch(session, ctx, batch_id)
    move(session, batch, BatchStatus.CHECKED, BatchStatus.CANCELLED)
    drop_rows(session, batch_id)
    audit.record(session, ctx, "import.cancelled", f"import:{batch_id}")
