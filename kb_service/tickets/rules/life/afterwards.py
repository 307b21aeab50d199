"""After the reply: callbacks, ratings, appeals against them, objections, redo."""

from dataclasses import replace
from typing import Literal

from pydantic import Field

from kb_service.core import clauses
from kb_service.core.clock import local_day
from kb_service.regulations.schema import Profile, Rule
from kb_service.tickets.rules.life.dispatching import new_leg
from kb_service.tickets.rules.life.facts import Effect, Mark, RatingAsked, Satisfaction, State
from kb_service.tickets.rules.life.intake_data import Code, Data, Loose, Name, Text
from kb_service.tickets.rules.life.limits import done_at
from kb_service.tickets.rules.life.registry import Case, Refusal, clause_of, event, first, lacks, no
from kb_service.tickets.rules.life.words import BAD, DEEMED_NAMES, RatingValue

FINISHED = ("completed", "ended", "closed")


class CallbackData(Data):
    reached: bool = Field(description="Whether the requester answered.")
    satisfaction: RatingValue | None = Field(None, description="How satisfied the requester is.")
    solved: bool | None = Field(None, description="Whether it is solved, as the requester says.")
    contact: bool | None = Field(None, description="Whether the unit was in contact, as the requester says.")
    text: Loose = Field("", description="What was said.")

    def given(self) -> set[str]:
        return {name for name in ("satisfaction", "solved", "contact") if getattr(self, name) is not None}


class RatingRequest(Data):
    phase: Literal["intake", "handling"] = Field("handling", description="What is to be rated.")


class RateData(Data):
    phase: Literal["intake", "handling"] = Field("handling", description="What is rated.")
    choices: tuple[Name, ...] = Field(description="What the requester chose; one of the five is a rating.")


class ReasonData(Data):
    reason: Text = Field(description="Why.")


class RedoData(Data):
    ground: Code = Field(description="Id of the ground in the profile.")
    requested: bool = Field(False, description="Whether the requester asks for it.")
    reason: Loose = Field("", description="Why, as reviewed.")


class AppealData(Data):
    reason: Name = Field(description="Why; where the profile lists reasons, one of them.")
    evidence: Loose = Field("", description="What proves it.")


class AppealDecision(Data):
    approved: bool = Field(description="Whether the rating is taken out of the assessment.")
    reason: Loose = Field("", description="Why.")


class SettleData(Data):
    outcome: Code = Field(description="Id of the outcome in the profile.")
    documents: Text = Field(description="What was found, in writing.")


def _callback_rule(profile: Profile) -> Rule | None:
    return profile.callback


def _asked(case: Case, data: CallbackData) -> Refusal | None:
    rule = case.profile.callback
    if rule is None or not data.reached:
        return None
    missing = [each for each in rule.asks if each not in data.given()]
    names = {"satisfaction": "满意度", "solved": "是否解决", "contact": "与承办单位联系情况"}
    return (
        no("callback_incomplete", f"回访须问明{'、'.join(names[each] for each in missing)}", rule)
        if missing
        else None
    )


@event(
    "callback",
    "回访",
    "callback centre agent",
    FINISHED,
    rule=_callback_rule,
    own_rule=True,
    check=_asked,
)
def callback(case: Case, data: CallbackData) -> State:
    """The requester is asked how it was; a call that nobody takes does not count."""
    if not data.reached:
        return replace(case.state, callbacks=case.state.callbacks + 1)
    state = replace(case.state, callbacks=case.state.callbacks + 1)
    if state.leg is not None:
        state = replace(state, leg=replace(state.leg, called_back_at=state.leg.called_back_at or case.at))
    if data.satisfaction is None:
        return state
    told = Satisfaction(data.satisfaction, "handling", "callback", case.at, state.leg_number)
    mark = Mark("callback", data.satisfaction, case.at, clause_of(case.profile.callback))
    return replace(state, satisfactions=(*state.satisfactions, told), marks=(*state.marks, mark))


def _window(profile: Profile) -> Rule | None:
    return profile.ratings.window


def _phase(case: Case, data: RatingRequest) -> Refusal | None:
    rule = case.profile.ratings.window
    if rule is not None and data.phase not in rule.phases:
        return no("phase_unknown", "本市规则不评价这一环节", rule)
    asked = case.state.ratings_asked
    if any(each.phase == data.phase and each.leg == case.state.leg_number for each in asked):
        return no("rating_asked_already", "这一环节已经发出评价信息", rule)
    if data.phase == "handling" and case.state.status not in FINISHED:
        return no("not_finished", "办理环节在办结后评价", rule)
    return None


@event(
    "request_rating",
    "发出评价信息",
    "system centre",
    ["pending", "answered", "dispatched", "signed", "replied", "completing", *FINISHED],
    rule=_window,
    own_rule=True,
    check=_phase,
)
def request_rating(case: Case, data: RatingRequest) -> State:
    """From here the requester's window runs."""
    asked = RatingAsked(data.phase, case.at, case.state.leg_number)
    return replace(case.state, ratings_asked=(*case.state.ratings_asked, asked))


def _waiting(case: Case, phase: str | None = None) -> Refusal | None:
    asked = (each for each in case.state.ratings_asked if each.done_at is None)
    there = any(phase in (None, each.phase) for each in asked)
    rule = case.profile.ratings.window
    return None if there else no("rating_closed", "没有等待评价的环节，或者评价期限已过", rule)


def _open_rating(case: Case, data: RateData) -> Refusal | None:
    return _waiting(case, data.phase)


@event(
    "rate",
    "评价",
    "requester system agent",
    ["pending", "answered", "dispatched", "signed", "replied", "completing", *FINISHED],
    rule=_window,
    own_rule=True,
    offer=_waiting,
    check=_open_rating,
)
def rate(case: Case, data: RateData) -> State:
    """One choice of the five is the rating; several or a wrong one count as the city says."""
    rule = case.profile.ratings.window
    known = set(RatingValue.__args__)  # type: ignore[attr-defined]
    plain = len(data.choices) == 1 and data.choices[0] in known
    if plain or rule is None:
        return rated(case.state, case, data.phase, data.choices[0] if plain else "", "requester")
    label = f"视为{DEEMED_NAMES[rule.deemed]}"
    why = f"多选、错选或者没有选，{label}（{rule.cited}）。"
    found = Effect("deemed_rating", label, case.at, local_day(case.at), clause_of(rule), why)
    state = rated(case.state, case, data.phase, rule.deemed, "deemed")
    return replace(state, effects=(*state.effects, found))


def rated(state: State, case: Case, phase: str, value: str, source: str) -> State:
    found = Satisfaction(value, phase, source, case.at, state.leg_number)
    mark = Mark("rating", f"{phase}:{value}", case.at, clause_of(case.profile.ratings.window))
    asked = tuple(
        replace(each, done_at=case.at) if each.phase == phase and each.done_at is None else each
        for each in state.ratings_asked
    )
    told = (*state.satisfactions, found)
    return replace(state, satisfactions=told, ratings_asked=asked, marks=(*state.marks, mark))


@clauses.rule("ST-14", neutral=None)
def _objection(profile: Profile) -> Rule | None:
    """Where a requester who remains dissatisfied may turn to the centre."""
    return profile.objection


@event("object", "提出异议", "requester agent", FINISHED, rule=_objection, own_rule=True)
def object_to(case: Case, _: ReasonData) -> State:
    """The requester is still dissatisfied and turns to the centre."""
    return replace(case.state, objection_at=case.at)


def _redo_rule(profile: Profile) -> Rule | None:
    return profile.redo


def _redoable(case: Case) -> Refusal | None:
    rule, state = case.profile.redo, case.state
    if rule is None:
        return None
    if state.leg is None:
        return no("no_unit_handled_it", "没有承办单位办理过，不能重办", rule)
    if rule.times is not None and state.redos >= rule.times:
        return no("redo_too_often", f"重办以{rule.times}次为限", rule)
    verdict = state.verdict
    bad = verdict is not None and verdict.value in BAD
    if state.objection_at is None and not bad and state.leg.called_back_at is None:
        return no("not_dissatisfied", "没有回访、评价或异议表明须重办", rule)
    return None


def _ground(case: Case, data: RedoData) -> Refusal | None:
    rule, callback_rule = case.profile.redo, case.profile.callback
    if rule is None:
        return None
    if rule.grounds and data.ground not in rule.grounds:
        return no("redo_ground_unknown", f"没有“{data.ground}”这一重办情形", *rule.grounds.values(), rule)
    ground, verdict = rule.grounds.get(data.ground, rule), case.state.verdict
    bad = verdict is not None and verdict.value in BAD
    by_rating = callback_rule is not None and callback_rule.of == "dissatisfied"
    if by_rating and not bad:
        return no("not_dissatisfied", "评价为不满意或非常不满意的，才可以重办", ground)
    if by_rating and not data.requested:
        return no("redo_not_requested", "诉求人没有要求重办", ground)
    return None


@event("redo", "发回重办", "centre", FINISHED, rule=_redo_rule, own_rule=True, offer=_redoable, check=_ground)
def redo(case: Case, data: RedoData) -> State:
    """Back by the way it went, with a limit of its own."""
    leg = case.leg
    rule = case.profile.redo
    mark = Mark("redo", data.ground, case.at, clause_of(rule and rule.grounds.get(data.ground, rule)))
    state = new_leg(case, leg.first_body, co_units=leg.co_units, redo=True, designated=leg.designated)
    return replace(
        state, redos=state.redos + 1, objection_at=None, marks=(*state.marks, mark), supplementary=None
    )


def _after_last(profile: Profile) -> Rule | None:
    found = profile.redo.after_last if profile.redo else {}
    return next(iter(found.values()), None)


def _last_done(case: Case) -> Refusal | None:
    rule = case.profile.redo
    if rule is None or case.state.objection_at is None:
        return no("no_objection", "没有提出异议", _after_last(case.profile))
    if case.state.redos < (rule.times or 0):
        return no("redo_left", "还可以发回重办", rule)
    return None


def _outcome(case: Case, data: SettleData) -> Refusal | None:
    found = case.profile.redo.after_last if case.profile.redo else {}
    return (
        None
        if data.outcome in found
        else no("outcome_unknown", f"没有“{data.outcome}”这种处理", _after_last(case.profile))
    )


@event(
    "settle_objection",
    "处理重办后的异议",
    "centre",
    FINISHED,
    rule=_after_last,
    own_rule=True,
    offer=_last_done,
    check=_outcome,
)
def settle_objection(case: Case, data: SettleData) -> State:
    """After the last redo: handed to supervisors, not supported, or decided by the centre in writing."""
    found = case.profile.redo.after_last[data.outcome] if case.profile.redo else None
    mark = Mark("objection", f"{found.then if found else ''}:{data.outcome}", case.at, clause_of(found))
    return case.with_status("concluded", objection_at=None, marks=(*case.state.marks, mark))


def _appeal_rule(profile: Profile) -> Rule | None:
    return profile.ratings.appeal


def _bad_rating(case: Case) -> Refusal | None:
    rule, verdict = case.profile.ratings.appeal, case.state.verdict
    if verdict is None or verdict.value not in BAD or not verdict.counted:
        return no("nothing_to_appeal", "没有计入考核的不满意评价", rule)
    return no("appeal_open", "已有一份申诉在等审核", rule) if case.state.appeal_open else None


def _appeal(case: Case, data: AppealData) -> Refusal | None:
    rule = case.profile.ratings.appeal
    if rule is None:
        return None
    unlisted = bool(rule.reasons) and data.reason not in rule.reasons
    return first(
        no("appeal_reason", f"申诉理由应为：{'；'.join(rule.reasons)}", rule) if unlisted else None,
        lacks(rule.needs, data.given(), "申诉", rule),
    )


@event(
    "appeal_rating",
    "对评价提出申诉",
    "unit district",
    FINISHED,
    rule=_appeal_rule,
    own_rule=True,
    offer=_bad_rating,
    check=_appeal,
)
def appeal_rating(case: Case, _: AppealData) -> State:
    """The unit says that the rating is not its fault."""
    return replace(case.state, appeal_open=True)


def _appealed(case: Case) -> Refusal | None:
    waiting = case.state.appeal_open
    return None if waiting else no("appeal_none", "没有等待审核的申诉", case.profile.ratings.appeal)


@event(
    "decide_appeal",
    "审核评价申诉",
    "centre",
    FINISHED,
    rule=_appeal_rule,
    own_rule=True,
    offer=_appealed,
)
def decide_appeal(case: Case, data: AppealDecision) -> State:
    """Approved: the rating is not counted in the assessment."""
    found = case.state.satisfactions
    rule = case.profile.ratings.appeal
    if data.approved and rule is not None and rule.not_counted:
        found = tuple(replace(each, counted=False) if each is case.state.verdict else each for each in found)
    mark = Mark("appeal", "approved" if data.approved else "refused", case.at, clause_of(rule))
    return replace(case.state, appeal_open=False, satisfactions=found, marks=(*case.state.marks, mark))


def still_owed(case: Case) -> bool:
    """Whether the present unit has not done its part."""
    leg = case.state.leg
    return leg is not None and leg.left_at is None and done_at(case.rules, case.state, leg) is None


def judged_by_satisfaction(profile: Profile, state: State) -> bool:
    """Whether what the requester said counts in the assessment of the unit.

    Not so after an appeal that was approved, nor for mediation and law enforcement where the city does
    not judge these by satisfaction alone.
    """
    verdict, rule, request = state.verdict, profile.ratings.exempt, state.request
    if verdict is None or request is None or not verdict.counted:
        return False
    return rule is None or request.kind not in rule.kinds
