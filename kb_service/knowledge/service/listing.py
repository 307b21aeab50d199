"""Lists of points, page by page."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, or_, select
from sqlalchemy.orm import aliased

from kb_service.core import paging
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit
from kb_service.knowledge import rules
from kb_service.knowledge.model import Category, Point, Version
from kb_service.knowledge.rules import STATUS_NAMES, Status
from kb_service.knowledge.service.conditions import in_validity, live_at, meant_for, worked_on_by
from kb_service.knowledge.service.lookups import access_tokens, instant, micros, past_instant


@dataclass(frozen=True)
class PointFilter:
    """Empty means any. `live`: waiting, live or ended; `validity`: not_yet_in_force, in_force or lapsed."""

    q: str = ""
    type: str = ""
    unit: str = ""
    category: str = ""
    region: str = ""
    matter: str = ""
    status: str = ""
    validity: str = ""
    live: str = ""
    batch_id: str = ""


@dataclass(frozen=True)
class PointRow:
    """A point by the version shown: the newest to who works on it, else the live one."""

    code: str
    type: str
    title: str
    unit_code: str
    unit_name: str
    category_code: str
    category_path: str
    region_code: str
    number: int
    status: str
    status_name: str
    audience: str
    effective_from: date | None
    effective_to: date | None
    state: str
    live: str
    live_number: int | None
    uploaded_at: datetime | None
    touched_at: datetime
    batch_id: str | None


_Live = aliased(Version)
_Other = aliased(Version)


def list_points(
    session: ReadSession,
    ctx: Context,
    wanted: PointFilter,
    *,
    cursor: str = "",
    limit: int = 20,
    as_of: datetime | None = None,
) -> paging.Page[PointRow]:
    """Points the actor works on by their newest version, others by what is live for the actor.

    With `as_of`, for everybody, what was live at that instant and meant for them.
    """
    works = worked_on_by(ctx.actor)
    if as_of:
        ctx = replace(ctx, now=past_instant(ctx, as_of))
    shown = _was_live(ctx, works) if as_of else _is_shown(ctx, works)
    statement = _statement(ctx, works).where(shown, *_conditions(wanted, ctx.now, works))
    if cursor:
        touched, last = paging.decode_cursor(cursor, [int, int])
        at = instant(touched)
        statement = statement.where(or_(Point.touched_at < at, and_(Point.touched_at == at, Point.id < last)))
    rows = session.execute(statement.limit(limit + 1)).all()
    page = paging.page_of(rows, limit, lambda row: [micros(row.touched_at), row.id])
    return paging.Page([_row(row, ctx.now) for row in page.items], page.next)


def _is_shown(ctx: Context, works: ColumnElement[bool]) -> ColumnElement[bool]:
    live = and_(~works, Version.id == _Live.id, meant_for(access_tokens(ctx.actor)))
    return or_(and_(works, Version.number == Point.latest), live)


def _was_live(ctx: Context, works: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(Version.id == _Live.id, or_(works, meant_for(access_tokens(ctx.actor))))


def _statement(ctx: Context, works: ColumnElement[bool]) -> Select[Any]:
    """To those who do not work on a point its change is its upload: another would tell of what waits."""
    return (
        select(
            Point.id, Point.code, Point.type, Point.touched_at,
            Unit.code.label("unit_code"), Unit.name.label("unit_name"),
            Category.code.label("category_code"), Category.path.label("category_path"),
            Version.number, Version.status, Version.title, Version.region_code, Version.audience,
            Version.effective_from, Version.effective_to, Version.live_from, Version.live_to,
            Version.batch_id, _Live.number.label("live_number"), _Live.live_from.label("uploaded_at"),
            case((works, Point.touched_at), else_=Version.live_from).label("changed_at"),
        )
        .join(Version, Version.point_id == Point.id)
        .join(Unit, Unit.id == Point.unit_id)
        .join(Category, Category.id == Version.category_id)
        .outerjoin(_Live, and_(_Live.point_id == Point.id, live_at(ctx.now, _Live)))
        .order_by(Point.touched_at.desc(), Point.id.desc())
    )  # fmt: skip


def _conditions(wanted: PointFilter, now: datetime, works: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in (
        (Point.type, wanted.type),
        (Unit.code, wanted.unit),
        (Version.region_code, wanted.region),
        (Version.matter_code, wanted.matter),
        (Version.batch_id, wanted.batch_id),
    ):
        if value:
            found.append(column == value)
    if wanted.status:
        found.append(_with_status(wanted.status))
    if wanted.q:
        text = wanted.q.strip()
        found.append(or_(Point.code == text, Version.title.contains(text, autoescape=True)))
    if wanted.category:
        found.append(_in_category(wanted.category))
    if wanted.validity:
        found.append(in_validity(wanted.validity, local_day(now)))
    if wanted.live:
        found.append(_in_state(wanted.live, now, works))
    return found


def _with_status(status: str) -> ColumnElement[bool]:
    """Nearly every version is approved: those are met in the order of the list, others by the index."""
    if status == Status.APPROVED:
        return Version.status.not_in([each for each in Status if each != Status.APPROVED])
    return Version.status == status


def _in_category(code: str) -> ColumnElement[bool]:
    """The category and everything below it."""
    top = select(Category.path).where(Category.code == code).scalar_subquery()
    return or_(Category.path == top, Category.path.startswith(top + "/"))


def _in_state(state: str, now: datetime, works: ColumnElement[bool]) -> ColumnElement[bool]:
    """That something waits is told to those who work on the point alone."""
    if state == "live":
        return _Live.id.is_not(None)
    coming = exists().where(
        _Other.point_id == Point.id,
        _Other.live_from > now,
        or_(_Other.live_to.is_(None), _Other.live_to > _Other.live_from),
    )
    if state == "waiting":
        return and_(works, coming)
    ever = exists().where(_Other.point_id == Point.id, _Other.live_from.is_not(None))
    return and_(_Live.id.is_(None), ~coming, ever)


def _row(row: Row[Any], now: datetime) -> PointRow:
    return PointRow(
        code=row.code,
        type=row.type,
        title=row.title,
        unit_code=row.unit_code,
        unit_name=row.unit_name,
        category_code=row.category_code,
        category_path=row.category_path,
        region_code=row.region_code,
        number=row.number,
        status=row.status,
        status_name=STATUS_NAMES[Status(row.status)],
        audience=row.audience,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
        state=rules.validity(row.effective_from, row.effective_to, local_day(now)),
        live=rules.live_state(row.live_from, row.live_to, now),
        live_number=row.live_number,
        uploaded_at=row.uploaded_at,
        touched_at=row.changed_at,
        batch_id=row.batch_id,
    )
