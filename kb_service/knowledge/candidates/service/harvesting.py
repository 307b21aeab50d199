"""Drawing candidates from the register of searches: what was asked again and again, and nothing was chosen."""

from dataclasses import dataclass

from sqlalchemy import func, select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid
from kb_service.knowledge.candidates import rules
from kb_service.knowledge.candidates.model import CandidateHarvest
from kb_service.knowledge.candidates.service import collecting
from kb_service.knowledge.searches.model import Search

AT_ONCE = 5_000


@dataclass(frozen=True)
class _Asked:
    question: str
    fresh: int
    times: int
    hits: list[str]


def harvest(session: WriteSession, ctx: Context) -> int:
    """Goes on from where it stopped; a search younger than an hour may still end in a choice and waits."""
    after = session.execute(select(func.max(CandidateHarvest.up_to))).scalar() or 0
    ripe = (Search.id > after, Search.at <= ctx.now - rules.SETTLES_AFTER)
    ids = select(Search.id).where(*ripe).order_by(Search.id).limit(AT_ONCE).subquery()
    up_to = session.execute(select(func.max(ids.c.id))).scalar()
    if up_to is None:
        return 0
    taken = sum(_take(session, ctx, asked) for asked in _fruitless(session, ctx, after, up_to))
    session.add(CandidateHarvest(up_to=up_to, at=ctx.now))
    return taken


def _fruitless(session: ReadSession, ctx: Context, after: int, up_to: int) -> list[_Asked]:
    """Questions among the fresh searches in which nobody has chosen anything for a month."""
    new = (Search.id > after, Search.id <= up_to)
    fresh = select(Search.question, func.count(Search.id)).where(*new).group_by(Search.question)
    counts = dict(session.execute(fresh).tuples().all())
    month = (Search.at >= ctx.now - rules.WINDOW, Search.id <= up_to)
    rows = (
        select(Search.question, func.count(Search.id), func.max(Search.id))
        .where(*month, Search.question.in_(select(Search.question).where(*new)))
        .group_by(Search.question)
        .having(func.count(Search.chosen) == 0)
    )
    found = session.execute(rows).all()
    last = dict(
        session.execute(select(Search.id, Search.hits).where(Search.id.in_([row[2] for row in found])))
        .tuples()
        .all()
    )
    return [_Asked(row[0], counts.get(row[0], 0), row[1], last[row[2]]) for row in found]


def _take(session: WriteSession, ctx: Context, asked: _Asked) -> int:
    """What is collected already counts the fresh ones; what is not must be worth it."""
    known = collecting.joined(session, ctx, asked.question, asked.hits)
    if known is not None:
        collecting.count(session, ctx, known, asked.question, asked.fresh)
        return 1
    if not rules.worth_asking(asked.times, found_something=bool(asked.hits)):
        return 0
    try:
        collecting.capture(
            session,
            ctx,
            source="search",
            question=asked.question,
            hits=asked.hits,
            times=asked.times,
        )
    except Invalid:
        # A search for punctuation or a single letter asks nothing.
        return 0
    return 1
