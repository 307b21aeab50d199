"""Telling other systems of a ticket: codes, states, times and clauses, and nothing that anybody said."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from kb_service.core.clauses import rule
from kb_service.core.clock import CITY
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.identity.model import Unit
from kb_service.notices.webhooks.rules import declare
from kb_service.notices.webhooks.service import telling
from kb_service.tickets.model import Ticket, TicketEvent
from kb_service.tickets.platforms.model import PlatformTicket
from kb_service.tickets.rules.life import Clock, Effect, Rules, State, clocks, kinds

EFFECT, OVERDUE, DUE_CHANGED = "ticket.effect", "ticket.overdue", "ticket.due_changed"
declare(
    {f"ticket.{kind.name}": kind.label for kind in kinds()}
    | {EFFECT: "到时即生效的事项", OVERDUE: "超期", DUE_CHANGED: "期限变化"}
)
# Of an event's details these are codes; whatever a person wrote stays here.
_CODES: Final = frozenset(
    {
        "to", "from", "unit", "suggested_unit", "co_units", "ground", "ending", "case", "kind", "outcome",
        "phase", "way", "satisfaction", "choices", "approved", "accepted", "answered", "reached", "solved",
        "ours", "unsolved", "adopted", "of", "new_facts", "not_returnable", "redo",
    }
)  # fmt: skip
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@rule("TA-28", neutral=dict)
def codes_only(data: Mapping[str, Any]) -> dict[str, Any]:
    """What may leave of an event's details: switches and codes, no words."""
    return {key: each for key, each in data.items() if key in _CODES and _is_code(each)}


def _is_code(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, str) and _is_code(each) for each in value)
    return isinstance(value, bool) or (isinstance(value, str) and bool(_CODE.fullmatch(value)))


def event(
    session: WriteSession, ctx: Context, ticket: Ticket, row: TicketEvent, rules: Rules, state: State
) -> None:
    told = {"seq": row.seq, "event_id": row.event_id or None, "details": codes_only(row.data)}
    _tell(session, ctx, ticket, f"ticket.{row.type}", row.at, told, rules, state)


def effects(
    session: WriteSession,
    ctx: Context,
    ticket: Ticket,
    rules: Rules,
    state: State,
    found: Iterable[Effect],
) -> None:
    for each in found:
        told = {"effect": each.effect, "clause": each.clause}
        _tell(session, ctx, ticket, EFFECT, each.at, told, rules, state)


def happened(
    session: WriteSession, ctx: Context, ticket: Ticket, kind: str, rules: Rules, state: State
) -> None:
    """Time or a changed calendar did it; no event stands in the history."""
    _tell(session, ctx, ticket, kind, ctx.now, {}, rules, state)


def _tell(
    session: WriteSession,
    ctx: Context,
    ticket: Ticket,
    kind: str,
    at: datetime,
    more: Mapping[str, Any],
    rules: Rules,
    state: State,
) -> None:
    """Confidential tickets are told to nobody."""
    if ticket.confidential:
        return
    interested = telling.interested(session, kind)
    if not interested:
        return
    own = session.get(PlatformTicket, ticket.id)
    followers = [each for each in interested if each.platform in {None, own.platform if own else None}]
    if not followers:
        return
    data = {"event": kind.removeprefix("ticket."), "at": _time(at), **more}
    data |= _standing(session, ticket) | {
        "platform": {"code": own.platform, "number": own.number} if own else None,
        "clocks": [_clock(each) for each in clocks(rules, state, max(ctx.now, at)) if each.open],
    }
    telling.tell(session, ctx, kind, f"ticket:{ticket.code}", data, followers)


def _standing(session: ReadSession, ticket: Ticket) -> dict[str, Any]:
    codes = select(Unit.code).where(Unit.id == ticket.unit_id)
    unit = session.execute(codes).scalar_one_or_none() if ticket.unit_id else None
    return {
        "code": ticket.code,
        "last_seq": ticket.last_seq,
        "class": ticket.request_class,
        "channel": ticket.channel,
        "region": ticket.region_code,
        "status": ticket.status,
        "unit": unit,
        "sudden": ticket.sudden,
        "due_at": _time(ticket.due_at) if ticket.due_at else None,
        "leading": ticket.leading,
        "card": ticket.card,
        "profile": ticket.profile_id,
    }


def _clock(found: Clock) -> dict[str, Any]:
    return {
        "name": found.name,
        "due_at": _time(found.due),
        "status": found.status,
        "clause": found.clause,
    }


def _time(instant: datetime) -> str:
    return instant.astimezone(CITY).isoformat()
