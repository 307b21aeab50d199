"""Background work of imports: readings that broke off go on, and what imports leave behind is forgotten."""

import logging
from datetime import timedelta

from sqlalchemy import select, update

from ingestion.model import Batch, Run
from ingestion.readers.table import Limits
from ingestion.rules import BatchStatus
from ingestion.service import keeping, runs
from ingestion.service.staging import BROKEN_OFF, carry_on
from ingestion.service.store import FileStore
from kb_service.core import audit
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import KbError
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.identity.model import Account
from kb_service.identity.service import actors
from kb_service.knowledge.incoming import signatures

log = logging.getLogger(__name__)
KEEP_ROWS = timedelta(days=30)
LONGEST_READING = timedelta(days=1)
OVERDUE = "超过 30 天没有导入，已自动取消。"


def take_up(parts: Runtime) -> int:
    """Reads on, to its end, the oldest batch at which nobody is; in the name of the account that sent it."""
    now = parts.clock.now()
    with parts.database.read() as session:
        batch_id = next(iter(runs.waiting(session, now)), None)
        if batch_id is None:
            return 0
        account = session.execute(
            select(Account).join(Batch, Batch.account_id == Account.id).where(Batch.id == batch_id)
        ).scalar_one()
        ctx = Context(actors.of_account(session, account, "worker"), now)
    store = FileStore.of(parts.settings)
    try:
        carry_on(
            parts.database,
            ctx,
            batch_id,
            limits=Limits.of(parts.settings),
            store=store,
            clock=parts.clock,
        )
    except KbError as error:
        # What is wrong with the file stands in the batch; whoever was quicker goes on with it.
        log.info("import %s: %s", batch_id, error.detail)
    return 1


def purge(parts: Runtime) -> int:
    """Ends batches that nobody will go on with, and has the rows of those that ended long ago dropped."""
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
                session.execute(update(Run).where(Run.batch_id == batch_id).values(claim=None))
                audit.record(session, ctx, f"import.{to.value}", f"import:{batch_id}", reason=reason)
            ended += len(ids)
    return ended


def sweep(parts: Runtime) -> int:
    return keeping.sweep(parts.database, parts.clock.now() - KEEP_ROWS)


def sign(parts: Runtime) -> int:
    """Some at a time, until all have one."""
    done = 0
    while made := signatures.renew(parts.database):
        done += made
    return done


JOBS = (
    Job("ingestion.read", "接着读取中断的导入文件", 1.0, take_up, aside=True),
    Job("ingestion.sign", "为新的知识内容计算近似比对的特征", 5.0, sign, aside=True),
    Job("ingestion.sweep", "分批清理已结束的导入批次的逐行记录", 5.0, sweep, aside=True),
    Job("ingestion.purge", "结束中断和逾期未确认的导入批次", 3600.0, purge),
)
