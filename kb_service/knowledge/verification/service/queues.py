"""What should be looked at: overdue, expiring, unused, stale."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, and_, exists, func, or_, select

from kb_service.core import paging
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid, NotFound
from kb_service.identity.model import Unit
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status
from kb_service.knowledge.searches.model import Use
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.verification.model import Freshness
from kb_service.knowledge.verification.rules import EXPIRING, REMIND_BEFORE

UNUSED: Final = timedelta(days=180)
STALE_DRAFT: Final = timedelta(days=30)


@dataclass(frozen=True)
class QueueRow:
    """`at` is what the queue is ordered by: when it was due, lapses, went live or was last changed."""

    code: str
    number: int
    type: str
    title: str
    unit_code: str
    unit_name: str
    at: datetime | date


def _columns() -> tuple[Any, ...]:
    return (
        Point.code, Version.number, Point.type, Version.title, Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
    )  # fmt: skip


def _live(now: datetime, at: Any) -> Select[Any]:
    return (
        select(*_columns(), at.label("at"), Point.id.label("point_id"))
        .join(Version, and_(Version.point_id == Point.id, live_at(now)))
        .join(Unit, Unit.id == Point.unit_id)
    )


def _of_freshness(now: datetime) -> Select[Any]:
    mine = and_(Freshness.point_id == Point.id, Freshness.version_id == Version.id)
    return _live(now, Freshness.due_at).join(Freshness, mine)


def _overdue(now: datetime) -> Select[Any]:
    return _of_freshness(now).where(Freshness.due_at <= now)


def _due_soon(now: datetime) -> Select[Any]:
    return _of_freshness(now).where(Freshness.due_at > now, Freshness.due_at <= now + REMIND_BEFORE)


def _expiring(now: datetime) -> Select[Any]:
    last = local_day(now + EXPIRING)
    return _live(now, Version.effective_to).where(Version.effective_to.between(local_day(now), last))


def _unused(now: datetime) -> Select[Any]:
    since = now - UNUSED
    used = exists().where(Use.point_id == Point.id, Use.day >= local_day(since), Use.chosen + Use.shown > 0)
    # An agency's entry and a script stand ready whether they are asked for or not.
    standing_ready = Point.type.in_(["agency", "script"])
    return _live(now, Version.live_from).where(Version.live_from < since, ~used, ~standing_ready)


def _stale_drafts(now: datetime) -> Select[Any]:
    return (
        select(*_columns(), Version.changed_at.label("at"), Point.id.label("point_id"))
        .join(Version, Version.point_id == Point.id)
        .join(Unit, Unit.id == Point.unit_id)
        .where(
            or_(Version.status == Status.DRAFT, _unanswered_return()), Version.changed_at < now - STALE_DRAFT
        )
    )


def _unanswered_return() -> Any:
    """A returned version on which nobody went on."""
    return and_(Version.status == Status.RETURNED, Version.number == Point.latest)


QUEUES: Final[dict[str, Callable[[datetime], Select[Any]]]] = {
    "overdue": _overdue,
    "due_soon": _due_soon,
    "expiring": _expiring,
    "unused": _unused,
    "stale_drafts": _stale_drafts,
}


def queue(
    session: ReadSession,
    ctx: Context,
    name: str,
    *,
    unit: str = "",
    type_: str = "",
    cursor: str = "",
    limit: int = 20,
) -> paging.Page[QueueRow]:
    """Points of the actor's units, the oldest first."""
    statement = _scoped(ctx, name, unit, type_)
    inner = statement.subquery()
    outer = select(inner).order_by(inner.c.at, inner.c.point_id)
    if cursor:
        at, last = _position(cursor)
        outer = outer.where(or_(inner.c.at > at, and_(inner.c.at == at, inner.c.point_id > last)))
    rows = session.execute(outer.limit(limit + 1)).all()
    page = paging.page_of(rows, limit, lambda row: [row.at.isoformat(), row.point_id])
    return paging.Page([QueueRow(*row[:7]) for row in page.items], page.next)


def counts(session: ReadSession, ctx: Context, *, unit: str = "", type_: str = "") -> dict[str, int]:
    found = {}
    for name in QUEUES:
        inner = _scoped(ctx, name, unit, type_).subquery()
        found[name] = session.execute(select(func.count()).select_from(inner)).scalar_one()
    return found


def _scoped(ctx: Context, name: str, unit: str, type_: str) -> Select[Any]:
    ctx.actor.require("knowledge.read_internal")
    make = QUEUES.get(name)
    if make is None:
        raise NotFound(f"没有名为“{name}”的队列，可用：{'、'.join(QUEUES)}。", code="unknown_queue")
    statement = make(ctx.now)
    if ctx.actor.unit_scope is not None:
        statement = statement.where(Point.unit_id.in_(ctx.actor.unit_scope))
    if unit:
        statement = statement.where(Unit.code == unit)
    if type_:
        statement = statement.where(Point.type == type_)
    return statement


def _position(cursor: str) -> tuple[datetime | date, int]:
    text, last = paging.decode_cursor(cursor, [str, int])
    try:
        at = datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        raise Invalid("翻页位置（cursor）无效，请从第一页重新查询。", code="bad_cursor") from None
    return at, last
