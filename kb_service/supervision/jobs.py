"""Background work of supervision."""

from sqlalchemy import select

from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import WriteSession
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.regulations import service as regulations
from kb_service.supervision.model import Supervision
from kb_service.supervision.service import supervising

BATCH = 100


def watch(parts: Runtime) -> int:
    with parts.database.write() as session:
        return mark_overdue(session, Context(SYSTEM, parts.clock.now()))


def mark_overdue(session: WriteSession, ctx: Context, limit: int = BATCH) -> int:
    """Notes which supervisions ran out unanswered, and hands them on where the city's rules say to whom."""
    rows = (
        select(Supervision)
        .where(
            Supervision.closed_at.is_(None),
            Supervision.overdue_at.is_(None),
            Supervision.replied_at.is_(None),
            Supervision.due_at <= ctx.now,
        )
        .order_by(Supervision.due_at, Supervision.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = session.execute(rows).scalars().all()
    for supervision in found:
        supervision.overdue_at = supervision.due_at
        supervising.note(session, ctx, supervision, "overdue", "期限已到，单位没有回复")
        profile = regulations.pinned_profile(session, supervision.profile_id, supervision.profile_revision)
        if profile.supervision.escalation is None:
            supervising.tell(session, ctx, supervision, f"督办逾期：{supervision.title}")
        else:
            supervising.escalate(session, ctx, supervision.code, "")
    return len(found)


JOBS = (Job("supervision.watch", "标记逾期的督办，按规则提交上级督查", 60.0, watch),)
