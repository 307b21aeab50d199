"""Cards 亮牌 that a ticket shows are kept for the unit that has it, each colour of a clock once."""

from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.supervision import service as supervision
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life import Rules, State, cards, clocks

_KEPT = frozenset({"yellow", "red"})


def keep(session: WriteSession, ctx: Context, ticket: Ticket, rules: Rules, state: State) -> None:
    """`ticket` is projected already: most show no card, and cost nothing here."""
    if ticket.card not in _KEPT or ticket.unit_id is None or ticket.derived_at is None:
        return
    at = ticket.derived_at
    found = [each for each in clocks(rules, state, at) if each.open]
    for card in cards(rules, found, at):
        if card.colour in _KEPT:
            supervision.keep_card(
                session,
                ctx,
                subject=f"ticket:{ticket.code}",
                unit_id=ticket.unit_id,
                clock=card.clock,
                colour=card.colour,
                overdue_days=card.overdue_working_days,
                clause=card.clause,
            )
