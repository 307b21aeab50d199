"""What a ticket's history comes to for statistics: pure, from its events, its profile and the calendar.

A limit makes a mark once it is settled: on the day it was met, or on its last day when it was missed. What
was missed stays missed. So a mark of a day says the same whenever it is worked out, unless something that
happened later changes the past by right: an extension granted afterwards, an appeal, a later rating.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from kb_service.core.clauses import rule
from kb_service.core.clock import local_day
from kb_service.regulations import rules as regulation
from kb_service.regulations.rules import DueTime
from kb_service.regulations.schema import Profile
from kb_service.tickets.rules.life import Event, Rules, State, judged_by_satisfaction, restored, settle
from kb_service.tickets.rules.life.facts import Leg, Satisfaction
from kb_service.tickets.rules.life.limits import done_at, main_due
from kb_service.tickets.rules.life.words import BAD, DONE

# What each mark's `good` says; of those without a word there are only counts.
MARKS: Final = {
    "sign": "期限内签收",
    "reply": "期限内回复",
    "completion": "期限内办结",
    "satisfaction": "满意",
    "solved": "已解决",
    "return": "期限内提出退回",
    "extension": "",
    "redo": "",
    "urging": "",
    "supervision": "",
    "yellow": "",
    "red": "",
}
_NOT_HANDLED: Final = frozenset({"refused", "put_through", "split", "merged"})


@dataclass(frozen=True)
class Mark:
    name: str
    day: date
    stay: int
    unit: str | None
    good: bool = True
    done: bool = True
    left_out: str = ""
    nth: int = 1


@dataclass(frozen=True)
class Facts:
    disposal: str
    unit: str | None
    done_at: datetime | None
    last_at: datetime
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class _Told:
    """A ticket as it stands at an instant, with its stays numbered from 1."""

    rules: Rules
    state: State
    now: datetime
    stays: tuple[Leg, ...]

    def stay_at(self, at: datetime) -> int:
        """The number of the stay that was under way; 0 before the first."""
        return sum(each.received_at <= at for each in self.stays)

    def unit(self, stay: int) -> str | None:
        return self.stays[stay - 1].unit if stay else None


def facts(rules: Rules, events: Sequence[Event], now: datetime) -> Facts:
    """Everything counted about a ticket, as known at `now`, from the events until then; at least one."""
    known = [each for each in events if each.at <= now]
    state = settle(rules, restored(rules, known), now)
    leg = state.leg
    told = _Told(rules, state, now, (*state.legs, *([leg] if leg is not None else [])))
    return Facts(
        disposal=_disposal(state),
        unit=leg.unit if leg is not None else None,
        done_at=_done(state),
        last_at=max(each.at for each in known),
        marks=_numbered([*_limits(told), *_steps(told), *_said(told, known)]),
    )


def _disposal(state: State) -> str:
    if state.status in _NOT_HANDLED:
        return "none"
    on_the_spot = state.leg is None and state.promise is None and state.status in DONE
    return "instant" if on_the_spot else "handled"


def _done(state: State) -> datetime | None:
    if state.status not in DONE:
        return None
    leg, promise = state.leg, state.promise
    told = (leg.completed_at or leg.left_at) if leg is not None else promise.answered_at if promise else None
    return told or state.left_pending_at or (state.last[0] if state.last else None)


def _numbered(found: list[Mark]) -> tuple[Mark, ...]:
    counts: dict[tuple[str, int], int] = {}
    made = []
    for each in found:
        key = each.name, each.stay
        counts[key] = counts.get(key, 0) + 1
        made.append(replace(each, nth=counts[key]))
    return tuple(made)


def _limits(told: _Told) -> Iterator[Mark]:
    """Signing and handling of every stay, and the cards shown when they were missed."""
    for stay, leg in enumerate(told.stays, 1):
        signed = None if leg.sign_deemed else leg.signed_at
        sign = regulation.sign_due(told.rules.profile, told.rules.calendar, leg.received_at)
        acted = _first(signed, leg.return_asked_at, leg.replied_at, leg.completed_at)
        yield from _limit(told, "sign", "sign", sign, acted, stay)
        handling = main_due(told.rules, told.state, leg, told.now)
        replied = _first(leg.replied_at, leg.completion_asked_at, leg.completed_at)
        yield from _limit(told, "reply", "", handling, replied, stay)
        done = done_at(told.rules, told.state, leg)
        if handling is not None and handling.name == "sudden_completion":
            done = _first(leg.completion_asked_at, leg.completed_at)
        yield from _limit(told, "completion", "handling", handling, done, stay)


def _limit(
    told: _Told, name: str, clock: str, due: DueTime | None, done: datetime | None, stay: int
) -> Iterator[Mark]:
    """`clock` is what the city's rule of cards calls it."""
    leg = told.stays[stay - 1]
    if due is None or not _settled(due, done, leg.left_at, told.now):
        return
    good = in_time(due, done)
    day = local_day(done) if good and done is not None else due.due_day
    yield Mark(name, day, stay, leg.unit, good, done is not None)
    rule_ = told.rules.profile.cards
    if good or rule_ is None or clock not in rule_.clocks:
        return
    ended = local_day(done or leg.left_at or told.now)
    for colour, after in (("yellow", rule_.yellow_after), ("red", rule_.red_after)):
        shown = told.rules.calendar.add_working_days(due.due_day, after + 1)
        if shown <= ended:
            yield Mark(colour, shown, stay, leg.unit, good=False)


def _settled(due: DueTime, done: datetime | None, left: datetime | None, now: datetime) -> bool:
    """Met, or run out while the unit still had it."""
    if done is not None and done < due.due:
        return True
    return due.due <= now and (left is None or due.due <= left)


def _always(_due: DueTime, _done: datetime | None) -> bool:
    return True


@rule("MZ-12.2", "MZ-23", "ST-20.1", neutral=_always)
def in_time(due: DueTime, done: datetime | None) -> bool:
    """An act at t is in time when t < due; what has not come is not."""
    return done is not None and done < due.due


def _first(*instants: datetime | None) -> datetime | None:
    return min((each for each in instants if each is not None), default=None)


def _steps(told: _Told) -> Iterator[Mark]:
    """What units and the centre did: only counted."""
    state = told.state
    for asked in state.returns:
        stay, decided = told.stay_at(asked.at), asked.approved is not None
        yield Mark("return", local_day(asked.at), stay, told.unit(stay), not asked.late, decided)
    for stay, leg in enumerate(told.stays, 1):
        for each in leg.extensions:
            if each.granted:
                yield Mark("extension", local_day(each.asked_at), stay, leg.unit)
        if leg.redo:
            yield Mark("redo", local_day(leg.received_at), stay, leg.unit, good=False)
    urged = [each.at for each in state.marks if each.kind == "urged"]
    urged += [each.at for each in state.effects if each.effect == "urged"]
    for name, instants in (
        ("urging", urged),
        ("supervision", [each.opened_at for each in state.supervisions]),
    ):
        for at in sorted(instants):
            stay = told.stay_at(at)
            yield Mark(name, local_day(at), stay, told.unit(stay), good=False)


def _said(told: _Told, events: Sequence[Event]) -> Iterator[Mark]:
    """What the requester said, the last word counting."""
    profile, state = told.rules.profile, told.state
    said = _counting(profile, state)
    if said is not None:
        # A stay's number in the state is of those before it.
        stay = said.leg + 1 if told.stays else 0
        good, reason = said.value not in BAD, left_out(profile, state, said)
        yield Mark("satisfaction", local_day(said.at), stay, told.unit(stay), good, left_out=reason)
    solved = {told.stay_at(each.at): each for each in events if _says_whether_solved(each)}
    for stay, each in solved.items():
        reason = "kind" if _of_exempt_kind(profile, state) else ""
        good = bool(each.data["solved"])
        yield Mark("solved", local_day(each.at), stay, told.unit(stay), good, left_out=reason)


def _unrated(_profile: Profile, _state: State) -> None:
    return None


@rule("SG-24.3", neutral=_unrated)
def _counting(profile: Profile, state: State) -> Satisfaction | None:
    """The rating that counts, whether a unit or a sub-centre handled the ticket.

    Where a redo was rated too, it is the first or the last, as the city says.
    """
    said = [each for each in state.satisfactions if each.phase == "handling"]
    if said and profile.redo is not None and profile.redo.rating == "first":
        return [each for each in said if each.leg == said[0].leg][-1]
    return said[-1] if said else None


def _says_whether_solved(event: Event) -> bool:
    told = event.type == "callback" and event.data.get("reached") and event.data.get("solved") is not None
    return bool(told)


def _never(_profile: Profile, _state: State, _said: Satisfaction) -> str:
    return ""


@rule("SG-27", "XT-20.2", neutral=_never)
def left_out(profile: Profile, state: State, said: Satisfaction) -> str:
    """Why what was said does not count against or for the unit: `kind`, `appeal`, or not at all."""
    if judged_by_satisfaction(profile, replace(state, satisfactions=(said,))):
        return ""
    return "kind" if _of_exempt_kind(profile, state) else "appeal"


def _of_exempt_kind(profile: Profile, state: State) -> bool:
    exempt, request = profile.ratings.exempt, state.request
    return exempt is not None and request is not None and request.kind in exempt.kinds
