"""Keeps checked rows: for people to look at, and made ready to be written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select

from ingestion.model import Batch, NearRow, Run, StagedRow
from ingestion.origins import facts_of
from ingestion.rules import WRITTEN, BatchStatus
from ingestion.service.checking import Checked
from kb_service.core.db import Database, WriteSession, affected
from kb_service.knowledge.incoming import preparing
from kb_service.knowledge.incoming.preparing import Prepared, Ready
from kb_service.knowledge.service.lookups import Directory

AT_ONCE = 500
_ENDED = (BatchStatus.APPLIED, BatchStatus.UNDONE, BatchStatus.FAILED, BatchStatus.CANCELLED)
_FORGOTTEN = (BatchStatus.FAILED, BatchStatus.CANCELLED)


@dataclass(frozen=True)
class Kept:
    """Checked rows, in the order of the file, as they will lie in the tables."""

    batch_id: str
    first: int
    last: int
    staged: list[dict[str, Any]]
    near: list[dict[str, Any]]
    ready: Prepared

    @classmethod
    def of(cls, directory: Directory, batch_id: str, checked: Sequence[Checked]) -> "Kept":
        """Made before the transaction in which it is written: other writers need not wait for it."""
        return cls(
            batch_id,
            checked[0].row.raw.number,
            checked[-1].row.raw.number,
            [each.values(batch_id) for each in checked],
            [each.near.values(batch_id, each.row.raw.number) for each in checked if each.near is not None],
            preparing.prepare(
                directory,
                batch_id,
                [_ready(each) for each in checked if each.status in WRITTEN],
                [(each.row.raw.number, each.row.files) for each in checked if each.row.files],
            ),
        )


def keep(session: WriteSession, kept: Kept, *, replace: bool = False) -> None:
    """`replace`: in the place of all that is kept between their numbers."""
    if replace:
        for table in (StagedRow, NearRow):
            within = (table.batch_id == kept.batch_id, table.row.between(kept.first, kept.last))
            session.execute(delete(table).where(*within))
        preparing.forget(session, kept.batch_id, kept.first, kept.last)
    session.execute(insert(StagedRow), kept.staged)
    if kept.near:
        session.execute(insert(NearRow), kept.near)
    preparing.keep(session, kept.ready)


def _ready(checked: Checked) -> Ready:
    row = checked.row
    assert row.draft is not None
    origin = facts_of(row.origin) if row.origin else None
    return Ready(row.raw.number, checked.base, row.unit, row.draft, row.code, origin)


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
    preparing.forget_files(session, batch.id)
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
