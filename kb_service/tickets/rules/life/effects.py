"""What happens by itself as time goes by: at the end of a window, at a due time. No job is needed for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kb_service.core.clock import local_day
from kb_service.regulations import rules as regulation
from kb_service.regulations.schema import Rule
from kb_service.tickets.rules.life.afterwards import rated, still_owed
from kb_service.tickets.rules.life.clocks import NOBODY
from kb_service.tickets.rules.life.facts import Effect, RatingAsked, State
from kb_service.tickets.rules.life.limits import main_due
from kb_service.tickets.rules.life.registry import Case, Rules, clause_of
from kb_service.tickets.rules.life.supervising import open_supervisions, supervised
from kb_service.tickets.rules.life.words import DEEMED_NAMES, WITH_UNIT

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class _Coming:
    """An effect whose instant is known, and what it does."""

    at: datetime
    effect: Effect
    apply: Callable[[State, Case], State]


def settle(rules: Rules, state: State, until: datetime) -> State:
    """The state with everything that has happened by itself up to and including `until`."""
    while True:
        case = Case(rules, state, until, NOBODY)
        found = min(_coming(case), key=lambda each: (each.at, each.effect.effect), default=None)
        if found is None or found.at > until:
            return state
        moment = Case(rules, state, found.at, NOBODY)
        state = found.apply(state, moment)
        state = replace(state, effects=(*state.effects, found.effect))


def next_instant(rules: Rules, state: State, after: datetime) -> datetime | None:
    """When something will happen by itself next, if nobody acts."""
    coming = list(_coming(Case(rules, state, after, NOBODY)))
    return min((each.at for each in coming), default=None)


def _coming(case: Case) -> Iterator[_Coming]:
    for each in (_signing(case), _overdue(case), _restriction(case)):
        if each is not None:
            yield each
    yield from _ratings(case)


def _not_before_history(case: Case, at: datetime) -> datetime:
    """What could not happen earlier, because something else was being decided, happens after that."""
    return at if case.state.last is None else max(at, case.state.last[0])


def _effect(
    name: str, label: str, at: datetime, day: date, rule: Rule | None, why: str, article: str = ""
) -> Effect:
    cited = article or (rule.cited if rule is not None else "")
    return Effect(name, label, at, day, clause_of(rule), f"{why}（{cited}）。")


def _signing(case: Case) -> _Coming | None:
    leg, state = case.state.leg, case.state
    if leg is None or leg.left_at or leg.signed_at or state.status not in {"district", "dispatched"}:
        return None
    closing = regulation.deemed_signed(case.profile, case.calendar, leg.received_at)
    if closing is None or case.profile.sign is None:
        return None
    at = _not_before_history(case, closing + _MOMENT)
    why = "在规定期限内没有签收，视为已签收、接受承办"
    found = _effect("deemed_signed", "视为签收", at, local_day(closing), case.profile.sign.unsigned, why)

    def apply(state: State, _: Case) -> State:
        signed = replace(leg, signed_at=closing, sign_deemed=True)
        return replace(state, leg=signed, status="signed" if state.status == "dispatched" else state.status)

    return _Coming(at, found, apply)


def _overdue(case: Case) -> _Coming | None:
    """An overdue limit is urged, or opens a supervision, where the city says so."""
    leg, state, listed = case.state.leg, case.state, case.profile.supervision
    trigger = listed.triggers.get("overdue")
    by_system = trigger is not None and trigger.found_by == "system"
    urged = listed.urging is not None and listed.urging.overdue
    if leg is None or leg.overdue_noticed or state.status not in WITH_UNIT or not (by_system or urged):
        return None
    due = None if leg.extension_open or not still_owed(case) else main_due(case.rules, state, leg, case.at)
    if due is None:
        return None
    at = _not_before_history(case, due.due)
    if by_system:
        rule: Rule | None = trigger
        name, label, why = "supervision_opened", "启动督办", "逾期未办结，由系统启动督办"
    else:
        rule = listed.urging
        name, label, why = "urged", "催办", "未按规定时限办理回复，予以催办"
    found = _effect(name, label, at, due.due_day, rule, why)
    kind = "system" if "system" in listed.kinds else next(iter(listed.kinds), "")

    def apply(state: State, moment: Case) -> State:
        state = replace(state, leg=replace(leg, overdue_noticed=True))
        already = any(each.trigger == "overdue" for each in open_supervisions(state))
        return supervised(state, kind, "overdue", moment) if by_system and not already else state

    return _Coming(at, found, apply)


def _ratings(case: Case) -> Iterator[_Coming]:
    for each in case.state.ratings_asked:
        if each.done_at is None and (found := _rating(case, each)) is not None:
            yield found


def _rating(case: Case, asked: RatingAsked) -> _Coming | None:
    rule = case.profile.ratings.window
    due = regulation.rating_due(case.profile, case.calendar, asked.at)
    if rule is None or due is None:
        return None
    counts_as = DEEMED_NAMES[rule.deemed]
    why = f"评价期限内没有评价，视为{counts_as}"
    found = _effect("deemed_rating", f"视为{counts_as}", due.due, due.due_day, rule, why)

    def apply(state: State, moment: Case) -> State:
        return rated(state, moment, asked.phase, rule.deemed, "deemed")

    return _Coming(due.due, found, apply)


def _restriction(case: Case) -> _Coming | None:
    found = case.state.restriction
    if found is None or found.ended or found.lifted_at is not None:
        return None
    due = regulation.restriction_end(case.profile, case.calendar, found.imposed_at)
    if due is None:
        return None
    rule = case.profile.access.restriction
    effect = _effect("restriction_ended", "限制使用结束", due.due, due.due_day, rule, "限制使用的期限届满")

    def apply(state: State, _: Case) -> State:
        return replace(state, restriction=replace(found, ended=True))

    return _Coming(due.due, effect, apply)
