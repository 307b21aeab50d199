"""The queue of reviews: what awaits a person, whose turn it is, how long it has waited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_, select
from sqlalchemy.orm import aliased

from kb_service.core import paging
from kb_service.core.context import Actor, Context
from kb_service.core.db import ReadSession
from kb_service.identity.model import Account, Unit
from kb_service.knowledge.model import Point, Version, VersionAuthor
from kb_service.knowledge.reviewing.model import ReviewTurn
from kb_service.knowledge.rules import STAGE_NAMES, STAGE_PERMISSIONS, Status
from kb_service.knowledge.service.lookups import instant, micros
from kb_service.notices import absence

Whose = Literal["mine", "free", "all"]


@dataclass(frozen=True)
class QueueItem:
    code: str
    number: int
    type: str
    title: str
    unit_code: str
    unit_name: str
    stage: str
    stage_name: str
    author_name: str
    filed_at: datetime
    release_at: datetime | None
    batch_id: str | None
    reviewer: str | None
    how: str | None
    waiting_since: datetime
    due_at: datetime | None
    overdue: bool


_TURN = and_(
    ReviewTurn.version_id == Version.id,
    ReviewTurn.stage == Version.status,
    ReviewTurn.closed_at.is_(None),
)
_SCRIPTS_FIRST = case((Point.type == "script", 0), else_=1)


def awaiting(
    session: ReadSession,
    ctx: Context,
    *,
    stage: str | None = None,
    unit: str | None = None,
    type: str | None = None,  # noqa: A002 - the word of the glossary
    batch_id: str | None = None,
    whose: Whose = "all",
    cursor: str = "",
    limit: int = 20,
) -> paging.Page[QueueItem]:
    """What the actor may decide on: scripts first, then in the order of submission.

    `mine`: whose turn is the actor's, or of somebody it stands in for; `free`: nobody's, or a suggestion
    that was let lie beyond its time.
    """
    wanted = [*_mine(ctx.actor), *_whose(session, ctx, whose)]
    for column, value in (
        (Version.status, stage),
        (Unit.code, unit),
        (Point.type, type),
        (Version.batch_id, batch_id),
    ):
        if value:
            wanted.append(column == value)
    author, holder = aliased(Account), aliased(Account)
    statement = (
        _queue(wanted)
        .with_only_columns(
            Point.code, Version.number, Point.type, Version.title, Unit.code.label("unit_code"),
            Unit.name.label("unit_name"), Version.status, author.name.label("author_name"), Version.filed_at,
            Version.release_at, Version.batch_id, Version.id, _SCRIPTS_FIRST.label("rank"),
            holder.name.label("holder"), ReviewTurn.how, Version.changed_at, ReviewTurn.due_at,
        )
        .join(author, author.id == Version.author_id)
        .outerjoin(holder, holder.id == ReviewTurn.account_id)
        .order_by(_SCRIPTS_FIRST, Version.filed_at, Version.id)
        .limit(limit + 1)
    )  # fmt: skip
    if cursor:
        statement = statement.where(_after(cursor))
    rows = session.execute(statement).all()
    page = paging.page_of(rows, limit, lambda row: [row.rank, micros(row.filed_at), row.id])
    return paging.Page([_item(row, ctx.now) for row in page.items], page.next)


def _whose(session: ReadSession, ctx: Context, whose: Whose) -> list[ColumnElement[bool]]:
    if whose == "free":
        let_lie = and_(ReviewTurn.how == "suggested", ReviewTurn.due_at <= ctx.now)
        return [or_(ReviewTurn.id.is_(None), let_lie)]
    if whose == "mine" and ctx.actor.account_id is not None:
        mine = [ctx.actor.account_id, *absence.stands_in_for(session, ctx.actor.account_id, ctx.now)]
        return [ReviewTurn.account_id.in_(mine)]
    return []


def _item(row: Any, now: datetime) -> QueueItem:
    return QueueItem(
        code=row.code,
        number=row.number,
        type=row.type,
        title=row.title,
        unit_code=row.unit_code,
        unit_name=row.unit_name,
        stage=row.status,
        stage_name=STAGE_NAMES[Status(row.status)],
        author_name=row.author_name,
        filed_at=row.filed_at,
        release_at=row.release_at,
        batch_id=row.batch_id,
        reviewer=row.holder,
        how=row.how,
        waiting_since=max(row.filed_at, row.changed_at),
        due_at=row.due_at,
        overdue=row.due_at is not None and row.due_at <= now,
    )


def awaiting_count(session: ReadSession, ctx: Context, whose: Whose = "all") -> int:
    wanted = [*_mine(ctx.actor), *_whose(session, ctx, whose)]
    return session.execute(_queue(wanted).with_only_columns(func.count(Version.id))).scalar_one()


def awaiting_batches(session: ReadSession, ctx: Context) -> dict[str, int]:
    """Batches of which something awaits the actor, with how many versions."""
    statement = (
        _queue([*_mine(ctx.actor), Version.batch_id.is_not(None)])
        .with_only_columns(Version.batch_id, func.count(Version.id))
        .group_by(Version.batch_id)
    )
    return {str(batch_id): count for batch_id, count in session.execute(statement)}


def _queue(conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    return (
        select(Version.id)
        .join(Point, Point.id == Version.point_id)
        .join(Unit, Unit.id == Point.unit_id)
        .outerjoin(ReviewTurn, _TURN)
        .where(*conditions)
    )


def _mine(actor: Actor) -> list[ColumnElement[bool]]:
    stages = [stage for stage, permission in STAGE_PERMISSIONS.items() if actor.may(permission)]
    if actor.account_id is None or not stages:
        return [false()]
    wrote = exists().where(
        VersionAuthor.version_id == Version.id, VersionAuthor.account_id == actor.account_id
    )
    mine = [Version.status.in_(stages), Version.author_id != actor.account_id, ~wrote]
    if actor.unit_scope is not None:
        mine.append(Point.unit_id.in_(actor.unit_scope))
    return mine


def _after(cursor: str) -> ColumnElement[bool]:
    rank, filed, last = paging.decode_cursor(cursor, [int, int, int])
    filed_at = instant(filed)
    later = and_(Version.filed_at == filed_at, Version.id > last)
    return or_(rank < _SCRIPTS_FIRST, and_(rank == _SCRIPTS_FIRST, or_(Version.filed_at > filed_at, later)))
