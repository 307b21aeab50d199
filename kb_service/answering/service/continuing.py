"""What is said in a conversation, in the light of what was decided in it before."""

from dataclasses import dataclass

from sqlalchemy import select

from kb_service.answering import clarifying, schemas
from kb_service.answering.following import Subject
from kb_service.answering.model import Conversation, Decision
from kb_service.core.db import ReadSession

# Sent instead of a question it asks the last one again, by itself.
FRESH = "fresh"


@dataclass(frozen=True)
class Continued:
    """What a message means: the question, and what a clarification it answers makes of it.

    `subject` is what the conversation was about so far; None where nothing is to be inherited.
    """

    question: str
    region: str | None = None
    point: str | None = None
    clarified: bool = False
    subject: Subject | None = None


def last_of(session: ReadSession, conversation: Conversation) -> Decision | None:
    return session.execute(
        select(Decision)
        .where(Decision.conversation_id == conversation.id)
        .order_by(Decision.at.desc(), Decision.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def continued(session: ReadSession, conversation: Conversation, said: str, *, fresh: bool) -> Continued:
    """`fresh`: nothing is inherited, though the choices of a clarification are still understood."""
    last = last_of(session, conversation)
    if last is None:
        return Continued(said)
    if said == FRESH and last.outcome.get("inherits"):
        return Continued(last.question)
    subject = None if fresh else subject_of(last)
    if last.decision == "clarify":
        value = clarifying.reply_to(last.outcome["clarification"]["choices"], said)
        if value is not None:
            kind, _, code = value.partition(":")
            region, point = (code if kind == "region" else None), (code if kind == "point" else None)
            question = subject.asked if subject else last.question
            return Continued(question, region, point, clarified=True, subject=subject)
    return Continued(said, subject=subject)


def subject_of(last: Decision) -> Subject | None:
    kept = last.outcome.get("subject")
    if kept is None:
        return None
    found = schemas.SubjectOut.model_validate(kept)
    return Subject(found.asked, found.title, found.code, tuple(found.names))
