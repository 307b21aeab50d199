"""Reminding units of tasks before their time is up, and telling their leaders afterwards."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select

from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import WriteSession
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.tasks.rules import REMIND_BEFORE
from kb_service.knowledge.tasks.service import REMINDER, editors_of
from kb_service.notices.roster import escalate
from kb_service.notices.service import notify
from kb_service.supervision import service as supervision

AT_ONCE = 500
# What profiles call the supervision of a unit that does not keep up its knowledge.
TRIGGER = "knowledge"


def remind(parts: Runtime) -> int:
    """Each task is reminded of once, and its being overdue is told once."""
    ctx = Context(SYSTEM, parts.clock.now())
    with parts.database.write() as session:
        return _remind(session, ctx) + _tell_overdue(session, ctx)


def _remind(session: WriteSession, ctx: Context) -> int:
    near = (Task.due_at <= ctx.now + REMIND_BEFORE, Task.due_at > ctx.now)
    found = _waiting(session, *near, Task.reminded_at.is_(None))
    for task in found:
        task.reminded_at = ctx.now
        _tell_editors(session, ctx, task, f"即将到期：{task.title}")
    return len(found)


def _tell_overdue(session: WriteSession, ctx: Context) -> int:
    """Where a regulation set the time, the unit is urged and supervised as the city's rules say."""
    found = _waiting(session, Task.due_at <= ctx.now, Task.overdue_at.is_(None))
    for task in found:
        task.overdue_at = ctx.now
        title, subject = f"已逾期：{task.title}", f"task:{task.id}"
        _tell_editors(session, ctx, task, title)
        escalate(session, ctx, task.unit_id, REMINDER, title, task.link, subject)
        if task.clause is not None:
            _supervise(session, ctx, task, subject)
    return len(found)


def _supervise(session: WriteSession, ctx: Context, task: Task, subject: str) -> None:
    unit_id, about, link = task.unit_id, task.title, task.link
    reason = f"“{about}”已过期限"
    supervision.urge(session, ctx, subject=subject, unit_id=unit_id, title=about, link=link, reason=reason)
    supervision.open_or_propose(
        session,
        ctx,
        subject=subject,
        unit_id=unit_id,
        trigger=TRIGGER,
        reason=reason,
        title=about,
        link=link,
    )


def _waiting(session: WriteSession, *conditions: ColumnElement[bool]) -> Sequence[Task]:
    rows = select(Task).where(Task.closed_at.is_(None), *conditions).limit(AT_ONCE)
    return session.execute(rows.with_for_update(skip_locked=True)).scalars().all()


def _tell_editors(session: WriteSession, ctx: Context, task: Task, title: str) -> None:
    notify(session, ctx, editors_of(session, task.unit_id), REMINDER, title, task.link, f"task:{task.id}")


JOBS = (Job("knowledge.tasks", "提醒即将到期和已逾期的知识任务", 60.0, remind),)
