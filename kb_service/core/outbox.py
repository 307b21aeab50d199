"""The outbox: what other parts must learn of a change, written in the change's own transaction.

A row names what changed, not its new state: whoever drains it reads the database as it is then, so
that a late row can never bring back an old state.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import Index, SmallInteger, String, delete, func, insert, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.context import Context
from kb_service.core.db import Base, BigInt, ReadSession, WriteSession, affected


class Lane(IntEnum):
    """Single publications and scripts overtake batches."""

    URGENT = 0
    NORMAL = 1
    BULK = 2


class OutboxRow(Base):
    __tablename__ = "core_outbox"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    topic: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(80))
    lane: Mapped[int] = mapped_column(SmallInteger)
    payload: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    drained_at: Mapped[datetime | None]

    # AUTOINCREMENT: a number must not come back after old rows are purged, it is the index's version.
    __table_args__ = (
        Index("ix_core_outbox_waiting", "topic", "drained_at", "lane", "id"),
        {"sqlite_autoincrement": True},
    )


def publish(
    session: WriteSession,
    ctx: Context,
    topic: str,
    key: str,
    *,
    lane: Lane = Lane.NORMAL,
    payload: Mapping[str, Any] | None = None,
) -> None:
    session.add(
        OutboxRow(
            topic=topic,
            key=key,
            lane=int(lane),
            payload=dict(payload) if payload else None,
            created_at=ctx.now,
        )
    )


def publish_many(
    session: WriteSession, ctx: Context, topic: str, keys: Iterable[str], *, lane: Lane = Lane.BULK
) -> None:
    """The same as `publish` for many keys, in one statement."""
    rows = [
        {"topic": topic, "key": key, "lane": int(lane), "payload": None, "created_at": ctx.now}
        for key in keys
    ]
    if rows:
        session.execute(insert(OutboxRow), rows)


def waiting(session: ReadSession, topic: str, limit: int) -> Sequence[OutboxRow]:
    rows = (
        select(OutboxRow)
        .where(OutboxRow.topic == topic, OutboxRow.drained_at.is_(None))
        .order_by(OutboxRow.lane, OutboxRow.id)
        .limit(limit)
    )
    return session.execute(rows).scalars().all()


class Waiting(NamedTuple):
    id: int
    key: str
    lane: int


def waiting_keys(
    session: ReadSession, topic: str, limit: int, lanes: Collection[Lane] = tuple(Lane)
) -> list[Waiting]:
    """The same rows, those of some lanes, of each only what it takes to drain it."""
    rows = (
        select(OutboxRow.id, OutboxRow.key, OutboxRow.lane)
        .where(OutboxRow.topic == topic, OutboxRow.drained_at.is_(None), OutboxRow.lane.in_(lanes))
        .order_by(OutboxRow.lane, OutboxRow.id)
        .limit(limit)
    )
    return [Waiting(*row) for row in session.execute(rows)]


def mark_drained(session: WriteSession, ids: Sequence[int], now: datetime) -> None:
    session.execute(update(OutboxRow).where(OutboxRow.id.in_(ids)).values(drained_at=now))


def keys_touched_since(session: ReadSession, topic: str, instant: datetime) -> list[str]:
    """Keys still waiting, or drained at or after `instant`: what an index begun then may lack."""
    rows = (
        select(OutboxRow.key)
        .where(OutboxRow.topic == topic, or_(OutboxRow.drained_at.is_(None), OutboxRow.drained_at >= instant))
        .distinct()
    )
    return list(session.execute(rows).scalars())


def backlog(session: ReadSession, topic: str) -> int:
    waiting_rows = select(func.count(OutboxRow.id)).where(
        OutboxRow.topic == topic, OutboxRow.drained_at.is_(None)
    )
    return session.execute(waiting_rows).scalar_one()


def purge_drained(session: WriteSession, before: datetime) -> int:
    """Forgets rows drained before `before`; a rebuild that began earlier would miss them."""
    return affected(session, delete(OutboxRow).where(OutboxRow.drained_at < before))
