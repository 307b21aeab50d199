"""A ticket's life under any city's profile, derived from its events by pure rules.

    replay(profile, calendar, events, now) -> TicketState      what a history comes to
    judge(rules, state, event) -> Accepted | Refused           whether one more event may be added

A ticket keeps its accepted events and nothing else: its state, clocks, cards and what was deemed to happen
follow from them at any instant, in service and in simulation alike. Each module holds one stage of the
life: its event types with their data, what refuses them, and what they change.
"""

# Importing a stage declares its event types.
from kb_service.tickets.rules.life import (  # noqa: F401
    afterwards,
    completing,
    dispatching,
    extending,
    handling,
    intake,
    overseeing,
    repeating,
    returning,
    supervising,
)
from kb_service.tickets.rules.life.afterwards import judged_by_satisfaction
from kb_service.tickets.rules.life.cards import ShownCard, cards
from kb_service.tickets.rules.life.clocks import Clock, clocks, leading
from kb_service.tickets.rules.life.effects import next_instant, settle
from kb_service.tickets.rules.life.facts import Effect, State
from kb_service.tickets.rules.life.registry import KINDS, Actor, Event, Kind, Refusal, Rules, kinds
from kb_service.tickets.rules.life.replaying import (
    Accepted,
    Offer,
    Refused,
    TicketState,
    allowed,
    in_order,
    judge,
    replay,
    restored,
    ticket_state,
)

__all__ = [
    "KINDS",
    "Accepted",
    "Actor",
    "Clock",
    "Effect",
    "Event",
    "Kind",
    "Offer",
    "Refusal",
    "Refused",
    "Rules",
    "ShownCard",
    "State",
    "TicketState",
    "allowed",
    "cards",
    "clocks",
    "in_order",
    "judge",
    "judged_by_satisfaction",
    "kinds",
    "leading",
    "next_instant",
    "replay",
    "restored",
    "settle",
    "ticket_state",
]
