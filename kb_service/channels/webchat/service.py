"""A citizen's conversation: what was asked and answered, and how it became a ticket."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select

from kb_service.answering.model import Conversation, Decision
from kb_service.answering.schemas import DecisionIn, DecisionOut
from kb_service.answering.service import deciding
from kb_service.core.context import PUBLIC, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import NotFound
from kb_service.core.runtime import Runtime
from kb_service.tickets.model import Ticket
from kb_service.tickets.schemas import RequesterIn, TicketIn
from kb_service.tickets.service import registering

CHANNEL: Final = "web"
TITLE_LENGTH = 40


@dataclass(frozen=True)
class Turn:
    """One question and what came of it; `ticket` is the code of the ticket made of it, or empty."""

    id: str
    asked: str
    at: datetime
    outcome: DecisionOut
    helpful: bool | None
    ticket: str = ""


@dataclass(frozen=True)
class Request:
    """What a citizen asks to have registered; the rest comes from the decision on their question."""

    decision: str
    text: str
    region: str
    name: str
    phone: str
    address: str


def as_public(ctx: Context) -> Context:
    """Whoever is logged in on the same machine: the chat knows and says what is public, no more."""
    return replace(ctx, actor=PUBLIC)


def transcript(session: ReadSession, conversation: str) -> list[Turn]:
    """The turns of a web conversation, oldest first; none for an unknown one."""
    rows = (
        select(Decision)
        .where(Decision.conversation_id == conversation, Decision.channel == CHANNEL)
        .order_by(Decision.at, Decision.id)
    )
    decisions = list(session.execute(rows).scalars())
    made = select(Ticket.decision_id, Ticket.code).where(
        Ticket.decision_id.in_([decision.id for decision in decisions])
    )
    tickets = dict(session.execute(made).tuples().all())
    turns: list[Turn] = []
    for row in decisions:
        outcome = deciding.read(session, row.id)
        asked = _chosen(turns[-1], row.question, outcome) if turns else row.question
        turns.append(Turn(row.id, asked, row.at, outcome, row.helpful, tickets.get(row.id, "")))
    return turns


def _chosen(before: Turn, question: str, outcome: DecisionOut) -> str:
    """The choice a clarification was answered with, where this turn answers one."""
    clarification = before.outcome.clarification
    if clarification is None:
        return question
    values = {f"region:{outcome.region}", *(f"point:{cited.code}" for cited in outcome.citations)}
    return next((choice.label for choice in clarification.choices if choice.value in values), question)


def ask(
    session: WriteSession, ctx: Context, parts: Runtime, conversation: str, text: str, region: str
) -> DecisionOut:
    """An unknown conversation, which an old cookie may name, is begun anew."""
    known = session.get(Conversation, conversation) if conversation else None
    data = DecisionIn(
        question=text,
        channel=CHANNEL,
        conversation=known.id if known and known.channel == CHANNEL else None,
        region=region or None,
    )
    return deciding.decide(session, as_public(ctx), parts, data)


def judge(session: WriteSession, conversation: str, decision: str, helpful: bool) -> None:
    _own(session, conversation, decision)
    deciding.judge(session, decision, helpful)


def register(session: WriteSession, ctx: Context, parts: Runtime, conversation: str, request: Request) -> str:
    """A ticket of the citizen's own words, for the unit that the decision suggests; its code."""
    outcome = _own(session, conversation, request.decision) if request.decision else None
    data = TicketIn.model_validate(
        {
            "class": outcome.request_class if outcome else "help",
            "channel": CHANNEL,
            "region": (outcome.region if outcome else None) or request.region,
            "title": request.text[:TITLE_LENGTH],
            "text": request.text,
            "requester": RequesterIn(name=request.name, phone=request.phone, address=request.address),
            "matter": outcome.matter if outcome else None,
            "unit": outcome.units[0].code if outcome and outcome.units else None,
            "decision": request.decision or None,
            "sudden": bool(outcome and outcome.sudden),
        }
    )
    return registering.register(session, as_public(ctx), parts, data).code


def _own(session: ReadSession, conversation: str, decision: str) -> DecisionOut:
    """The outcome of a decision of this conversation; nobody reaches another's by its id."""
    found = session.get(Decision, decision)
    if found is None or not conversation or found.conversation_id != conversation:
        raise NotFound("这次咨询已经结束，请重新提问。", code="unknown_conversation")
    return deciding.read(session, decision)
