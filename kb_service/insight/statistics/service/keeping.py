"""Keeping the facts in line with the histories: as tickets change, and all anew."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from kb_service.core import outbox
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.identity.model import Unit
from kb_service.insight.statistics.facts import Facts, facts
from kb_service.insight.statistics.model import TicketFact, TicketMark
from kb_service.tickets.model import Ticket
from kb_service.tickets.service import histories
from kb_service.tickets.service.projecting import CHANGED

BATCH = 200


def drain(session: WriteSession, ctx: Context, limit: int = BATCH) -> int:
    """Derives tickets that changed; returns how many changes there were."""
    rows = outbox.waiting_keys(session, CHANGED, limit)
    ids = sorted({int(row.key) for row in rows})
    derive(session, ids, ctx.now)
    outbox.mark_drained(session, [row.id for row in rows], ctx.now)
    return len(rows)


def fill(session: WriteSession, ctx: Context, limit: int = BATCH) -> int:
    """Derives tickets that have no facts yet: those of a base that is older than statistics."""
    without = select(Ticket.id).where(Ticket.id.not_in(select(TicketFact.ticket_id)))
    ids = session.execute(without.order_by(Ticket.id).limit(limit)).scalars().all()
    derive(session, ids, ctx.now)
    return len(ids)


def remake(session: WriteSession, ctx: Context, after: int, limit: int = BATCH) -> int | None:
    """Derives so many tickets anew, those after an id; the last id, or None when there were no more."""
    rows = select(Ticket.id).where(Ticket.id > after).order_by(Ticket.id).limit(limit)
    ids = session.execute(rows).scalars().all()
    derive(session, ids, ctx.now)
    return ids[-1] if ids else None


def derive(session: WriteSession, ids: Sequence[int], now: datetime) -> None:
    """Puts what the histories come to at `now` in the place of what was known."""
    if not ids:
        return
    units = dict(session.execute(select(Unit.code, Unit.id)).tuples().all())
    made = list(_standing(session, ids, now))
    session.execute(delete(TicketMark).where(TicketMark.ticket_id.in_(ids)))
    session.execute(delete(TicketFact).where(TicketFact.ticket_id.in_(ids)))
    if made:
        session.execute(insert(TicketFact), [fact_row(ticket, found, units, now) for ticket, found in made])
    marks = [row for ticket, found in made for row in mark_rows(ticket, found, units)]
    if marks:
        session.execute(insert(TicketMark), marks)


def _standing(session: ReadSession, ids: Sequence[int], now: datetime) -> Iterable[tuple[Ticket, Facts]]:
    """As they stand now. Events of one ticket follow one another, the last perhaps a moment ahead."""
    tickets = session.execute(select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id)).scalars().all()
    for ticket, stood in histories.standings(session, tickets):
        events = [histories.event_of(row) for row in stood.rows]
        if events:
            yield ticket, facts(stood.rules, events, max(now, events[-1].at))


def known(session: ReadSession, ids: Sequence[int], now: datetime) -> Iterable[tuple[Ticket, Facts]]:
    """The facts of tickets as known at `now`; without those that were registered later."""
    tickets = session.execute(select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id)).scalars().all()
    for ticket, stood in histories.standings(session, tickets):
        events = [histories.event_of(row) for row in stood.rows]
        if events and events[0].at <= now:
            yield ticket, facts(stood.rules, events, now)


def fact_row(ticket: Ticket, found: Facts, units: Mapping[str, int], now: datetime) -> dict[str, Any]:
    return {
        "ticket_id": ticket.id,
        "registered_day": local_day(ticket.registered_at),
        "request_class": ticket.request_class,
        "channel": ticket.channel,
        "region_code": ticket.region_code,
        "field": ticket.field,
        "category_code": ticket.category_code,
        "matter_code": ticket.matter_code,
        "unit_id": units.get(found.unit or ""),
        "disposal": found.disposal,
        "done_at": found.done_at,
        "last_at": found.last_at,
        "derived_at": now,
    }


def mark_rows(ticket: Ticket, found: Facts, units: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "ticket_id": ticket.id,
            "name": each.name,
            "stay": each.stay,
            "nth": each.nth,
            "day": each.day,
            "unit_id": units.get(each.unit or ""),
            "region_code": ticket.region_code,
            "good": each.good,
            "done": each.done,
            "left_out": each.left_out,
        }
        for each in found.marks
    ]
