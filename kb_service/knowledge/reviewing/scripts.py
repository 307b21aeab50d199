"""What was published at once, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import aliased

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.model import Account, Unit
from kb_service.knowledge.duties.model import SuddenEvent
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.reviewing.model import FastScript
from kb_service.knowledge.rules import IN_REVIEW, Status

STATES = {
    "waiting": "待即时发布",
    "live": "已发布，待事后审核",
    "overdue": "事后审核逾期",
    "reviewed": "已事后审核",
    "ordinary": "已按一般流程处理",
}


@dataclass(frozen=True)
class FastView:
    """`minutes`: from the event until the script was live. `state`: one of STATES."""

    code: str
    number: int
    title: str
    unit_code: str
    unit_name: str
    event: str
    event_title: str
    happened_at: datetime
    filed_at: datetime | None
    asked_by: str
    published_at: datetime | None
    published_by: str
    published_as: str
    minutes: int | None
    due_at: datetime | None
    reviewed_by: str
    reviewed_at: datetime | None
    outcome: str
    note: str
    state: str
    state_name: str


def scripts(session: ReadSession, ctx: Context, *, limit: int = 50) -> list[FastView]:
    """What asks to be published at once or awaits its review afterwards, then what is done, newest first."""
    statement = _statement().order_by(FastScript.reviewed_at.is_not(None), FastScript.asked_at.desc())
    if ctx.actor.unit_scope is not None:
        statement = statement.where(Point.unit_id.in_(ctx.actor.unit_scope))
    return [_view(row, ctx.now) for row in session.execute(statement.limit(limit))]


def one(session: ReadSession, ctx: Context, code: str, number: int) -> FastView | None:
    wanted = _statement().where(Point.code == code, Version.number == number)
    row = session.execute(wanted).one_or_none()
    return _view(row, ctx.now) if row is not None else None


def _statement() -> Select[Any]:
    asker, publisher, reviewer = aliased(Account), aliased(Account), aliased(Account)
    return (
        select(
            FastScript, Version, Point.code, Unit.code, Unit.name, SuddenEvent, asker.name, publisher.name,
            reviewer.name,
        )
        .join(Version, Version.id == FastScript.version_id)
        .join(Point, Point.id == Version.point_id)
        .join(Unit, Unit.id == Point.unit_id)
        .join(SuddenEvent, SuddenEvent.id == FastScript.event_id)
        .join(asker, asker.id == FastScript.asked_by)
        .outerjoin(publisher, publisher.id == FastScript.published_by)
        .outerjoin(reviewer, reviewer.id == FastScript.reviewed_by)
    )  # fmt: skip


def _view(row: Row[Any], now: datetime) -> FastView:
    asked, version, code, unit_code, unit_name, event, asker, publisher, reviewer = row
    state = _state(asked, version, now)
    live = asked.published_at
    return FastView(
        code, version.number, version.title, unit_code, unit_name, event.code, event.title, event.happened_at,
        version.filed_at, asker, live, publisher or "", asked.published_as or "",
        int((live - event.happened_at).total_seconds() // 60) if live else None,
        asked.due_at, reviewer or "", asked.reviewed_at, asked.outcome or "", asked.note, state, STATES[state],
    )  # fmt: skip


def _state(asked: FastScript, version: Version, now: datetime) -> str:
    if asked.reviewed_at is not None:
        return "reviewed"
    if asked.published_at is None:
        return "waiting" if Status(version.status) in IN_REVIEW else "ordinary"
    return "overdue" if asked.due_at is not None and asked.due_at <= now else "live"
