"""Reading what is supervised, by those it concerns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, select, true

from kb_service.core import paging
from kb_service.core.context import Context
from kb_service.core.db import Base, ReadSession
from kb_service.identity.model import Unit
from kb_service.supervision import rules
from kb_service.supervision.model import (
    Accountability,
    CardMark,
    Referral,
    Supervision,
    SupervisionEvent,
    Urging,
)
from kb_service.supervision.service.staff import READ

Row = TypeVar("Row", bound=Base)
_CONCERNS: dict[type[Base], Any] = {
    Supervision: Supervision.unit_id,
    Urging: Urging.unit_id,
    Referral: Referral.unit_id,
    Accountability: Accountability.unit_id,
    CardMark: CardMark.unit_id,
}


def supervisions(
    session: ReadSession,
    ctx: Context,
    *,
    unit: str = "",
    subject: str = "",
    closed: bool = False,
    cursor: str = "",
    limit: int = 20,
) -> paging.Page[Supervision]:
    """Open ones, or closed ones; the newest first."""
    ended = Supervision.closed_at.is_not(None) if closed else Supervision.closed_at.is_(None)
    where: list[ColumnElement[bool]] = [ended]
    if subject:
        where.append(Supervision.subject == subject)
    return _newest(session, ctx, Supervision, Supervision.id, where, unit, cursor, limit)


def urgings(
    session: ReadSession, ctx: Context, *, unit: str = "", cursor: str = "", limit: int = 20
) -> paging.Page[Urging]:
    return _newest(session, ctx, Urging, Urging.id, [], unit, cursor, limit)


def referrals(
    session: ReadSession, ctx: Context, *, unit: str = "", cursor: str = "", limit: int = 20
) -> paging.Page[Referral]:
    return _newest(session, ctx, Referral, Referral.id, [], unit, cursor, limit)


def accountabilities(
    session: ReadSession, ctx: Context, *, unit: str = "", cursor: str = "", limit: int = 20
) -> paging.Page[Accountability]:
    return _newest(session, ctx, Accountability, Accountability.id, [], unit, cursor, limit)


def cards(
    session: ReadSession, ctx: Context, *, unit: str = "", cursor: str = "", limit: int = 20
) -> paging.Page[CardMark]:
    return _newest(session, ctx, CardMark, CardMark.id, [], unit, cursor, limit)


def _newest(
    session: ReadSession,
    ctx: Context,
    table: type[Row],
    key: Any,
    where: Sequence[ColumnElement[bool]],
    unit: str,
    cursor: str,
    limit: int,
) -> paging.Page[Row]:
    rows = select(table).where(*where, _mine(ctx, table)).order_by(key.desc())
    if unit:
        rows = rows.join(Unit, Unit.id == _CONCERNS[table]).where(Unit.code == unit)
    if cursor:
        rows = rows.where(key < paging.decode_cursor(cursor, [int])[0])
    found = session.execute(rows.limit(limit + 1)).scalars().all()
    return paging.page_of(found, limit, lambda row: [getattr(row, "id")])  # noqa: B009 - any of the tables


def _mine(ctx: Context, table: type[Base]) -> ColumnElement[bool]:
    """Units see what concerns them."""
    ctx.actor.require(READ)
    scope = ctx.actor.unit_scope
    return true() if scope is None else _CONCERNS[table].in_(scope)


@dataclass(frozen=True)
class CardCount:
    """How many tickets and other subjects a unit had shown a card for, by colour."""

    unit: str
    unit_name: str
    yellow: int
    red: int


def cards_by_unit(
    session: ReadSession, ctx: Context, since: datetime | None = None, until: datetime | None = None
) -> list[CardCount]:
    """Cards kept in `[since, until)`, the units with most red ones first; a subject counts once a colour."""
    rows = (
        select(Unit.code, Unit.name, CardMark.colour, func.count(CardMark.subject.distinct()))
        .join(Unit, Unit.id == CardMark.unit_id)
        .where(_mine(ctx, CardMark))
        .group_by(Unit.code, Unit.name, CardMark.colour)
    )
    rows = rows.where(CardMark.at >= since) if since else rows
    rows = rows.where(CardMark.at < until) if until else rows
    found: dict[tuple[str, str], dict[str, int]] = {}
    for code, name, colour, number in session.execute(rows).tuples():
        found.setdefault((code, name), {})[colour] = number
    counts = [CardCount(*unit, had.get("yellow", 0), had.get("red", 0)) for unit, had in found.items()]
    return sorted(counts, key=lambda each: (-each.red, -each.yellow, each.unit))


def history(session: ReadSession, supervision: Supervision) -> list[SupervisionEvent]:
    rows = select(SupervisionEvent).where(SupervisionEvent.supervision_id == supervision.id)
    return list(session.execute(rows.order_by(SupervisionEvent.seq)).scalars())


def unit_names(session: ReadSession, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Code and name of each unit."""
    rows = session.execute(select(Unit.id, Unit.code, Unit.name).where(Unit.id.in_(set(ids))))
    return {row.id: (row.code, row.name) for row in rows}


def open_count(session: ReadSession, ctx: Context) -> int:
    statement: Select[tuple[int]] = select(func.count(Supervision.id)).where(
        Supervision.closed_at.is_(None), _mine(ctx, Supervision)
    )
    return session.execute(statement).scalar_one()


def state_of(supervision: Supervision, ctx: Context) -> rules.State:
    return rules.state(
        due_at=supervision.due_at,
        replied_at=supervision.replied_at,
        overdue_at=supervision.overdue_at,
        escalated_at=supervision.escalated_at,
        closed_at=supervision.closed_at,
        now=ctx.now,
    )
