"""Work of the night, in short steps on a thread of its own: each is a transaction, and may be done again."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select

from kb_service.core.clock import CITY, local_day
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.runtime import Runtime
from kb_service.insight.matters.model import NightlyRun
from kb_service.knowledge.checks.rules import is_night, is_overdue


@dataclass(frozen=True)
class Nightly:
    """`step` does a bounded piece and returns how much; at 0 the night's work is done."""

    name: str
    step: Callable[[Runtime], int]

    def __call__(self, parts: Runtime) -> int:
        """One step, where it is night, or the last run was more than a day ago."""
        now = parts.clock.now()
        with parts.database.read() as session:
            run = session.get(NightlyRun, self.name)
            if run is not None and run.through == local_day(now):
                return 0
            last = run.ended_at if run else None
        if not is_night(now.astimezone(CITY)) and not is_overdue(last, now):
            return 0
        done = self.step(parts)
        if done == 0:
            with parts.database.write() as session:
                end(session, self.name, parts)
        return done

    def by_hand(self, parts: Runtime) -> int:
        """The whole work at once."""
        whole = 0
        while done := self.step(parts):
            whole += done
        with parts.database.write() as session:
            end(session, self.name, parts)
        return whole


def run_of(session: WriteSession, name: str) -> NightlyRun:
    """The row of a job, held until the transaction ends."""
    row = session.execute(
        select(NightlyRun).where(NightlyRun.name == name).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        row = NightlyRun(name=name, last_id=0)
        session.add(row)
        session.flush()
    return row


def end(session: WriteSession, name: str, parts: Runtime) -> None:
    row, now = run_of(session, name), parts.clock.now()
    row.through, row.ended_at = local_day(now), now


def last_id(session: ReadSession, name: str) -> int:
    return (
        session.execute(select(func.max(NightlyRun.last_id)).where(NightlyRun.name == name)).scalar_one() or 0
    )
