"""Sudden events: the unit is asked for its script at once, and the time until it comes is measured."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select

from kb_service.core import audit
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound
from kb_service.core.ids import next_number
from kb_service.identity.model import Unit
from kb_service.knowledge.duties import rules
from kb_service.knowledge.duties.model import SuddenEvent
from kb_service.knowledge.duties.service.scheme import scheme_of
from kb_service.knowledge.duties.service.telling import unit_by_code
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.periods import periods
from kb_service.knowledge.tasks import service as tasks

KIND = "script"
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class EventView:
    """`minutes`: from the asking until the script was filed."""

    code: str
    title: str
    unit_code: str
    unit_name: str
    happened_at: datetime
    asked_at: datetime
    due_at: datetime
    script: str | None
    answered_at: datetime | None
    minutes: int | None
    state: str
    state_name: str


def record(
    session: WriteSession, ctx: Context, unit_code: str, title: str, happened_at: datetime
) -> EventView:
    """By the centre, which asks the unit, or by the unit itself; a task asks the unit's editors for the script."""
    unit = unit_by_code(session, unit_code)
    own = ctx.actor.may("knowledge.edit") and ctx.actor.in_scope(unit.id)
    if not own:
        ctx.actor.require("duty.manage")
    if not 2 <= len(title.strip()) <= 128:
        raise Invalid(
            "请用 2 至 128 个字说明是什么事件。", code="bad_title",
            pointers=[{"pointer": "/title", "detail": "须为 2 至 128 个字"}],
        )  # fmt: skip
    if happened_at > ctx.now:
        raise Invalid(
            "事件发生时间不能晚于现在。", code="in_the_future",
            pointers=[{"pointer": "/happened_at", "detail": "不能晚于现在"}],
        )  # fmt: skip
    asked = periods(session, ctx).script
    own_target = scheme_of(session, rules.period_of(ctx.now)).script_minutes
    minutes = rules.script_target(asked.at_once, own_target)
    event = SuddenEvent(
        code=f"E{next_number(session, 'knowledge.event'):05d}",
        unit_id=unit.id,
        title=title.strip(),
        happened_at=happened_at,
        asked_at=ctx.now,
        target_minutes=minutes,
        asked_by=ctx.actor.account_id,
    )
    session.add(event)
    session.flush()
    due_at = rules.script_due(event.asked_at, minutes)
    tasks.open_task(
        session,
        ctx,
        kind=KIND,
        subject=f"event:{event.code}",
        unit_id=unit.id,
        title=f"突发事件“{event.title}”：请即时报送应答口径",
        link=f"/knowledge/new?type=script&event={event.code}",
        evidence={"event": event.code, "happened_at": happened_at.isoformat()},
        due_at=due_at,
        due_day=local_day(due_at),
        clause=asked.clause,
    )
    after = {"title": event.title, "happened_at": happened_at.isoformat()}
    audit.record(session, ctx, "event.recorded", f"event:{event.code}", after=after)
    return one(session, ctx, event.code)


def link_script(session: WriteSession, ctx: Context, event_code: str, point_code: str) -> EventView:
    """Says which script answers an event, where its name did not tell; by the unit or the centre."""
    event = _locked(session, event_code)
    own = ctx.actor.may("knowledge.edit") and ctx.actor.in_scope(event.unit_id)
    if not own:
        ctx.actor.require("duty.manage")
    if event.point_id is not None:
        raise Conflict(f"事件 {event_code} 已有应答口径。", code="answered_already")
    row = session.execute(
        _filed_scripts(event).where(Point.code == point_code).order_by(Version.filed_at).limit(1)
    ).first()
    if row is None:
        raise Invalid(
            f"{point_code} 不是该单位在事件发生后报送的应答口径。", code="not_its_script",
            pointers=[{"pointer": "/script", "detail": "须是该单位在事件发生后报送的应答口径"}],
        )  # fmt: skip
    _answer(session, ctx, event, row[0], row[2])
    return one(session, ctx, event_code)


def _locked(session: WriteSession, code: str) -> SuddenEvent:
    wanted = select(SuddenEvent).where(SuddenEvent.code == code).with_for_update()
    event = session.execute(wanted).scalar_one_or_none()
    if event is None:
        raise NotFound(f"没有编号为 {code} 的事件。", code="unknown_event")
    return event


def _filed_scripts(event: SuddenEvent) -> Select[tuple[int, str, datetime | None, str]]:
    return (
        select(Point.id, Point.code, Version.filed_at, Version.title)
        .join(Version, Version.point_id == Point.id)
        .where(
            Point.type == "script",
            Point.unit_id == event.unit_id,
            Version.filed_at >= event.happened_at,
        )
    )


def _answer(
    session: WriteSession, ctx: Context, event: SuddenEvent, point_id: int, filed_at: datetime | None
) -> None:
    event.point_id, event.answered_at, event.linked_at = point_id, filed_at, ctx.now
    session.flush()
    tasks.close_task(session, ctx, KIND, f"event:{event.code}", "done", "应答口径已报送")


def recognise(session: WriteSession, ctx: Context) -> int:
    """Joins open events with the scripts that name them, by the name of the event or the title; how many."""
    found = 0
    waiting = select(SuddenEvent).where(SuddenEvent.point_id.is_(None)).order_by(SuddenEvent.id).limit(200)
    for event in session.execute(waiting.with_for_update()).scalars().all():
        named = (
            _filed_scripts(event)
            .where((Version.content["event"].as_string() == event.title) | (Version.title == event.title))
            .order_by(Version.filed_at)
            .limit(1)
        )
        row = session.execute(named).first()
        if row is not None:
            _answer(session, ctx, event, row[0], row[2])
            found += 1
    return found


def events(
    session: ReadSession, ctx: Context, *, unit: str = "", open_only: bool = False, limit: int = 50
) -> list[EventView]:
    """Of the units in the actor's scope, the newest first."""
    ctx.actor.require("duty.read")
    statement = _statement()
    if ctx.actor.unit_scope is not None:
        statement = statement.where(SuddenEvent.unit_id.in_(ctx.actor.unit_scope))
    if unit:
        statement = statement.where(Unit.code == unit)
    if open_only:
        statement = statement.where(SuddenEvent.point_id.is_(None))
    rows = session.execute(statement.order_by(SuddenEvent.id.desc()).limit(limit))
    return [_view(row[0], row[1], row[2], row[3], ctx.now) for row in rows]


def one(session: ReadSession, ctx: Context, code: str) -> EventView:
    row = session.execute(_statement().where(SuddenEvent.code == code)).first()
    if row is None:
        raise NotFound(f"没有编号为 {code} 的事件。", code="unknown_event")
    return _view(row[0], row[1], row[2], row[3], ctx.now)


def _statement() -> Select[tuple[SuddenEvent, str, str, str]]:
    return (
        select(SuddenEvent, Unit.code, Unit.name, Point.code)
        .join(Unit, Unit.id == SuddenEvent.unit_id)
        .outerjoin(Point, Point.id == SuddenEvent.point_id)
    )


def _view(event: SuddenEvent, unit_code: str, unit_name: str, script: str | None, now: datetime) -> EventView:
    due_at = rules.script_due(event.asked_at, event.target_minutes)
    entry = rules.Entry(
        key=f"script:{event.code}", measure="script", title=event.title, link="", began_at=event.asked_at,
        due_at=due_at, done_at=event.answered_at,
    )  # fmt: skip
    # What was done at this very instant counts as done.
    state = rules.state(entry, now + _TICK if event.answered_at is not None else now)
    waited = event.answered_at - event.asked_at if event.answered_at else None
    return EventView(
        code=event.code,
        title=event.title,
        unit_code=unit_code,
        unit_name=unit_name,
        happened_at=event.happened_at,
        asked_at=event.asked_at,
        due_at=due_at,
        script=script,
        answered_at=event.answered_at,
        minutes=max(0, int(waited.total_seconds() // 60)) if waited is not None else None,
        state=state,
        state_name=rules.STATES[state],
    )
