"""What citizens report as wrong, and what they are told of it."""

from sqlalchemy import select

from kb_service.answering.model import Shown
from kb_service.core.db import ReadSession
from kb_service.knowledge.corrections.service import reading


def shown_by(session: ReadSession, decision: str) -> Shown | None:
    """What a decision showed."""
    rows = select(Shown).where(Shown.decision_id == decision).order_by(Shown.id).limit(1)
    return session.execute(rows).scalar_one_or_none()


def told_of(session: ReadSession, conversation: str) -> dict[str, str]:
    """By the decision whose answer was reported in this conversation: how that stands."""
    lines = reading.of_conversation(session, conversation)
    if not lines:
        return {}
    rows = select(Shown.id, Shown.decision_id).where(Shown.id.in_(lines), Shown.decision_id.is_not(None))
    return {row.decision_id: lines[row.id].status_name for row in session.execute(rows)}
