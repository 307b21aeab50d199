"""Each night all cases are tried."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from kb_service.core.clock import local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.golden.model import GoldenCase, GoldenRun
from kb_service.knowledge.golden.service import running

_HOUR = timedelta(hours=3)


def nightly(parts: Runtime) -> int:
    """Once a day, from three in the morning on, where there are cases."""
    now = parts.clock.now()
    return 0 if _done(parts, now) else by_hand(parts)


def by_hand(parts: Runtime) -> int:
    """Returns nothing left to do, so that one call is one run."""
    running.run(parts.database, Context(SYSTEM, parts.clock.now()), parts.engine, "nightly")
    return 0


def _done(parts: Runtime, now: datetime) -> bool:
    night = local_day(now - _HOUR)
    with parts.database.read() as session:
        if (
            session.execute(select(GoldenCase.id).where(GoldenCase.retired_at.is_(None)).limit(1)).first()
            is None
        ):
            return True
        last = session.execute(select(func.max(GoldenRun.at)).where(GoldenRun.cause == "nightly")).scalar()
    return last is not None and local_day(last - _HOUR) >= night


JOBS = (Job("golden.nightly", "每夜运行检索检验用例", 600.0, nightly, aside=True, by_hand=by_hand),)
