"""Keeps what was searched for and chosen; tells which points are used and which searches lead nowhere."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError

from kb_service.core.clauses import rule
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import Database, ReadSession, WriteSession, affected
from kb_service.knowledge.model import Point
from kb_service.knowledge.searches import rules
from kb_service.knowledge.searches.model import Search, Use

log = logging.getLogger(__name__)


def record(
    session: WriteSession,
    ctx: Context,
    question: str,
    hits: Sequence[str],
    *,
    chosen: str | None = None,
    channel: str = "api",
    key: str | None = None,
    after: str | None = None,
) -> None:
    """Keeps a search, or with the `key` of one that is kept what was chosen in it.

    `after`: the key of the one that was said otherwise just before, and led to nothing.
    """
    text = rules.kept(question)
    if not text:
        return
    standing = _standing(session, key)
    if standing is not None:
        if chosen and not standing.chosen:
            standing.chosen = chosen
            count(session, ctx, [chosen], "chosen")
        return
    top = list(hits[: rules.TOP])
    session.add(
        Search(
            key=key,
            at=ctx.now,
            question=text,
            hits=top,
            chosen=chosen or None,
            after=after if after != key else None,
            channel=channel,
        )
    )
    count(session, ctx, top, "found")
    if chosen:
        count(session, ctx, [chosen], "chosen")


def _standing(session: WriteSession, key: str | None) -> Search | None:
    if key is None:
        return None
    return session.execute(select(Search).where(Search.key == key).with_for_update()).scalar_one_or_none()


def record_apart(
    database: Database, ctx: Context, question: str, hits: Sequence[str], *, channel: str
) -> None:
    """The same in a transaction of its own, after the answer was sent. Statistics never fail a search."""
    try:
        with database.write() as session:
            record(session, ctx, question, hits, channel=channel)
    except SQLAlchemyError:
        log.warning("a search could not be kept")


def count(session: WriteSession, ctx: Context, codes: Sequence[str], what: str) -> None:
    """One more for each point today; `what`: found, chosen or shown. Unknown codes count nowhere."""
    insert: Any = postgresql_insert if session.dialect_name == "postgresql" else sqlite_insert
    ids = session.execute(select(Point.id).where(Point.code.in_(codes)).order_by(Point.id)).scalars()
    rows = [{"point_id": each, "day": local_day(ctx.now), what: 1} for each in ids]
    if rows:
        added = insert(Use).values([{"found": 0, "chosen": 0, "shown": 0} | row for row in rows])
        session.execute(
            added.on_conflict_do_update(
                index_elements=[Use.point_id, Use.day],
                set_={what: getattr(Use, what) + getattr(added.excluded, what)},
            )
        )


@dataclass(frozen=True)
class Fruitless:
    """A question that was asked so often and in which nothing was chosen."""

    question: str
    times: int
    found_something: int
    last_at: datetime


def _nothing(*_args: object, **_rest: object) -> list[Fruitless]:
    return []


@rule("TA-6.4", neutral=_nothing)
def never_chosen(
    session: ReadSession, ctx: Context, *, days: int = 30, at_least: int = 3, limit: int = 50
) -> list[Fruitless]:
    """Questions of the last days that were asked often and led to no choice, the most frequent first."""
    ctx.actor.require("stats.read")
    times, chosen = func.count(Search.id), func.count(Search.chosen)
    statement = (
        select(Search.question, times, func.max(Search.at), func.max(Search.id))
        .where(Search.at >= ctx.now - timedelta(days=days))
        .group_by(Search.question)
        .having(times >= at_least, chosen == 0)
        .order_by(times.desc(), Search.question)
        .limit(limit)
    )
    rows = session.execute(statement).all()
    newest = select(Search.id, Search.hits).where(Search.id.in_([row[3] for row in rows]))
    hits = dict(session.execute(newest).tuples().all())
    return [Fruitless(row[0], row[1], len(hits[row[3]]), row[2]) for row in rows]


def purge(session: WriteSession, now: datetime) -> int:
    """Forgets searches and counts that have served their time."""
    old = affected(session, delete(Search).where(Search.at < now - rules.KEEP))
    return old + affected(session, delete(Use).where(Use.day < local_day(now - rules.KEEP_USE)))
