"""What search is told of each query: the hand of editors and the city's lexicon, as of now in every process."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import or_, select

from kb_service.core import live
from kb_service.core.clock import epoch
from kb_service.core.db import ReadSession
from kb_service.core.live import Live
from kb_service.knowledge.guiding import rules
from kb_service.knowledge.guiding.model import Guidance
from kb_service.knowledge.guiding.rules import Said
from kb_service.knowledge.guiding.service import ranking
from kb_service.knowledge.lexicon.service import entries
from kb_service.knowledge.model import Point
from kb_service.knowledge.service import words
from search.guide import Guide


def _everything(session: ReadSession) -> rules.Guidance:
    return rules.Guidance(_said(session, None))


def _said(session: ReadSession, at: datetime | None) -> list[Said]:
    """What stands, or stood at an instant."""
    statement = select(Guidance, Point.code).join(Point, Point.id == Guidance.point_id)
    if at is None:
        statement = statement.where(Guidance.ended_at.is_(None))
    else:
        standing = or_(Guidance.ended_at.is_(None), Guidance.ended_at > at)
        statement = statement.where(Guidance.created_at <= at, standing)
    return [
        Said(
            id=said.id, code=code, kind=said.kind, words=said.words, whole=said.whole, factor=said.factor,
            since=epoch(said.from_at) if said.from_at else 0,
            until=epoch(said.until_at) if said.until_at else rules.FOREVER,
        )
        for said, code in session.execute(statement.order_by(Guidance.id)).tuples()
    ]  # fmt: skip


LIVE = Live("search.guidance", _everything)


def guide_of(session: ReadSession, text: str, now: datetime, marks: live.Marks | None = None) -> Guide:
    """What holds for a query now. The city's dictionary is put in use too, for the query is cut with it."""
    marks = live.marks(session) if marks is None else marks
    words.keep_current(session, marks)
    hand = LIVE.of(session, marks).of(text, epoch(now))
    return replace(hand, lexicon=entries.LIVE.of(session, marks), model=ranking.LIVE.of(session, marks))


def past_guide(session: ReadSession, text: str, at: datetime) -> Guide:
    """What editors had said by an instant that has passed."""
    return rules.Guidance(_said(session, at)).of(text, epoch(at))
