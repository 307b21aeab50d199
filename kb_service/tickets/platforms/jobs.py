"""Background work of tickets from other platforms."""

from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.tickets.platforms import service


def forget(parts: Runtime) -> int:
    with parts.database.write() as session:
        return service.forget(session, Context(SYSTEM, parts.clock.now()))


JOBS = (Job("tickets.imports", "清除一天内没有确认的平台工单文件", 3_600.0, forget),)
