"""The nightly run: short steps between the other jobs of the worker."""

import time
from collections.abc import Iterator

from sqlalchemy import func, select

from kb_service.core.clock import CITY, local_day
from kb_service.core.memory import give_back_memory
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.checks import rules
from kb_service.knowledge.checks.model import CheckRun
from kb_service.knowledge.checks.service import sweeping

# A script published while the checks run must be found within a second: so long they keep the worker at most,
# save for one step.
SLICE_S = 0.15


class Nightly:
    """A run in progress, taken up at each turn of the worker."""

    def __init__(self) -> None:
        self._parts: Runtime | None = None
        self._steps: Iterator[int] | None = None

    def __call__(self, parts: Runtime) -> int:
        if self._steps is None or self._parts is not parts:
            if not is_due(parts):
                return 0
            self._parts, self._steps = parts, sweeping.steps(parts)
        ends = time.monotonic() + SLICE_S
        try:
            for _ in self._steps:
                if time.monotonic() >= ends:
                    return 1
        except BaseException:
            self._steps = None
            raise
        self._steps = None
        give_back_memory()
        return 0


def is_due(parts: Runtime) -> bool:
    """Once each night; and at any hour where the last run was more than a day ago, as after a night switched off."""
    now = parts.clock.now()
    with parts.database.read() as session:
        done = session.execute(select(CheckRun.ended_at).where(CheckRun.day == local_day(now))).scalar()
        last = session.execute(select(func.max(CheckRun.ended_at))).scalar()
    if done is not None:
        return False
    return rules.is_night(now.astimezone(CITY)) or rules.is_overdue(last, now)


def run_now(parts: Runtime) -> int:
    """A whole run at once; returns how much it did."""
    return sum(sweeping.steps(parts))


JOBS = (Job("knowledge.checks", "夜间检查全部已发布知识", 300.0, Nightly(), by_hand=run_now),)
