"""Background work of candidates."""

from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.candidates.service import harvesting, placing


def collect(parts: Runtime) -> int:
    ctx = Context(SYSTEM, parts.clock.now())
    with parts.database.write() as session:
        return harvesting.harvest(session, ctx)


def place(parts: Runtime) -> int:
    ctx = Context(SYSTEM, parts.clock.now())
    with parts.database.write() as session:
        return placing.place_waiting(session, ctx, parts.engine)


JOBS = (
    Job("candidates.collect", "从没有结果的检索中收集待补充的知识", 3_600.0, collect),
    Job("candidates.place", "为待确认知识找承办单位", 60.0, place),
)
