"""Cards 亮牌 that a ticket shows are kept for the unit that has it, each colour of a clock once."""

from collections.abc import Sequence

from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.supervision import service as supervision
from kb_service.supervision.model import CardMark
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life import ShownCard

_KEPT = frozenset({"yellow", "red"})
# Subject, unit, clock and colour.
Kept = tuple[str, int, str, str]


def known(session: ReadSession, tickets: Sequence[Ticket]) -> set[Kept]:
    """The cards of these tickets that are kept already."""
    subjects = [f"ticket:{ticket.code}" for ticket in tickets]
    rows = select(CardMark.subject, CardMark.unit_id, CardMark.clock, CardMark.colour)
    return {(*row,) for row in session.execute(rows.where(CardMark.subject.in_(subjects)))}


def keep(
    session: WriteSession,
    ctx: Context,
    ticket: Ticket,
    shown: Sequence[ShownCard],
    kept: set[Kept] | None = None,
) -> None:
    """Keeps the cards that a ticket shows now; `kept` are those that are known of many tickets."""
    found = [card for card in shown if card.colour in _KEPT]
    if not found or ticket.unit_id is None:
        return
    before = known(session, [ticket]) if kept is None else kept
    for card in found:
        told = (f"ticket:{ticket.code}", ticket.unit_id, card.clock, card.colour)
        if told in before:
            continue
        before.add(told)
        mark = CardMark(
            subject=told[0],
            unit_id=ticket.unit_id,
            clock=card.clock,
            colour=card.colour,
            overdue_days=card.overdue_working_days,
            clause=card.clause,
        )
        supervision.add_card(session, ctx, mark)
