"""A ticket's history in the database, and what it comes to under the rules the ticket keeps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit
from kb_service.regulations import service as regulations
from kb_service.tickets.model import Ticket, TicketEvent
from kb_service.tickets.rules.life import Actor, Event, Rules, State, restored


@dataclass(frozen=True)
class Standing:
    """A ticket as its history leaves it. `units` are ids of the units that take part, by code."""

    rules: Rules
    rows: Sequence[TicketEvent]
    state: State
    units: Mapping[str, int]


def standing(
    session: ReadSession, ticket: Ticket, details: Callable[[TicketEvent], Mapping[str, Any]] | None = None
) -> Standing:
    """The facts alone decide; `details` gives the words beside them to whoever shows the state."""
    rules, kept = rules_of(session, ticket), rows_of(session, ticket)
    state = restored(rules, [event_of(row, details(row) if details else row.data) for row in kept])
    return Standing(rules, kept, state, units_of(session, state))


def standings(session: ReadSession, tickets: Sequence[Ticket]) -> Iterator[tuple[Ticket, Standing]]:
    """The same for many, with a few queries for all of them."""
    ids = [each.id for each in tickets]
    kept: dict[int, list[TicketEvent]] = {each: [] for each in ids}
    rows = select(TicketEvent).where(TicketEvent.ticket_id.in_(ids))
    for row in session.execute(rows.order_by(TicketEvent.ticket_id, TicketEvent.seq)).scalars():
        kept[row.ticket_id].append(row)
    codes = dict(session.execute(select(Unit.code, Unit.id)).tuples().all())
    calendar, profiles = regulations.calendar(session), {}
    for ticket in tickets:
        pinned = ticket.profile_id, ticket.profile_revision
        if pinned not in profiles:
            profiles[pinned] = Rules(regulations.pinned_profile(session, *pinned), calendar)
        rules, mine = profiles[pinned], kept[ticket.id]
        state = restored(rules, [event_of(row) for row in mine])
        units = {code: codes[code] for code in units_with(state) if code in codes}
        yield ticket, Standing(rules, mine, state, units)


def rules_of(session: ReadSession, ticket: Ticket) -> Rules:
    """The profile of the registration, and the calendar as it is known today."""
    profile = regulations.pinned_profile(session, ticket.profile_id, ticket.profile_revision)
    return Rules(profile, regulations.calendar(session))


def rows_of(session: ReadSession, ticket: Ticket) -> Sequence[TicketEvent]:
    rows = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)
    return session.execute(rows).scalars().all()


def event_of(row: TicketEvent, data: Mapping[str, Any] | None = None) -> Event:
    said = row.data if data is None else dict(data)
    return Event(row.at, row.type, Actor.parse(row.by), said, row.event_id)


def units_of(session: ReadSession, state: State) -> dict[str, int]:
    """Ids, by code, of the units that have the ticket now, the one that answers for it first."""
    codes = units_with(state)
    if not codes:
        return {}
    known = dict(session.execute(select(Unit.code, Unit.id).where(Unit.code.in_(codes))).tuples().all())
    return {code: known[code] for code in codes if code in known}


def units_with(state: State) -> list[str]:
    """Codes of the units that have the ticket now, the one that answers for it first."""
    leg = state.leg
    if leg is None or leg.left_at is not None:
        return []
    return list(dict.fromkeys((leg.unit, leg.first_body, *leg.co_units)))


def active_units(session: ReadSession) -> frozenset[str]:
    return frozenset(session.execute(select(Unit.code).where(Unit.active.is_(True))).scalars())
