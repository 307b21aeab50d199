"""What a ticket owed by when under one calendar and under another, at the same instant. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from kb_service.regulations.calendar import WorkingCalendar
from kb_service.tickets.rules.life import Event, Rules, clocks, restored, settle


@dataclass(frozen=True)
class Move:
    """Without `before` it is owed, or was deemed, only since the change; without `after` only until then."""

    name: str
    label: str
    clause: str
    before: datetime | None
    before_day: date | None
    after: datetime | None
    after_day: date | None


@dataclass(frozen=True)
class _Told:
    label: str
    clause: str
    at: datetime
    day: date
    open: bool


def moves(
    rules: Rules, events: Sequence[Event], at: datetime, before: WorkingCalendar, after: WorkingCalendar
) -> list[Move]:
    """Due times still open at `at`, and what had been deemed by then, as far as the calendars differ on them.

    `events` are those that were accepted until `at`.
    """
    first, then = (dict(_told(rules, events, at, each)) for each in (before, after))
    found = []
    for key in dict.fromkeys((*first, *then)):
        one, other = first.get(key), then.get(key)
        known = other or one
        alike = one is not None and other is not None and one.at == other.at
        if known is None or alike or not any(each is not None and each.open for each in (one, other)):
            continue
        found.append(
            Move(
                key[0],
                known.label,
                known.clause,
                one.at if one else None,
                one.day if one else None,
                other.at if other else None,
                other.day if other else None,
            )
        )
    return found


def _told(
    rules: Rules, events: Sequence[Event], at: datetime, calendar: WorkingCalendar
) -> Iterator[tuple[tuple[str, int], _Told]]:
    """By name and, of several alike, by which of them it is in the order of their beginnings."""
    rules = replace(rules, calendar=calendar)
    state = settle(rules, restored(rules, events), at)
    seen: Counter[str] = Counter()
    for clock in sorted(clocks(rules, state, at), key=lambda each: (each.started_at, each.label)):
        seen[clock.name] += 1
        told = _Told(clock.label, clock.clause, clock.due, clock.due_day, clock.open)
        yield (clock.name, seen[clock.name]), told
    for effect in state.effects:
        seen[effect.effect] += 1
        told = _Told(effect.label, effect.clause, effect.at, effect.day, open=True)
        yield (effect.effect, seen[effect.effect]), told
