"""Background work of tickets."""

from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.tickets.calendar import jobs as calendar_jobs
from kb_service.tickets.service import erasing, moving, sweeping
from kb_service.tickets.supervised import learning


def sweep(parts: Runtime) -> int:
    with parts.database.write() as session:
        return sweeping.sweep(session, Context(SYSTEM, parts.clock.now()))


def follow_units(parts: Runtime) -> int:
    with parts.database.write() as session:
        return moving.drain(session, Context(SYSTEM, parts.clock.now()), parts)


def follow_supervisions(parts: Runtime) -> int:
    with parts.database.write() as session:
        return learning.drain(session, Context(SYSTEM, parts.clock.now()), parts)


def erase(parts: Runtime) -> int:
    with parts.database.write() as session:
        return erasing.sweep(session, Context(SYSTEM, parts.clock.now()), parts)


JOBS = (
    Job("tickets.erase", "清除超过保存期限的诉求人信息", 3_600.0, erase),
    Job("tickets.sweep", "视为签收、逾期、评价到期等到时即生效的事项", 30.0, sweep),
    Job("tickets.supervisions", "在督办页面上的回复、延期、结束等记入工单", 2.0, follow_supervisions),
    Job("tickets.units", "单位更名、合并、拆分后，在办工单随之转移", 30.0, follow_units),
    *calendar_jobs.JOBS,
)
