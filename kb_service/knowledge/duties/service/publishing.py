"""Scores of units as they are published, whatever is scored: snapshots, each of which can be checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import select

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, NotFound
from kb_service.identity.model import Unit
from kb_service.knowledge.duties.model import PublishedScore
from kb_service.knowledge.duties.rules import Period
from kb_service.knowledge.service.lookups import require_account

Row = TypeVar("Row", bound=PublishedScore)


class Outcome(Protocol):
    @property
    def value(self) -> str | None: ...
    @property
    def inputs(self) -> str: ...


class Standing(Protocol):
    @property
    def period(self) -> Period: ...
    @property
    def known_at(self) -> datetime: ...
    @property
    def score(self) -> Outcome: ...


@dataclass(frozen=True)
class Published:
    id: int
    unit_code: str
    unit_name: str
    period: Period
    known_at: datetime
    score: str | None
    inputs_hash: str
    published_at: datetime


@dataclass(frozen=True)
class Checked:
    """A published score beside what the same history gives: as known then, and now.

    `same`: it comes out as it was published. `now` differs after an appeal, a later rating, an extension
    granted afterwards.
    """

    published: Published
    then: str | None
    same: bool
    now: str | None


def publisher_of(ctx: Context, period: Period) -> int:
    """The account that publishes; Conflict where the period is not over."""
    ctx.actor.require("duty.manage")
    account = require_account(ctx)
    if period.end > ctx.now:
        raise Conflict(f"考核期到 {period.last} 才结束，结束后才能公布。", code="period_not_over")
    return account


def snapshot(
    table: type[Row],
    standing: Standing,
    unit_id: int,
    scheme: dict[str, Any],
    by: int,
    now: datetime,
    **parts: Any,
) -> Row:
    """`parts`: the column in which the table keeps what the score is made of."""
    return table(
        unit_id=unit_id,
        period_from=standing.period.first,
        period_to=standing.period.last,
        known_at=standing.known_at,
        score=standing.score.value,
        scheme=scheme,
        inputs_hash=standing.score.inputs,
        published_by=by,
        published_at=now,
        **parts,
    )


def keep(
    session: WriteSession, ctx: Context, rows: Sequence[PublishedScore], event: str, subject: str
) -> None:
    session.add_all(rows)
    session.flush()
    audit.record(session, ctx, event, subject, after={"units": len(rows)})


def newest(
    session: ReadSession, ctx: Context, table: type[PublishedScore], period: Period
) -> list[Published]:
    """The newest snapshot of each unit for a period, of the units in the actor's scope."""
    statement = (
        select(table, Unit.code, Unit.name)
        .join(Unit, Unit.id == table.unit_id)
        .where(table.period_from == period.first, table.period_to == period.last)
        .order_by(table.id)
    )
    if ctx.actor.unit_scope is not None:
        statement = statement.where(table.unit_id.in_(sorted(ctx.actor.unit_scope)))
    found = {code: _published(row, code, name) for row, code, name in session.execute(statement)}
    return sorted(found.values(), key=lambda each: each.unit_code)


def kept(session: ReadSession, ctx: Context, table: type[Row], score_id: int) -> tuple[Row, Published]:
    row = session.get(table, score_id)
    if row is None or not ctx.actor.in_scope(row.unit_id):
        raise NotFound("没有这份公布的得分。", code="unknown_score")
    unit = session.get_one(Unit, row.unit_id)
    return row, _published(row, unit.code, unit.name)


def checked(published: Published, then: Outcome, now: Outcome) -> Checked:
    same = then.inputs == published.inputs_hash and then.value == published.score
    return Checked(published, then.value, same, now.value)


def _published(row: PublishedScore, code: str, name: str) -> Published:
    return Published(
        id=row.id,
        unit_code=code,
        unit_name=name,
        period=Period(row.period_from, row.period_to),
        known_at=row.known_at,
        score=row.score,
        inputs_hash=row.inputs_hash,
        published_at=row.published_at,
    )
