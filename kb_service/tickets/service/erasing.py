"""Destroying who asked, and in which words: at somebody's wish, or when the city's time for keeping is over."""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from kb_service.core import personal
from kb_service.core.clauses import rule
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Requester
from kb_service.identity.service import requesters
from kb_service.tickets.model import Ticket, TicketEvent
from kb_service.tickets.rules.life.words import OVER
from kb_service.tickets.service import registering, taking, words

BATCH: Final = 200
ERASED: Final = "（诉求人信息和诉求原文已按规定清除。）"
REASON: Final = "超过保存期限"


@rule("TA-28", neutral=None)
def destroy(session: WriteSession, ctx: Context, parts: Runtime, ticket: Ticket, reason: str) -> None:
    """Of one ticket; parts it was split into share the requester, and while one is open nothing is destroyed."""
    if ticket.requester_id is not None:
        if _needed(session, ticket):
            raise Conflict("诉求人还有没办完的工单，现在不能清除其信息。", code="requester_needed")
        requesters.erase(session, ctx, ticket.requester_id, reason)
    ticket.text = registering.sealed(parts, ticket.code, ERASED)
    # Titles of before were only starred of numbers.
    ticket.title = personal.mask_said(ticket.title)
    words.destroy(session, ticket)


def _needed(session: ReadSession, ticket: Ticket) -> bool:
    others = select(Ticket.id).where(
        Ticket.requester_id == ticket.requester_id,
        Ticket.id != ticket.id,
        Ticket.status.not_in(sorted(OVER)),
    )
    return session.execute(others.limit(1)).first() is not None


def sweep(session: WriteSession, ctx: Context, parts: Runtime, limit: int = BATCH) -> int:
    """So many tickets whose time is over; returns how many. Does nothing unless the setting says how long."""
    days = parts.settings.requester_retention_days
    if not days:
        return 0
    last = select(func.max(TicketEvent.at)).where(TicketEvent.ticket_id == Ticket.id).scalar_subquery()
    rows = (
        select(Ticket)
        .join(Requester, Requester.id == Ticket.requester_id)
        .where(
            Requester.erased_at.is_(None),
            Ticket.status.in_(sorted(OVER)),
            last < ctx.now - timedelta(days=days),
        )
        .order_by(Ticket.id)
        .limit(limit)
    )
    done = 0
    for ticket in session.execute(rows).scalars().all():
        if not _needed(session, ticket):
            taking.take(session, ctx, parts, ticket, taking.Step("erase", {"reason": REASON}))
            destroy(session, ctx, parts, ticket, REASON)
            done += 1
    return done
