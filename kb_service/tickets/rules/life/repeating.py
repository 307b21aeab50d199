"""The same matter again: found at registration, or raised about a ticket that is there."""

from dataclasses import replace

from pydantic import Field

from kb_service.core.clock import local_day
from kb_service.regulations import rules as regulation
from kb_service.regulations.schema import Profile, Rule
from kb_service.tickets.rules.life.afterwards import still_owed
from kb_service.tickets.rules.life.facts import Effect, Mark, State
from kb_service.tickets.rules.life.intake_data import Code, Data, Loose
from kb_service.tickets.rules.life.limits import main_due
from kb_service.tickets.rules.life.registry import Case, Refusal, clause_of, event, no
from kb_service.tickets.rules.life.words import DONE, REGISTERED


class RepeatFoundData(Data):
    of: Code = Field(description="Code of the first ticket.")
    done: bool = Field(description="Whether the first ticket is completed.")
    overdue: bool = Field(False, description="Whether the first ticket is open and overdue.")
    new_facts: bool = Field(description="Whether this one brings new facts or reasons.")


class RepeatCallData(Data):
    new_facts: bool = Field(description="Whether the call brings new facts or reasons.")
    text: Loose = Field("", description="What was said.")


def _grounded(profile: Profile) -> Rule | None:
    return profile.acceptance.grounds.get("repeated")


def _rule(profile: Profile) -> Rule | None:
    return next(iter(profile.repeats.values()), None) or _grounded(profile) or _validity(profile)


def _validity(profile: Profile) -> Rule:
    return profile.validity


@event("repeat_found", "登记时发现重复", "agent centre", ["pending"], rule=_rule)
def repeat_found(case: Case, data: RepeatFoundData) -> State:
    """This ticket repeats another one: archived, merged into it, or dispatched as its own."""
    found = regulation.repeat_outcome(
        case.profile, done=data.done, new_facts=data.new_facts, overdue=data.overdue
    )
    clause = found.clause if found else clause_of(_rule(case.profile))
    outcome = found.outcome if found else _without_rule(data.new_facts)
    mark = Mark("repeat", f"{data.of}:{outcome}", case.at, clause)
    marks = (*case.state.marks, mark)
    status = {"archived": "closed", "merged": "merged", "refused": "refused"}.get(outcome, "pending")
    left = None if status == "pending" else case.at
    return replace(case.state, status=status, marks=marks, left_pending_at=left)


def _without_rule(new_facts: bool) -> str:
    """Where the city only lists repeats among its grounds."""
    return "dispatched" if new_facts else "refused"


def _terminated(case: Case) -> Refusal | None:
    if case.state.terminated is None:
        return None
    rule = case.profile.endings[case.state.terminated]
    why = "已出具事项终结告知书，不再受理"
    return no("terminated", f"{why}，请告知诉求人{rule.channel}" if rule.channel else why, rule)


def _restricted(case: Case) -> Refusal | None:
    found, rule = case.state.restriction, case.profile.access.restriction
    if found is None or rule is None or found.ended or found.lifted_at is not None:
        return None
    end = regulation.restriction_end(case.profile, case.calendar, found.imposed_at)
    until = end.shown if end else ""
    return no("restricted", f"诉求人在限制使用期间（{until}），不能再占用热线资源", rule)


def _callable(case: Case) -> Refusal | None:
    return _terminated(case) or _restricted(case)


@event("repeat_call", "重复来电", "agent centre requester", REGISTERED, rule=_rule, offer=_callable)
def repeat_call(case: Case, data: RepeatCallData) -> State:
    """The same matter raised again: logged, merged with a fresh limit, or dispatched again."""
    done = case.state.status in DONE
    found = regulation.repeat_outcome(
        case.profile, done=done, new_facts=data.new_facts, overdue=_overdue(case)
    )
    outcome = found.outcome if found else "logged"
    clause = found.clause if found else clause_of(_rule(case.profile))
    mark = Mark("repeat_call", outcome, case.at, clause)
    state = replace(case.state, marks=(*case.state.marks, mark))
    label = found.label if found else "登记为重复来电"
    told = Effect(f"repeat_{outcome}", label, case.at, local_day(case.at), clause, _told(outcome))
    state = replace(state, effects=(*state.effects, told))
    if found is None or not found.limit_restarts:
        return state
    return _again(state, case) if outcome == "dispatched" else _restarted(state, case)


def _told(outcome: str) -> str:
    return {
        "archived": "没有新的事实和理由，登记后归档，期限不变。",
        "merged": "有新的事实或理由，并入在办工单，期限从并入时重新起算。",
        "dispatched": "有新的事实或理由，重新转派，期限重新计算。",
        "logged": "登记在工单中，期限不变。",
    }[outcome]


def _overdue(case: Case) -> bool:
    leg = case.state.leg
    due = None if leg is None or not still_owed(case) else main_due(case.rules, case.state, leg, case.at)
    return due is not None and case.at >= due.due


def _restarted(state: State, case: Case) -> State:
    """Merged: a fresh limit, with extensions of its own; what was done stays done."""
    if state.leg is None or state.leg.left_at is not None:
        return state
    leg = replace(
        state.leg,
        counted_from=case.at,
        extensions=(),
        replied_at=None,
        reply_deemed=False,
        overdue_noticed=False,
        completion_asked_at=None,
    )
    back = state.status in {"replied", "completing"}
    return replace(state, leg=leg, status="signed" if back else state.status)


def _again(state: State, case: Case) -> State:
    """Completed, and now dispatched anew: a new stay, timed from its own receipt."""
    return replace(state, status="pending", centre_from=case.at, dispatched_at=None, left_pending_at=None)
