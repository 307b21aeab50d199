"""Background work: changes of the calendar reach the open tickets."""

from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.tickets.calendar import service


def follow(parts: Runtime) -> int:
    with parts.database.write() as session:
        return service.follow(session, Context(SYSTEM, parts.clock.now()))


JOBS = (Job("tickets.calendar", "工作日历调整后，重新推算在办工单的期限并告知", 5.0, follow),)
