"""Background work of verification: working out what is due, and asking owners in time."""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import and_, select

from kb_service.core.clock import local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.identity.model import Unit
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.tasks import service as tasks
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.verification.model import Freshness
from kb_service.knowledge.verification.rules import REMIND_BEFORE
from kb_service.knowledge.verification.service import freshness

KIND = "verification"
NAMED = 200
_OPEN = (Task.kind == KIND, Task.closed_at.is_(None))


def refresh(parts: Runtime) -> int:
    with parts.database.write() as session:
        return freshness.refresh(session, parts.clock.now())


def remind(parts: Runtime) -> int:
    """One task a unit for what it must verify within the next days; closed once all that it named is done."""
    ctx = Context(SYSTEM, parts.clock.now(), request_id="verification.remind")
    with parts.database.write() as session:
        due = _due(session, ctx.now)
        changed = _close(session, ctx, due)
        open_ = set(session.execute(select(Task.subject).where(*_OPEN)).scalars())
        units = session.execute(select(Unit.id, Unit.code).where(Unit.id.in_(due))).all()
        for unit_id, code in units:
            subject = f"unit:{code}"
            if subject not in open_:
                _open(session, ctx, unit_id, subject, code, due[unit_id])
                changed += 1
        return changed


def _due(session: ReadSession, now: datetime) -> dict[int, list[tuple[datetime, str]]]:
    """What has to be verified within REMIND_BEFORE or is overdue, by unit, the earliest first."""
    rows = (
        select(Point.unit_id, Freshness.due_at, Point.code)
        .join(Version, and_(Version.point_id == Point.id, live_at(now)))
        .join(Freshness, and_(Freshness.point_id == Point.id, Freshness.version_id == Version.id))
        .where(Freshness.due_at <= now + REMIND_BEFORE)
        .order_by(Freshness.due_at, Point.id)
    )
    found: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for unit_id, due_at, code in session.execute(rows):
        found[unit_id].append((due_at, code))
    return found


def _close(session: WriteSession, ctx: Context, due: dict[int, list[tuple[datetime, str]]]) -> int:
    closed = 0
    for task in session.execute(select(Task).where(*_OPEN)).scalars():
        waiting = {code for _, code in due.get(task.unit_id, [])}
        if not waiting.intersection(task.evidence["codes"]):
            tasks.close_task(session, ctx, KIND, task.subject, "done", "所列知识均已核验、更新或下架")
            closed += 1
    return closed


def _open(
    session: WriteSession,
    ctx: Context,
    unit_id: int,
    subject: str,
    unit_code: str,
    due: list[tuple[datetime, str]],
) -> None:
    # What is overdue already cannot be asked for in the past.
    due_at = max(due[0][0], ctx.now + timedelta(days=1))
    last = local_day(due_at - timedelta(microseconds=1))
    tasks.open_task(
        session,
        ctx,
        kind=KIND,
        subject=subject,
        unit_id=unit_id,
        title=f"有 {len(due)} 条知识待核验，请在 {last} 前确认仍然准确或更新",
        link=f"/verification?unit={unit_code}",
        evidence={"codes": [code for _, code in due[:NAMED]], "count": len(due)},
        due_at=due_at,
        due_day=last,
        clause="TA-8.4",
    )


JOBS = (
    Job("verification.refresh", "计算各知识点的核验到期时间", 60.0, refresh),
    Job("verification.remind", "提醒承办单位按期核验知识", 3_600.0, remind),
)
