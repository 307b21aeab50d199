"""What time does to tickets: those whose projection is out of date are settled and projected anew."""

from datetime import datetime

from sqlalchemy import select

from kb_service.core import audit, outbox
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life import settle
from kb_service.tickets.service import announcing, following, projecting
from kb_service.tickets.service.histories import standing
from kb_service.tickets.supervised import marking, telling

BATCH = 200


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
    for ticket in found:
        bring_up(session, ctx, ticket)
    return len(found)


def bring_up(session: WriteSession, ctx: Context, ticket: Ticket) -> None:
    """The ticket as it stands now, with what came of the time since it was looked at last."""
    stood = standing(session, ticket)
    now = max([ctx.now, *(row.at for row in stood.rows[-1:])])
    before, status, due = ticket.derived_at, ticket.status, ticket.due_at
    state = settle(stood.rules, stood.state, now)
    effects = projecting.project(session, ticket, stood.rules, state, now)
    if status != ticket.status or effects:
        told = {"status": ticket.status, "effects": [each.effect for each in effects]}
        audit.record(session, ctx, "ticket.settled", f"ticket:{ticket.code}", after=told)
    outbox.publish(session, ctx, projecting.CHANGED, str(ticket.id))
    following.after_effects(session, ctx, ticket, effects)
    marking.keep(session, ctx, ticket, stood.rules, state)
    telling.tell(session, ctx, ticket, stood.rules, state)
    announcing.effects(session, ctx, ticket, stood.rules, state, effects)
    if _ran_out(due, before, now) and ticket.due_at is not None and ticket.due_at <= now:
        following.tell_overdue(session, ctx, ticket)
        announcing.happened(session, ctx, ticket, announcing.OVERDUE, stood.rules, state)
    elif due != ticket.due_at and not effects:
        announcing.happened(session, ctx, ticket, announcing.DUE_CHANGED, stood.rules, state)


def _ran_out(due: datetime | None, before: datetime | None, now: datetime) -> bool:
    return due is not None and due <= now and (before is None or before < due)
