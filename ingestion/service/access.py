"""Who may see and change a batch: whoever works on its importer's unit."""

from collections.abc import Sequence

from sqlalchemy import select, update

from ingestion.model import Batch, Run
from ingestion.rules import BATCH_NAMES, BatchStatus
from ingestion.views import BatchView, view_of
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession, affected
from kb_service.core.errors import Conflict, NotFound
from kb_service.identity.model import Account, Unit
from kb_service.knowledge.service.lookups import require_account


def require_importer(ctx: Context) -> int:
    """Imports are made by persons, whose names stay with what they brought in."""
    ctx.actor.require("knowledge.import")
    return require_account(ctx)


def visible_batch(session: ReadSession, ctx: Context, batch_id: str) -> Batch:
    """Raises NotFound also for a batch of others, of which nothing is told."""
    ctx.actor.require("knowledge.import")
    found = session.execute(select(Batch).where(Batch.id == batch_id)).scalar_one_or_none()
    if found is None or not ctx.actor.in_scope(found.unit_id):
        raise NotFound(f"没有编号为 {batch_id} 的导入批次。", code="unknown_batch")
    return found


def views_of(session: ReadSession, batches: Sequence[Batch]) -> list[BatchView]:
    accounts = {batch.account_id for batch in batches}
    units = {batch.unit_id for batch in batches}
    people = select(Account.id, Account.name).where(Account.id.in_(accounts))
    names = dict(session.execute(people).tuples().all())
    unit_names = dict(session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(units))).tuples().all())
    found = select(Run).where(Run.batch_id.in_([batch.id for batch in batches]))
    runs = {run.batch_id: run for run in session.execute(found).scalars()}
    return [
        view_of(batch, runs.get(batch.id), names[batch.account_id], unit_names[batch.unit_id])
        for batch in batches
    ]


def move(
    session: WriteSession, batch: Batch, allowed: BatchStatus, to: BatchStatus, **values: object
) -> None:
    """Takes a batch from one status to the next; of two who try at once the second is refused."""
    statement = update(Batch).where(Batch.id == batch.id, Batch.status == allowed)
    if affected(session, statement.values(status=to, **values)) == 0:
        status = session.execute(select(Batch.status).where(Batch.id == batch.id)).scalar_one()
        raise _not(batch, status, allowed)


def require_status(batch: Batch, wanted: BatchStatus) -> None:
    if batch.status != wanted:
        raise _not(batch, batch.status, wanted)


def _not(batch: Batch, status: str, wanted: BatchStatus) -> Conflict:
    now = BATCH_NAMES[BatchStatus(status)]
    return Conflict(
        f"批次“{batch.name}”现为“{now}”，不能再做这一步。请刷新后查看。",
        code=f"not_{wanted.value}",
        extra={"status": status},
    )
