"""The cards a ticket shows."""

from dataclasses import dataclass
from datetime import datetime

from kb_service.regulations import rules as regulation
from kb_service.regulations.calendar import Due
from kb_service.regulations.schema import Profile
from kb_service.tickets.rules.life.clocks import Clock
from kb_service.tickets.rules.life.limits import EXTENDABLE
from kb_service.tickets.rules.life.registry import Rules


@dataclass(frozen=True)
class ShownCard:
    """`clock` is the one that shows it; a card stays as it was when the thing was done."""

    clock: str
    colour: str
    label: str
    overdue_working_days: int
    clause: str
    article: str


def cards(rules: Rules, found: list[Clock], now: datetime) -> list[ShownCard]:
    """One for each clock that can show one, the worst first."""
    shown = [card for clock in found if (card := _card(rules, clock, now)) is not None]
    return sorted(shown, key=lambda each: -each.overdue_working_days)


def _card(rules: Rules, clock: Clock, now: datetime) -> ShownCard | None:
    rule = rules.profile.cards
    carded = "handling" if clock.name in EXTENDABLE else clock.name
    if rule is None or carded not in rule.clocks or clock.status == "stopped":
        return None
    due = Due(clock.due, clock.due_day, clock.provisional)
    found = regulation.card(rules.profile, rules.calendar, due, clock.done_at or now)
    if found is None or (found.colour == "green" and not _green(rules.profile, found.overdue_working_days)):
        return None
    return ShownCard(
        clock.name, found.colour, found.label, found.overdue_working_days, found.clause, found.article
    )


def _green(profile: Profile, overdue: int) -> bool:
    """In time is green only where the city says so; a day too late without a card is not."""
    return profile.cards is not None and profile.cards.green and not overdue
