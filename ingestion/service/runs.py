"""Who reads a batch, and how far they have come.

A claim is a mark in the database, renewed with every chunk in the chunk's own transaction: whoever lost it keeps
nothing more. So a reader that was killed is followed by another without a row lost or kept twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from ingestion.model import Batch, Run
from ingestion.rules import BatchStatus
from kb_service.core.db import ReadSession, WriteSession, affected
from kb_service.core.errors import Conflict
from kb_service.core.ids import new_id

# A chunk takes a second or two; a reader that was silent for so long is gone.
SILENT = timedelta(seconds=30)
MOST_ATTEMPTS = 5


class Stopped(Conflict):
    """Somebody else reads the batch by now, or gave it up."""

    default_code = "import_stopped"


@dataclass(frozen=True)
class Claim:
    """`run` as it was when the batch was claimed."""

    mark: str
    run: Run


def open_run(session: WriteSession, batch_id: str, *, file: str, profile: str) -> None:
    session.add(
        Run(
            batch_id=batch_id, file=file, profile=profile, again=False, last_row=0, bytes_read=0, attempts=0,
            directory="",
        )
    )  # fmt: skip


def run_of(session: ReadSession, batch_id: str) -> Run | None:
    found = select(Run).where(Run.batch_id == batch_id).execution_options(populate_existing=True)
    return session.execute(found).scalar_one_or_none()


def claim(session: WriteSession, batch_id: str, now: datetime, *, force: bool = False) -> Claim:
    """Takes a batch up for reading. Raises Stopped where a reader is at it that was not silent for long."""
    free = or_(Run.claim.is_(None), Run.claimed_at < now - SILENT)
    mark = new_id()
    statement = update(Run).where(Run.batch_id == batch_id)
    taken = affected(
        session,
        (statement if force else statement.where(free)).values(
            claim=mark, claimed_at=now, attempts=Run.attempts + 1
        ),
    )
    if not taken:
        raise Stopped("这个文件正在读取，请稍候刷新查看进度。", code="being_read")
    run = run_of(session, batch_id)
    assert run is not None
    return Claim(mark, run)


def advance(
    session: WriteSession, batch_id: str, mark: str, now: datetime, *, last_row: int, bytes_read: int
) -> None:
    """Notes a chunk as kept; raises Stopped where the mark is gone or the batch was given up."""
    mine = (Run.batch_id == batch_id, Run.claim == mark)
    values = {"last_row": last_row, "bytes_read": bytes_read, "claimed_at": now, "attempts": 0}
    going = select(Batch.id).where(Batch.id == batch_id, Batch.status == BatchStatus.STAGED)
    if affected(session, update(Run).where(*mine, Run.batch_id.in_(going)).values(**values)) == 0:
        raise Stopped("这一批已被取消，或已由另一个进程接着读取。")


def release(session: WriteSession, batch_id: str, mark: str) -> None:
    """Leaves the batch to whoever takes it up next."""
    mine = (Run.batch_id == batch_id, Run.claim == mark)
    session.execute(update(Run).where(*mine).values(claim=None, claimed_at=None))


def waiting(session: ReadSession, now: datetime) -> Sequence[str]:
    """Batches that were begun and at which nobody is, the oldest first."""
    free = or_(Run.claim.is_(None), Run.claimed_at < now - SILENT)
    rows = (
        select(Run.batch_id)
        .join(Batch, Batch.id == Run.batch_id)
        .where(Batch.status == BatchStatus.STAGED, or_(Run.file != "", Run.again.is_(True)), free)
        .order_by(Batch.created_at, Batch.id)
    )
    return session.execute(rows).scalars().all()


def finish(session: WriteSession, batch_id: str, mark: str, directory: str) -> Run:
    """The reading has come to its end, good or bad; raises Stopped where it is not this reader's any more."""
    mine = (Run.batch_id == batch_id, Run.claim == mark)
    values = {"claim": None, "claimed_at": None, "directory": directory}
    if affected(session, update(Run).where(*mine).values(**values)) == 0:
        raise Stopped("这一批已由另一个进程接着读取。")
    run = run_of(session, batch_id)
    assert run is not None
    return run


def begin_again(session: WriteSession, batch_id: str) -> None:
    """The staged rows are to be checked anew from the first."""
    values = {"again": True, "last_row": 0, "claim": None, "claimed_at": None, "attempts": 0}
    session.execute(update(Run).where(Run.batch_id == batch_id).values(**values))


def file_wanted(session: ReadSession, name: str) -> bool:
    """Whether a batch that is still to be read needs the file."""
    rows = (
        select(Run.batch_id)
        .join(Batch, Batch.id == Run.batch_id)
        .where(Run.file == name, Batch.status == BatchStatus.STAGED, Run.again.is_(False))
    )
    return session.execute(rows.limit(1)).first() is not None
