"""What time does to tickets: those whose projection is out of date are settled and projected anew."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from kb_service.core import audit, outbox
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life import settle
from kb_service.tickets.service import announcing, following, projecting
from kb_service.tickets.service.histories import Standing, standings
from kb_service.tickets.supervised import marking, telling

BATCH = 500


def sweep(session: WriteSession, ctx: Context, limit: int = BATCH) -> int:
    """Settles so many tickets whose instant has come, the longest waiting first; returns how many."""
    rows = (
        select(Ticket)
        .where(Ticket.next_at <= ctx.now)
        .order_by(Ticket.next_at, Ticket.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = session.execute(rows).scalars().all()
    bring_up(session, ctx, found)
    return len(found)


def bring_up(session: WriteSession, ctx: Context, tickets: Sequence[Ticket]) -> None:
    """Each ticket as it stands now, with what came of the time since it was looked at last."""
    handlers, known = following.Handlers(session), marking.known(session, tickets)
    # What is written about one ticket matters to no other: all of it goes to the database together.
    with session.no_autoflush:
        for ticket, stood in standings(session, tickets):
            _bring_up(session, ctx, ticket, stood, handlers, known)


def _bring_up(
    session: WriteSession,
    ctx: Context,
    ticket: Ticket,
    stood: Standing,
    handlers: following.Handlers,
    known: set[marking.Kept],
) -> None:
    now = max([ctx.now, *(row.at for row in stood.rows[-1:])])
    before, status, due = ticket.derived_at, ticket.status, ticket.due_at
    state = settle(stood.rules, stood.state, now)
    projected = projecting.project(ticket, stood.rules, state, now)
    effects = projected.effects
    if status != ticket.status or effects:
        told = {"status": ticket.status, "effects": [each.effect for each in effects]}
        audit.record(session, ctx, "ticket.settled", f"ticket:{ticket.code}", after=told)
    outbox.publish(session, ctx, projecting.CHANGED, str(ticket.id))
    following.after_effects(session, ctx, ticket, effects, handlers)
    marking.keep(session, ctx, ticket, projected.cards, known)
    telling.tell(session, ctx, ticket, stood.rules, state)
    announcing.effects(session, ctx, ticket, stood.rules, state, effects)
    if _ran_out(due, before, now) and ticket.due_at is not None and ticket.due_at <= now:
        following.tell_overdue(session, ctx, ticket, handlers)
        announcing.happened(session, ctx, ticket, announcing.OVERDUE, stood.rules, state)
    elif due != ticket.due_at and not effects:
        announcing.happened(session, ctx, ticket, announcing.DUE_CHANGED, stood.rules, state)


def _ran_out(due: datetime | None, before: datetime | None, now: datetime) -> bool:
    return due is not None and due <= now and (before is None or before < due)
