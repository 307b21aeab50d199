"""The handling limit of one stay with a unit, with what extends it."""

from dataclasses import replace
from datetime import datetime

from kb_service.regulations import rules as regulation
from kb_service.regulations.due_times import counted_on
from kb_service.regulations.rules import DueTime, SpecialLimit
from kb_service.regulations.schema import Period
from kb_service.tickets.rules.life.facts import Extension, Leg, State
from kb_service.tickets.rules.life.registry import Rules

EXTENDABLE = ("handling", "sudden_completion", "redo")


def handling_dues(rules: Rules, state: State, leg: Leg, now: datetime) -> list[DueTime]:
    """The due times of handling as they stand at `now`, extensions included; the earliest first."""
    found = _redo(rules, state, leg) if leg.redo else _first(rules, state, leg, now)
    longer = [_extended(rules, state, each, leg.extensions) for each in found]
    return sorted(longer, key=lambda each: each.due)


def main_due(rules: Rules, state: State, leg: Leg, now: datetime) -> DueTime | None:
    """The due time by which the matter is handled: the one that extensions move and cards watch."""
    return next((each for each in handling_dues(rules, state, leg, now) if each.name in EXTENDABLE), None)


def done_at(rules: Rules, state: State, leg: Leg) -> datetime | None:
    """When the handling limit was met: by the reply, or by the completion where the city says so."""
    limit = regulation.request_class_of(rules.profile, state.request_class).limit
    by = leg.completion_asked_at if limit.met_by == "completion" else leg.replied_at
    both = [each for each in (by, leg.completed_at) if each is not None]
    return min(both, default=None)


def special_of(state: State) -> SpecialLimit | None:
    found = state.request.special if state.request else None
    return (
        None
        if found is None
        else SpecialLimit(found.within.value if found.within else None, found.basis, found.until)
    )


def sudden_of(state: State) -> bool:
    return state.request is not None and state.request.sudden


def survey_start(rules: Rules, leg: Leg) -> DueTime | None:
    return regulation.survey_start_due(rules.profile, rules.calendar, leg.received_at)


def longest(rules: Rules, state: State) -> Period:
    """The limit of the ticket's own kind: of a sudden matter where it is one, else of its class."""
    if sudden_of(state) and rules.profile.sudden is not None:
        return rules.profile.sudden.complete
    return regulation.request_class_of(rules.profile, state.request_class).limit.within


def _first(rules: Rules, state: State, leg: Leg, now: datetime) -> list[DueTime]:
    return regulation.handling_due(
        rules.profile,
        rules.calendar,
        state.request_class,
        leg.counted_from,
        sudden=sudden_of(state),
        signed_at=leg.signed_at,
        accepted_at=leg.accepted_at,
        special=special_of(state),
        now=now,
    )


def _redo(rules: Rules, state: State, leg: Leg) -> list[DueTime]:
    due = regulation.redo_due(
        rules.profile,
        rules.calendar,
        state.request_class,
        leg.counted_from,
        sudden=sudden_of(state),
        special=special_of(state),
    )
    return [] if due is None else [due]


def _extended(rules: Rules, state: State, due: DueTime, extensions: tuple[Extension, ...]) -> DueTime:
    if due.name not in EXTENDABLE:
        return due
    for each in extensions:
        if each.granted:
            due = replace(extended_once(rules, state, due, each.nth, each.days), name=due.name)
    return due


def extended_once(rules: Rules, state: State, due: DueTime, nth: int, days: int | None) -> DueTime:
    """Raises Invalid where the rules do not allow it."""
    moved = regulation.extension_due(rules.profile, rules.calendar, due, state.request_class, nth, days)
    rule = rules.profile.extension
    if not sudden_of(state) or rule is None or rule.step(nth).grant.length != "class_limit":
        return moved
    # A sudden matter's extension is as long as the limit of its own kind, not of its class.
    own = longest(rules, state).value
    return counted_on(rules.profile, rules.calendar, due, own, rule.step(nth).grant, moved.label)
