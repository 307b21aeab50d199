"""Forgetting what imports leave behind: their rows, once nobody needs them."""

from datetime import timedelta

from sqlalchemy import delete, select, update

from ingestion.model import Batch, StagedRow
from ingestion.rules import BatchStatus
from kb_service.core import audit
from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job

KEEP_ROWS = timedelta(days=30)
LONGEST_READING = timedelta(days=1)
BROKEN_OFF = "读取中断，请重新导入这个文件。"
OVERDUE = "超过 30 天没有导入，已自动取消。"


def purge(parts: Runtime) -> int:
    """Ends batches that nobody will go on with, and drops the rows of those that ended long ago."""
    now = parts.clock.now()
    ctx = Context(SYSTEM, now)
    ended = 0
    with parts.database.write() as session:
        for status, to, before, reason in (
            (BatchStatus.STAGED, BatchStatus.FAILED, now - LONGEST_READING, BROKEN_OFF),
            (BatchStatus.CHECKED, BatchStatus.CANCELLED, now - KEEP_ROWS, OVERDUE),
        ):
            stale = select(Batch.id).where(Batch.status == status, Batch.created_at < before)
            ids = session.execute(stale).scalars().all()
            for batch_id in ids:
                session.execute(update(Batch).where(Batch.id == batch_id).values(status=to, problem=reason))
                session.execute(delete(StagedRow).where(StagedRow.batch_id == batch_id))
                audit.record(session, ctx, f"import.{to.value}", f"import:{batch_id}", reason=reason)
            ended += len(ids)
        old = select(Batch.id).where(Batch.created_at < now - KEEP_ROWS, Batch.status != BatchStatus.STAGED)
        session.execute(delete(StagedRow).where(StagedRow.batch_id.in_(old)))
    return ended


JOBS = (Job("ingestion.purge", "结束中断的导入，清理 30 天前导入批次的逐行记录", 3600.0, purge),)
