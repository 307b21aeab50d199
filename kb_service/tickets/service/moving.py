"""Units are merged, renamed, split: their open tickets follow, and their clocks run on."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import or_, select

from kb_service.core import outbox
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit
from kb_service.knowledge.service import catalogue
from kb_service.tickets.model import Ticket, TicketTask, TicketUnit
from kb_service.tickets.rules.life.words import WITH_UNIT
from kb_service.tickets.service import taking
from kb_service.tickets.tasks import service as tasks

TOPIC = "unit.changed"
# For those who go by where the tickets are: the same change, once its tickets have moved.
FOLLOWED = "unit.followed"
_REASONS = {"rename": "单位更名", "merge": "单位合并", "split": "单位拆分"}


def drain(session: WriteSession, ctx: Context, parts: Runtime, limit: int = 20) -> int:
    """Follows each change that waits; returns how many there were."""
    rows = outbox.waiting(session, TOPIC, limit)
    for row in rows:
        follow(session, ctx, parts, row.payload or {})
        outbox.publish(session, ctx, FOLLOWED, row.key, payload=row.payload)
    outbox.mark_drained(session, [row.id for row in rows], ctx.now)
    return len(rows)


def follow(session: WriteSession, ctx: Context, parts: Runtime, change: Mapping[str, Any]) -> int:
    """Records the change in every open ticket of the old units; returns how many there were."""
    old, new = list(change.get("old", [])), list(change.get("new", []))
    units = {
        unit.id: unit for unit in session.execute(select(Unit).where(Unit.id.in_([*old, *new]))).scalars()
    }
    kind = str(change.get("kind", ""))
    moved = 0
    for unit_id in old:
        rest = int(change.get("rest", new[0] if new else unit_id))
        for ticket in _open_tickets(session, unit_id):
            to = _heir(session, ticket, unit_id, new, rest) if kind == "split" else rest
            if kind == "split" and to == unit_id:
                continue
            tasks.follow(session, unit_id, to, ticket.id)
            data = {"from": units[unit_id].code, "to": units[to].code, "reason": _REASONS.get(kind, kind)}
            # A ticket that has moved on meanwhile stays where it is.
            with suppress(Conflict):
                taking.take(session, ctx, parts, ticket, taking.Step("unit_changed", data))
                moved += 1
        if rest != unit_id:
            tasks.follow(session, unit_id, rest)
    return moved


def _open_tickets(session: ReadSession, unit_id: int) -> Sequence[Ticket]:
    """Those the unit answers for, takes part in, or has a sub-task of to do."""
    beside = select(TicketUnit.ticket_id).where(TicketUnit.unit_id == unit_id)
    inside = select(TicketTask.ticket_id).where(TicketTask.unit_id == unit_id, TicketTask.done_at.is_(None))
    part = or_(Ticket.unit_id == unit_id, Ticket.id.in_(beside), Ticket.id.in_(inside))
    rows = select(Ticket).where(part, Ticket.status.in_(sorted(WITH_UNIT)))
    return session.execute(rows.order_by(Ticket.id)).scalars().all()


def _heir(session: ReadSession, ticket: Ticket, old: int, new: Sequence[int], rest: int) -> int:
    """Of several, the one that the matter went to; where that says nothing, whoever has the rest."""
    if ticket.matter_code is not None:
        unit = catalogue.unit_of_matter(session, ticket.matter_code, ticket.region_code)
        if unit.id in {old, *new}:
            return unit.id
    return rest
