"""Asks a question again, as a caller would, without leaving a trace."""

from dataclasses import dataclass

from kb_service.answering import schemas
from kb_service.answering.service import deciding
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import KbError
from kb_service.core.runtime import Runtime


@dataclass(frozen=True)
class Told:
    """What the base says now: the point that answers, or the unit that would be asked and why."""

    answered_by: str | None
    confidence: float
    unit: str | None = None
    reason: str = ""


def ask(parts: Runtime, question: str) -> Told | None:
    """None where nothing can be decided now, as while no rules are in force."""
    ctx = Context(SYSTEM, parts.clock.now())
    with parts.database.write() as session:
        try:
            data = schemas.DecisionIn(question=question, channel="phone")
            found = deciding.decide(session, ctx, parts, data)
        except KbError:
            return None
        finally:
            # A question nobody asked must not stand among those that were asked.
            session.rollback()
    answered = found.citations[0].code if found.decision == "answer" and found.citations else None
    unit = found.units[0] if found.units else None
    return Told(answered, found.confidence, unit.code if unit else None, unit.reason if unit else "")
