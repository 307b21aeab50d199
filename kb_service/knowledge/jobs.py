"""Background work of knowledge."""

from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge import indexing


def drain(parts: Runtime) -> int:
    return indexing.drain(parts.database, parts.engine, parts.clock)


# Five looks a second keep "published to searchable" well under one second in every process.
JOBS = (Job("index.drain", "把已发布的变更同步到检索索引", 0.2, drain),)
