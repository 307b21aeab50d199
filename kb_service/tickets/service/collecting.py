"""What a ticket says that the base does not: on its way to the unit that could confirm it."""

from collections.abc import Mapping, Sequence
from typing import Any

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.identity.model import Unit
from kb_service.knowledge.candidates.rules import Way
from kb_service.knowledge.candidates.service import collecting
from kb_service.tickets.model import Ticket, TicketEvent

# A reply so short says nothing that anybody could be told again.
SHORTEST = 10


def collect(
    session: WriteSession,
    ctx: Context,
    ticket: Ticket,
    kind: str,
    details: Mapping[str, Any],
    events: Sequence[TicketEvent],
) -> None:
    """Takes an instant answer that rests on no point, and the last reply of a consultation that is done.

    Nothing is taken of a confidential ticket.
    """
    if ticket.confidential:
        return
    if kind == "answer" and not details.get("points"):
        _capture(session, ctx, ticket, "agent", str(details.get("text", "")))
    done = kind == "complete_decide" and details.get("approved") is True
    if done and ticket.request_class == "consultation":
        replies = [str(each.data.get("text", "")) for each in events if each.type == "reply"]
        _capture(session, ctx, ticket, "ticket", replies[-1] if replies else "")


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
