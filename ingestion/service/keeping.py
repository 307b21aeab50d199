"""Keeps checked rows: for people to look at, and made ready to be written."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, insert, or_, select

from ingestion.model import Batch, NearRow, Run, StagedRow
from ingestion.rules import WRITTEN, BatchStatus
from ingestion.service.checking import Checked
from kb_service.core.db import Database, WriteSession, affected
from kb_service.knowledge.incoming import preparing
from kb_service.knowledge.incoming.preparing import Ready
from kb_service.knowledge.service.lookups import Directory

AT_ONCE = 500
_ENDED = (BatchStatus.APPLIED, BatchStatus.UNDONE, BatchStatus.FAILED, BatchStatus.CANCELLED)
_FORGOTTEN = (BatchStatus.FAILED, BatchStatus.CANCELLED)


def keep(
    session: WriteSession,
    directory: Directory,
    batch_id: str,
    checked: Sequence[Checked],
    *,
    replace: bool = False,
) -> None:
    """Rows in the order of the file; `replace`: in the place of all that is kept between their numbers."""
    if not checked:
        return
    if replace:
        first, last = checked[0].row.raw.number, checked[-1].row.raw.number
        for table in (StagedRow, NearRow):
            session.execute(delete(table).where(table.batch_id == batch_id, table.row.between(first, last)))
        preparing.forget(session, batch_id, first, last)
    session.execute(insert(StagedRow), [each.values(batch_id) for each in checked])
    near = [each.near.values(batch_id, each.row.raw.number) for each in checked if each.near is not None]
    if near:
        session.execute(insert(NearRow), near)
    preparing.prepare(
        session, directory, batch_id, [_ready(each) for each in checked if each.status in WRITTEN]
    )


def _ready(checked: Checked) -> Ready:
    row = checked.row
    assert row.draft is not None
    return Ready(row.raw.number, checked.base, row.unit, row.draft, row.code)


def sweep(database: Database, before: datetime) -> int:
    """Drops, a little at a time, what ended batches left: rows made ready, staged rows of those given up, and
    staged rows of all that were begun before an instant."""
    old = and_(Batch.created_at < before, Batch.status.in_(_ENDED), Run.forgotten.is_(False))
    left = and_(Batch.status.in_(_ENDED), Run.swept.is_(False))
    with database.write() as session:
        wanted = (
            select(Batch)
            .join(Run, Run.batch_id == Batch.id)
            .where(or_(left, old))
            .order_by(Batch.id)
            .limit(1)
        )
        batch = session.execute(wanted).scalar_one_or_none()
        return _sweep(session, batch, before) if batch is not None else 0


def _sweep(session: WriteSession, batch: Batch, before: datetime) -> int:
    rows = preparing.kept_rows(session, batch.id, AT_ONCE)
    if rows:
        preparing.forget(session, batch.id, rows[0], rows[-1])
        return len(rows)
    forget = batch.status in _FORGOTTEN or batch.created_at < before
    if forget and (gone := drop_some(session, batch.id)):
        return gone
    run = session.get_one(Run, batch.id)
    run.swept, run.forgotten = True, forget
    return 1


def drop_some(session: WriteSession, batch_id: str) -> int:
    """Forgets the first staged rows of a batch; returns how many."""
    first = select(StagedRow.row).where(StagedRow.batch_id == batch_id).order_by(StagedRow.row).limit(AT_ONCE)
    numbers = session.execute(first).scalars().all()
    if not numbers:
        return 0
    session.execute(delete(NearRow).where(NearRow.batch_id == batch_id, NearRow.row <= numbers[-1]))
    return affected(
        session, delete(StagedRow).where(StagedRow.batch_id == batch_id, StagedRow.row <= numbers[-1])
    )
