"""Background work: changes of the calendar reach corrections and dated tasks."""

from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.calendar import service


def follow(parts: Runtime) -> int:
    with parts.database.write() as session:
        return service.follow(session, Context(SYSTEM, parts.clock.now()))


JOBS = (Job("knowledge.calendar", "工作日历调整后，重新推算纠错和知识任务的期限并告知", 5.0, follow),)
