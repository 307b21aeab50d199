"""Reminding units of tasks before their time is up, and telling their leaders afterwards."""

from sqlalchemy import select

from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.tasks.rules import REMIND_BEFORE
from kb_service.knowledge.tasks.service import REMINDER, editors_of
from kb_service.notices.service import notify

AT_ONCE = 500


def remind(parts: Runtime) -> int:
    """Each task is reminded of once, and its being overdue is told once."""
    now = parts.clock.now()
    ctx = Context(SYSTEM, now)
    with parts.database.write() as session:
        near = (Task.closed_at.is_(None), Task.due_at <= now + REMIND_BEFORE, Task.due_at > now)
        waiting = select(Task).where(*near, Task.reminded_at.is_(None)).limit(AT_ONCE)
        soon = list(session.execute(waiting.with_for_update(skip_locked=True)).scalars())
        for task in soon:
            task.reminded_at = now
            people = editors_of(session, task.unit_id)
            notify(session, ctx, people, REMINDER, f"即将到期：{task.title}", task.link, f"task:{task.id}")
        late = (Task.closed_at.is_(None), Task.due_at <= now, Task.overdue_at.is_(None))
        over = select(Task).where(*late).limit(AT_ONCE)
        overdue = list(session.execute(over.with_for_update(skip_locked=True)).scalars())
        for task in overdue:
            task.overdue_at = now
            title = f"已逾期：{task.title}"
            notify(
                session, ctx, editors_of(session, task.unit_id), REMINDER, title, task.link, f"task:{task.id}"
            )
    return len(soon) + len(overdue)


JOBS = (Job("knowledge.tasks", "提醒即将到期和已逾期的知识任务", 60.0, remind),)
