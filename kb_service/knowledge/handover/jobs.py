"""Seeing that every unit with knowledge has somebody named to keep it."""

from sqlalchemy import select

from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.handover.staff import NO_KEEPER, watch_vacancies
from kb_service.knowledge.tasks.model import Task


def watch(parts: Runtime) -> int:
    open_tasks = select(Task.subject).where(Task.kind == NO_KEEPER, Task.closed_at.is_(None))
    with parts.database.write() as session:
        subjects = list(session.execute(open_tasks).scalars())
        return watch_vacancies(session, Context(SYSTEM, parts.clock.now()), subjects)


JOBS = (Job("staff.keepers", "给没有知识专员的单位开任务，确定后办结", 3600.0, watch),)
