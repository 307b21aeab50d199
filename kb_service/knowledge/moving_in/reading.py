"""Which batches moved in, what their rows say of their past, and who confirmed them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import NotFound
from kb_service.identity.model import Account
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.moving_in.model import MoveIn, Origin
from kb_service.knowledge.moving_in.service import PERMISSION
from kb_service.knowledge.rules import IN_REVIEW

_Mover, _Confirmer = aliased(Account), aliased(Account)


@dataclass(frozen=True)
class MovedBatch:
    """`waiting` counts the versions that are still to be confirmed; the last three are None until then."""

    batch_id: str
    system: str
    moved_by: int
    mover: str
    moved_at: datetime
    versions: int
    waiting: int
    confirmer: str | None
    confirmed_at: datetime | None
    evidence_name: str | None


@dataclass(frozen=True)
class MovedRow:
    code: str
    number: int
    title: str
    origin_id: str
    uploaded_at: datetime
    approved_by: str
    approved_at: datetime


def batches(session: ReadSession, ctx: Context, limit: int = 100) -> list[MovedBatch]:
    """The newest first, of units the actor may act for."""
    ctx.actor.require(PERMISSION)
    rows = session.execute(_batches(ctx).order_by(func.min(Version.created_at).desc()).limit(limit))
    return [MovedBatch(*row) for row in rows]


def batch(session: ReadSession, ctx: Context, batch_id: str) -> MovedBatch:
    ctx.actor.require(PERMISSION)
    row = session.execute(_batches(ctx).where(Version.batch_id == batch_id)).first()
    if row is None:
        raise NotFound("没有这一批移入的知识。", code="unknown_batch")
    return MovedBatch(*row)


def rows(session: ReadSession, ctx: Context, batch_id: str, limit: int = 200) -> Sequence[MovedRow]:
    """The first rows of a batch, in the order in which they were written."""
    ctx.actor.require(PERMISSION)
    told = (Origin.origin_id, Origin.uploaded_at, Origin.approved_by, Origin.approved_at)
    statement = (
        _in_reach(select(Point.code, Version.number, Version.title, *told), ctx)
        .where(Version.batch_id == batch_id)
        .order_by(Version.id)
        .limit(limit)
    )
    return [MovedRow(*row) for row in session.execute(statement)]


def _batches(ctx: Context) -> Select[Any]:
    waiting = func.count().filter(Version.status.in_(IN_REVIEW))
    columns = select(
        Version.batch_id, func.min(Origin.system), func.min(_Mover.id), func.min(_Mover.name),
        func.min(Version.created_at), func.count(), waiting, func.min(_Confirmer.name),
        func.min(MoveIn.confirmed_at), func.min(MoveIn.evidence_name),
    )  # fmt: skip
    return (
        _in_reach(columns, ctx)
        .join(_Mover, _Mover.id == Version.author_id)
        .outerjoin(MoveIn, MoveIn.batch_id == Version.batch_id)
        .outerjoin(_Confirmer, _Confirmer.id == MoveIn.confirmed_by)
        .where(Version.batch_id.is_not(None))
        .group_by(Version.batch_id)
    )


def _in_reach(columns: Select[Any], ctx: Context) -> Select[Any]:
    joined = columns.select_from(Origin).join(Version, Version.id == Origin.version_id)
    joined = joined.join(Point, Point.id == Version.point_id)
    scope = ctx.actor.unit_scope
    return joined if scope is None else joined.where(Point.unit_id.in_(scope))
