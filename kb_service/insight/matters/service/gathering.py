"""Gathers tickets into matters, a bounded number at a time, in the order they came.

Texts are read through the cipher, compared, and forgotten: what stays is which tickets belong together.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from sqlalchemy import func, insert, select, update

from kb_service.core import personal
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import KbError
from kb_service.core.runtime import Runtime
from kb_service.insight import nightly
from kb_service.insight.matters import grouping, rules
from kb_service.insight.matters.model import HotMatter, MatterTicket
from kb_service.tickets.model import Ticket
from kb_service.tickets.service import registering

log = logging.getLogger(__name__)
NAME = "insight.matters"
AT_ONCE = 1000
LOOSE = 4000
# A ticket whose transaction began before another's may show up after it.
SETTLED = timedelta(minutes=10)
# A matter nobody spoke of for so long gathers no more.
FORGOTTEN = timedelta(days=400)


@dataclass
class Piece:
    """What one step found: `joined` to standing matters, and `begun` of loose tickets."""

    last_id: int
    looked: int
    joined: dict[int, list[tuple[int, float]]]
    moved: dict[int, np.ndarray]
    begun: list["Begun"]


@dataclass(frozen=True)
class Begun:
    tickets: list[tuple[int, float]]
    words: list[str]
    centre: bytes


def step(parts: Runtime) -> int:
    """Looks at the next tickets; returns how many. Everything slow is done before the transaction begins."""
    with parts.database.read() as session:
        piece = _look(session, parts)
    if piece is None:
        return 0
    with parts.database.write() as session:
        run = nightly.run_of(session, NAME)
        if run.last_id < piece.last_id:
            _keep(session, parts, piece)
            run.last_id = piece.last_id
    return piece.looked


def _look(session: ReadSession, parts: Runtime) -> Piece | None:
    rows = _next(session, parts)
    if not rows:
        return None
    fresh = [ticket for ticket in rows if not ticket.confidential]
    piece = Piece(rows[-1].id, len(rows), {}, {}, [])
    loose = _join(session, parts, fresh, piece)
    _begin(parts, [*_loose(session, rows), *loose], piece)
    return piece


def _next(session: ReadSession, parts: Runtime) -> list[Ticket]:
    after = nightly.last_id(session, NAME)
    found = select(Ticket).where(Ticket.id > after).order_by(Ticket.id).limit(AT_ONCE)
    settled: list[Ticket] = []
    for ticket in session.execute(found).scalars():
        if ticket.registered_at > parts.clock.now() - SETTLED:
            break
        settled.append(ticket)
    return settled


def _loose(session: ReadSession, rows: Sequence[Ticket]) -> list[Ticket]:
    """Tickets of the weeks before that belong to no matter yet, oldest first."""
    since = rows[-1].registered_at - rules.LOOK_BACK
    found = (
        select(Ticket)
        .outerjoin(MatterTicket, MatterTicket.ticket_id == Ticket.id)
        .where(
            MatterTicket.ticket_id.is_(None),
            Ticket.confidential.is_(False),
            Ticket.id < rows[0].id,
            Ticket.registered_at >= since,
        )
        .order_by(Ticket.id.desc())
        .limit(LOOSE)
    )
    return list(session.execute(found).scalars())[::-1]


def _join(session: ReadSession, parts: Runtime, fresh: list[Ticket], piece: Piece) -> list[Ticket]:
    """Puts tickets to the matters they are near; returns the others."""
    matters = _standing(session, parts)
    if not matters or not fresh:
        return fresh
    centres = grouping.unpacked([each.centre for each in matters])
    rows = grouping.vectors([_compared(parts, ticket) for ticket in fresh])
    best, closeness = grouping.nearest(rows, centres)
    for at, ticket in enumerate(fresh):
        if best[at] >= 0:
            piece.joined.setdefault(matters[best[at]].id, []).append((ticket.id, float(closeness[at])))
    for at, matter in enumerate(matters):
        if (best == at).any():
            piece.moved[matter.id] = centres[at] * matter.tickets + rows[best == at].sum(axis=0)
    return [ticket for at, ticket in enumerate(fresh) if best[at] < 0]


def _standing(session: ReadSession, parts: Runtime) -> list[HotMatter]:
    since = parts.clock.now() - FORGOTTEN
    found = select(HotMatter).where(HotMatter.state != "merged", HotMatter.last_at >= since)
    name = grouping.encoder_name()
    # A centre made by another model says nothing to this one; its matter is left as it is.
    return [each for each in session.execute(found.order_by(HotMatter.id)).scalars() if each.encoder == name]


def _begin(parts: Runtime, loose: list[Ticket], piece: Piece) -> None:
    if len(loose) < rules.FEWEST_TICKETS:
        return
    texts = [_compared(parts, ticket) for ticket in loose]
    rows = grouping.vectors(texts)
    background = grouping.Background.of([f"{title} {text}" for title, text in texts])
    for members in grouping.groups(rows, rules.FEWEST_TICKETS):
        if _people([loose[at] for at in members]) < rules.FEWEST_PEOPLE:
            continue
        centre = grouping.unit_length(rows[members].sum(axis=0, keepdims=True))[0]
        said = [f"{texts[at][0]} {texts[at][1]}" for at in members]
        tickets = [(loose[at].id, float(rows[at] @ centre)) for at in members]
        piece.begun.append(Begun(tickets, grouping.marking_words(said, background), grouping.packed(centre)))


def _people(tickets: Sequence[Ticket]) -> int:
    """Different requesters; whoever stayed anonymous counts as one more each."""
    named = {ticket.requester_id for ticket in tickets if ticket.requester_id}
    return len(named) + sum(ticket.requester_id is None for ticket in tickets)


def _compared(parts: Runtime, ticket: Ticket) -> tuple[str, str]:
    try:
        text = registering.text_of(parts, ticket)
    except KbError:
        # A text that was erased or belongs to another key; the title is compared alone.
        log.warning("the text of ticket %s cannot be read", ticket.code)
        text = ""
    return personal.mask(ticket.title), personal.mask(text)


def _keep(session: WriteSession, parts: Runtime, piece: Piece) -> None:
    now = parts.clock.now()
    for matter_id, tickets in piece.joined.items():
        matter = session.get_one(HotMatter, matter_id)
        into = matter.merged_into or matter.id
        _add(session, into, tickets)
        if into == matter.id:
            whole = grouping.unit_length(piece.moved[matter_id][None, :])[0]
            matter.centre = grouping.packed(whole)
        count(session, into)
    for begun in piece.begun:
        matter = HotMatter(
            name=grouping.name_of(begun.words),
            words=begun.words,
            state="open",
            centre=begun.centre,
            encoder=grouping.encoder_name(),
            found_at=now,
            first_at=now,
            last_at=now,
            tickets=0,
        )
        session.add(matter)
        session.flush()
        _add(session, matter.id, begun.tickets)
        count(session, matter.id)


def _add(session: WriteSession, matter_id: int, tickets: Sequence[tuple[int, float]]) -> None:
    rows = [
        {"matter_id": matter_id, "ticket_id": each, "closeness": round(near, 4)} for each, near in tickets
    ]
    session.execute(insert(MatterTicket), rows)


def count(session: WriteSession, matter_id: int) -> None:
    """Puts right how many tickets a matter has, and since when."""
    found = (
        select(func.count(Ticket.id), func.min(Ticket.registered_at), func.max(Ticket.registered_at))
        .join(MatterTicket, MatterTicket.ticket_id == Ticket.id)
        .where(MatterTicket.matter_id == matter_id)
    )
    number, first, last = session.execute(found).one()
    values = {"tickets": number} | ({"first_at": first, "last_at": last} if number else {})
    session.execute(update(HotMatter).where(HotMatter.id == matter_id).values(values))
