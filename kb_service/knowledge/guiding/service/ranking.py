"""The ranking in use: the weights that ship, or learnt ones that a person put in their place."""

from sqlalchemy import select

from kb_service.core.db import ReadSession
from kb_service.core.live import Live
from kb_service.knowledge.guiding.model import ServedRanking
from search.ranking.learned import LearnedRanker
from search.ranking.model import RankingModel


def newest(session: ReadSession) -> ServedRanking | None:
    return session.execute(
        select(ServedRanking).order_by(ServedRanking.id.desc()).limit(1)
    ).scalar_one_or_none()


def _model(session: ReadSession) -> RankingModel | None:
    row = newest(session)
    return LearnedRanker(row.weights).model() if row is not None and row.weights else None


LIVE = Live("search.ranking", _model)
