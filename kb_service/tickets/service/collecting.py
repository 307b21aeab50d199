"""What a ticket says that the base does not: on its way to the unit that could confirm it."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit
from kb_service.knowledge.candidates.rules import Way
from kb_service.knowledge.candidates.service import collecting
from kb_service.tickets.model import Ticket, TicketEvent
from kb_service.tickets.service import words

# A reply so short says nothing that anybody could be told again.
SHORTEST = 10
_WITHOUT_POINT: Final = frozenset({"line_answer", "promised_answer"})
_COMPLETES: Final = frozenset({"request_completion", "decide_completion"})


def collect(
    session: WriteSession,
    ctx: Context,
    parts: Runtime,
    ticket: Ticket,
    kind: str,
    details: Mapping[str, Any],
) -> None:
    """Takes an answer given on the line without a point, and the last reply of a consultation that is done.

    Nothing is taken of a confidential ticket.
    """
    if ticket.confidential:
        return
    if kind in _WITHOUT_POINT and details.get("answered") is True:
        _capture(session, ctx, ticket, "agent", str(details.get("text", "")))
    done = kind in _COMPLETES and ticket.status == "completed"
    if done and ticket.request_class == "consultation":
        _capture(session, ctx, ticket, "ticket", _last_reply(session, parts, ticket))


def _last_reply(session: ReadSession, parts: Runtime, ticket: Ticket) -> str:
    rows = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id, TicketEvent.type == "reply")
    last = session.execute(rows.order_by(TicketEvent.seq.desc()).limit(1)).scalar_one_or_none()
    return str(words.opened(parts, ticket, last)[0].get("result", "")) if last is not None else ""


def _capture(session: WriteSession, ctx: Context, ticket: Ticket, way: Way, answer: str) -> None:
    if len(answer.strip()) < SHORTEST:
        return
    collecting.capture(
        session,
        ctx,
        source=way,
        question=ticket.title,
        answer=answer,
        unit_hint=_unit(session, ticket),
        evidence={"class": ticket.request_class, "matter": ticket.matter_code or ""},
        key=f"ticket:{ticket.code}:{way}",
        ticket_code=ticket.code,
    )


def _unit(session: ReadSession, ticket: Ticket) -> str | None:
    unit_id = ticket.unit_id or ticket.suggested_unit_id
    unit = session.get(Unit, unit_id) if unit_id else None
    return unit.code if unit else None
