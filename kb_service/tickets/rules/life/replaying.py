"""Judging an event, and replaying a history: the same functions for live tickets and for simulation."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, Literal

from pydantic import ValidationError

from kb_service.regulations.calendar import WorkingCalendar
from kb_service.regulations.complaints import complaint
from kb_service.regulations.schema import Profile
from kb_service.tickets.rules.life.cards import ShownCard, cards
from kb_service.tickets.rules.life.clocks import Clock, clocks, leading
from kb_service.tickets.rules.life.dispatching import to_district
from kb_service.tickets.rules.life.effects import settle
from kb_service.tickets.rules.life.facts import Effect, State
from kb_service.tickets.rules.life.intake_data import Data
from kb_service.tickets.rules.life.registry import (
    KINDS,
    Actor,
    Case,
    Event,
    Kind,
    Refusal,
    Rules,
    clause_of,
    first,
    kinds,
    no,
    order_of,
    place_of,
)
from kb_service.tickets.rules.life.words import ROLE_NAMES, STATUS_NAMES, WITH_UNIT

_CO_UNITS_MAY = frozenset({"contact", "note"})


@dataclass(frozen=True)
class Accepted:
    """`state` after the event, with what had happened by itself before it."""

    state: State
    kind: Kind
    ok: Literal[True] = True


@dataclass(frozen=True)
class Refused:
    """Nothing changed."""

    refusal: Refusal
    ok: Literal[False] = False


@dataclass(frozen=True)
class RefusedEvent:
    """`event` is its place in the list that was given, from 0."""

    event: int
    type: str
    refusal: Refusal


@dataclass(frozen=True)
class Offer:
    """An action at an instant: offered, or refused with clause and reason. `roles`: who may take it."""

    action: str
    label: str
    ok: bool
    code: str
    clause: str
    reason: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class TicketState:
    """Everything that follows from a history at an instant. `unit` is the one that answers for it."""

    state: State
    now: datetime
    status: str
    label: str
    unit: str | None
    clocks: tuple[Clock, ...]
    leading: Clock | None
    cards: tuple[ShownCard, ...]
    effects: tuple[Effect, ...]
    refused: tuple[RefusedEvent, ...]
    allowed: tuple[Offer, ...]


def replay(
    profile: Profile,
    calendar: WorkingCalendar,
    events: Iterable[Event],
    now: datetime,
    *,
    units: frozenset[str] | None = None,
    continued_until: date | None = None,
    actor: Actor | None = None,
) -> TicketState:
    """What a history comes to at `now`; a refused event changes nothing and is listed with its clause."""
    rules = Rules(profile, calendar, units, continued_until)
    state, refused = State(), []
    for place, each in in_order(events):
        verdict = _judged_until(rules, state, each, now)
        if isinstance(verdict, Accepted):
            state = verdict.state
        else:
            refused.append(RefusedEvent(place, each.type, verdict.refusal))
    refused.sort(key=lambda each: each.event)
    return ticket_state(rules, state, now, actor, tuple(refused))


def restored(rules: Rules, events: Iterable[Event]) -> State:
    """The state after events that were accepted, each at its time.

    What was accepted stays accepted: where a changed calendar or a mended rule would refuse it today, it
    is applied all the same.
    """
    state = State()
    for _, each in in_order(events):
        verdict = judge(rules, state, each)
        state = verdict.state if isinstance(verdict, Accepted) else _applied(rules, state, each)
    return state


def _applied(rules: Rules, state: State, given: Event) -> State:
    kind = KINDS.get(given.type)
    data = None if kind is None else _read(kind, given.data)
    if kind is None or data is None or isinstance(data, str):
        return state
    case = Case(rules, settle(rules, state, given.at), given.at, given.by)
    try:
        after = kind.apply(case, data)
    except LookupError:
        # It spoke of a stay that, as the rules are read now, there was not.
        return case.state
    return replace(after, last=(given.at, order_of(kind, given)), seen=after.seen | {_mark(given)})


def ticket_state(
    rules: Rules,
    state: State,
    now: datetime,
    actor: Actor | None = None,
    refused: tuple[RefusedEvent, ...] = (),
) -> TicketState:
    """Everything that follows from a state at `now`; what is allowed is told for `actor`, or for anybody."""
    state = settle(rules, state, now)
    found = clocks(rules, state, now)
    return TicketState(
        state=state,
        now=now,
        status=state.status,
        label=STATUS_NAMES[state.status],
        unit=state.leg.unit if state.leg is not None and state.status in WITH_UNIT else None,
        clocks=tuple(found),
        leading=leading(found),
        cards=tuple(cards(rules, found, now)),
        effects=state.effects,
        refused=refused,
        allowed=tuple(allowed(rules, state, now, actor)),
    )


def in_order(events: Iterable[Event]) -> list[tuple[int, Event]]:
    """The events as they are taken: those of one instant in the order of a ticket's life, however listed."""
    found: list[tuple[int, Event]] = []
    for _, together in groupby(enumerate(events), key=lambda each: each[1].at):
        found += sorted(together, key=lambda each: _key(each[1]))
    return found


def judge(rules: Rules, state: State, given: Event) -> Accepted | Refused:
    """Whether an event may be added to a history, and the state after it."""
    kind = KINDS.get(given.type)
    if kind is None:
        known = "、".join(f"{each.label}（{each.name}）" for each in KINDS.values())
        return Refused(
            no("unknown_event", f"没有“{given.type}”这种事件，可用：{known}", rules.profile.validity)
        )
    data = _read(kind, given.data)
    if isinstance(data, str):
        return Refused(_cited(no("bad_details", f"{kind.label}的内容不对：{data}"), kind, rules, state))
    mark = _mark(given)
    refusal = _misplaced(state, given, kind, mark)
    if refusal is None:
        state = settle(rules, state, given.at)
        case = Case(rules, state, given.at, given.by)
        refusal = _possible(kind, case) or kind.check(case, data)
    if refusal is not None:
        return Refused(_cited(refusal, kind, rules, state))
    after = kind.apply(Case(rules, state, given.at, given.by), data)
    place = (given.at, order_of(kind, given))
    return Accepted(replace(after, last=place, seen=after.seen | {mark}), kind)


def allowed(rules: Rules, state: State, now: datetime, actor: Actor | None = None) -> list[Offer]:
    """Each action at `now`, offered or refused. Without an actor, who may take it is not asked."""
    state = settle(rules, state, now)
    return [_offer(kind, rules, state, now, actor) for kind in kinds()]


def _offer(kind: Kind, rules: Rules, state: State, now: datetime, actor: Actor | None) -> Offer:
    case = Case(rules, state, now, actor or Actor(kind.roles))
    refusal = _possible(kind, case, anybody=actor is None)
    roles = tuple(sorted(kind.roles))
    if refusal is None:
        basis = _cited(no("", f"现在可以{kind.label}", kind.rule(rules.profile)), kind, rules, state)
        return Offer(kind.name, kind.label, True, "", basis.clause, basis.reason, roles)
    told = _cited(refusal, kind, rules, state)
    return Offer(kind.name, kind.label, False, told.code, told.clause, told.reason, roles)


def _judged_until(rules: Rules, state: State, given: Event, now: datetime) -> Accepted | Refused:
    if given.at <= now:
        return judge(rules, state, given)
    kind = KINDS.get(given.type)
    refusal = no("event_in_future", "事件的时间在现在之后")
    if kind is None:
        return Refused(replace(refusal, clause=clause_of(rules.profile.validity)))
    return Refused(_cited(refusal, kind, rules, state))


def _possible(kind: Kind, case: Case, *, anybody: bool = False) -> Refusal | None:
    """By who acts, by the status, by the city's rules and by the history, in this order."""
    if case.state.status == "new" and kind.name != "register":
        return no("not_registered", "工单还没有登记")
    if kind.own_rule and kind.rule(case.profile) is None:
        why = f"{case.profile.title}没有规定{kind.label}"
        return no("not_in_profile", why, case.profile.validity)
    return first(
        None if anybody else _by_whom(kind, case),
        None if case.state.status in kind.before else no("wrong_state", place_of(kind, case.state.status)),
        kind.offer(case) if case.state.status in kind.before else None,
    )


def _by_whom(kind: Kind, case: Case) -> Refusal | None:
    mine = case.by.roles & kind.roles
    if not mine:
        may = "、".join(ROLE_NAMES[each] for each in ROLE_NAMES if each in kind.roles)
        return no("wrong_role", f"{kind.label}由{may}进行")
    if case.state.request is None or mine - {"unit", "district"}:
        return None
    return first(_own_unit(kind, case, mine), _named_staff(case))


def _own_unit(kind: Kind, case: Case, mine: frozenset[str]) -> Refusal | None:
    leg, unit = case.state.leg, case.by.unit
    if leg is None or unit is None:
        return None
    own = {leg.unit} if "unit" in mine else set()
    if "district" in mine and (to_district(case) or leg.passed):
        own.add(leg.first_body)
    if kind.name in _CO_UNITS_MAY:
        own |= set(leg.co_units)
    return None if unit in own else no("other_unit", f"工单不在“{unit}”办理")


def _named_staff(case: Case) -> Refusal | None:
    named, path = case.state.confidential_staff, case.profile.confidentiality.path
    if not case.request.confidential or not named or case.by.name in named:
        return None
    return no("confidential", "保密件由指定的专门工作人员办理", path)


def _misplaced(state: State, given: Event, kind: Kind, mark: str) -> Refusal | None:
    if mark in state.seen:
        return no("event_repeated", "同一事件已经记录过")
    if state.last is None or given.at > state.last[0]:
        return None
    if given.at < state.last[0]:
        return no("out_of_order", "事件的时间早于已经记录的事件")
    if order_of(kind, given) < state.last[1]:
        return no("simultaneous", "同一时刻已经记录了后面的步骤，请重新读取后再试")
    return None


def _read(kind: Kind, given: Any) -> Data | str:
    """The details as typed data, or what is wrong with them."""
    if isinstance(given, kind.data):
        return given
    if not isinstance(given, Mapping):
        return "应为“键: 值”的形式"
    try:
        return kind.data.model_validate(dict(given))
    except ValidationError as error:
        first_one = error.errors()[0]
        where = ".".join(str(each) for each in first_one["loc"])
        return f"{where} {complaint(dict(first_one))}".strip()


def _cited(refusal: Refusal, kind: Kind, rules: Rules, state: State) -> Refusal:
    """With a clause in any case: the step's own, the class's, or the regulation's as a whole."""
    if refusal.clause:
        return refusal
    profile = rules.profile
    own = profile.classes.get(state.request_class) if state.request_class else None  # type: ignore[call-overload]
    return replace(refusal, clause=clause_of(kind.rule(profile), own, profile.validity))


def _key(given: Event) -> tuple[int, str]:
    kind = KINDS.get(given.type)
    return (10_000, given.type) if kind is None else order_of(kind, given)


def _mark(given: Event) -> str:
    if given.id:
        return f"id:{given.id}"
    kind = KINDS[given.type]
    text = f"{given.at.timestamp()}|{given.type}|{order_of(kind, given)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
