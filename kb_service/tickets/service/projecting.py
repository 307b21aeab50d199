"""The columns of a ticket that lists and queues read: made anew with each event, and by the sweep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from kb_service.core.clock import day_start, local_day
from kb_service.core.db import WriteSession
from kb_service.regulations import rules as regulation
from kb_service.tickets.model import Ticket, TicketUnit
from kb_service.tickets.rules.life import (
    Clock,
    Effect,
    Rules,
    ShownCard,
    State,
    cards,
    clocks,
    leading,
    next_instant,
)
from kb_service.tickets.service.histories import units_of

_WORST = "red"
# Ids of tickets that came to something new, for those who count them.
CHANGED = "ticket.changed"


@dataclass(frozen=True)
class Projected:
    """The effects that the columns did not know, and the cards shown now."""

    effects: list[Effect]
    cards: list[ShownCard]


def project(ticket: Ticket, rules: Rules, state: State, now: datetime) -> Projected:
    """Brings the columns in line with a state that is settled until `now`."""
    found = clocks(rules, state, now)
    shown = cards(rules, [each for each in found if each.open], now)
    for name, value in _columns(rules, state, found, shown, now).items():
        setattr(ticket, name, value)
    known = ticket.derived_at
    ticket.derived_at = now
    new = [each for each in state.effects if known is None or known < each.at]
    return Projected(new, shown)


def columns(rules: Rules, state: State, now: datetime) -> dict[str, Any]:
    """What the state comes to in the columns, but for who has the ticket."""
    found = clocks(rules, state, now)
    return _columns(rules, state, found, cards(rules, [each for each in found if each.open], now), now)


def _columns(
    rules: Rules, state: State, found: list[Clock], shown: list[ShownCard], now: datetime
) -> dict[str, Any]:
    first = leading(found)
    return {
        "status": state.status,
        "due_at": first.due if first else None,
        "leading": first.name if first else None,
        "card": shown[0].colour if shown else None,
        "restricted_until": _restricted_until(rules, state),
        "next_at": _next(rules, state, found, shown, now),
    }


def place(session: WriteSession, ticket: Ticket, state: State) -> None:
    """Who answers for it, and who takes part beside: only an event changes that, never the time."""
    units = list(units_of(session, state).values())
    ticket.unit_id, others = (units[0] if units else None), units[1:]
    session.flush()
    rows = select(TicketUnit.unit_id).where(TicketUnit.ticket_id == ticket.id)
    known = set(session.execute(rows).scalars())
    if known != set(others):
        session.execute(delete(TicketUnit).where(TicketUnit.ticket_id == ticket.id))
        session.add_all(TicketUnit(ticket_id=ticket.id, unit_id=each) for each in others)


def _restricted_until(rules: Rules, state: State) -> datetime | None:
    found = state.restriction
    if found is None or found.ended or found.lifted_at is not None:
        return None
    due = regulation.restriction_end(rules.profile, rules.calendar, found.imposed_at)
    return due.due if due else None


def _next(
    rules: Rules, state: State, found: Sequence[Clock], shown: Sequence[ShownCard], now: datetime
) -> datetime | None:
    """When the columns will be out of date: something is deemed, a limit runs out, a card may grow worse."""
    coming = [each.due for each in found if each.open and not each.window and each.due > now]
    effect = next_instant(rules, state, now)
    if effect is not None:
        coming.append(effect)
    late = any(each.open and not each.window and each.due <= now for each in found)
    if late and rules.profile.cards is not None and (not shown or shown[0].colour != _WORST):
        coming.append(day_start(local_day(now) + timedelta(days=1)))
    return min(coming, default=None)
