"""Background work of corrections."""

from sqlalchemy import select

from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import WriteSession
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.corrections.service import closing, overdue
from kb_service.knowledge.model import Version


def watch(parts: Runtime) -> int:
    ctx = Context(SYSTEM, parts.clock.now())
    with parts.database.write() as session:
        return closing.settle(session, ctx, _changed(session, ctx)) + overdue.watch(session, ctx)


def _changed(session: WriteSession, ctx: Context) -> set[int]:
    """Points whose version under a correction came to its end by the time alone: an embargo ran out."""
    rows = (
        select(Correction.point_id)
        .join(
            Version,
            (Version.point_id == Correction.point_id) & (Version.number == Correction.stands_on),
        )
        .where(Correction.status.in_(closing.BEING_REPAIRED), Version.live_to <= ctx.now)
    )
    return set(session.execute(rows).scalars())


JOBS = (Job("knowledge.corrections", "提醒和标记到期的纠错，逾期的转督办", 60.0, watch),)
