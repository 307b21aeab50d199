"""Background work of searches."""

from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.searches import service


def purge(parts: Runtime) -> int:
    with parts.database.write() as session:
        return service.purge(session, parts.clock.now())


JOBS = (Job("searches.purge", "清理到期的检索记录和使用计数", 86_400.0, purge),)
