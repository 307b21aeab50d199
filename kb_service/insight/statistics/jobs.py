"""Background work of statistics."""

from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.insight.statistics.service import keeping


def follow(parts: Runtime) -> int:
    with parts.database.write() as session:
        return keeping.drain(session, _ctx(parts))


def fill(parts: Runtime) -> int:
    with parts.database.write() as session:
        return keeping.fill(session, _ctx(parts))


def remake(parts: Runtime) -> int:
    """All tickets anew, a transaction a batch; returns how many batches there were."""
    last: int | None = 0
    batches = 0
    while last is not None:
        with parts.database.write() as session:
            last = keeping.remake(session, _ctx(parts), last)
        batches += last is not None
    return batches


def _ctx(parts: Runtime) -> Context:
    return Context(SYSTEM, parts.clock.now(), request_id="insight.facts")


JOBS = (
    Job("insight.facts", "工单变化后更新统计所依据的事实", 30.0, follow),
    Job(
        "insight.facts.remake",
        "补齐没有统计事实的工单；手工运行时按全部工单的经过重新计算",
        3_600.0,
        fill,
        by_hand=remake,
    ),
)
