"""Returns: asking, what is not returnable, the decision."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from pydantic import Field

from kb_service.core.clock import local_day
from kb_service.regulations import rules as regulation
from kb_service.regulations.rules import DueTime
from kb_service.regulations.schema import Profile, Rule
from kb_service.regulations.schema.handling import Returns
from kb_service.regulations.schema.parts import Needs
from kb_service.tickets.rules.life.dispatching import designated_rule, returns_of
from kb_service.tickets.rules.life.facts import Effect, ReturnAsked, State
from kb_service.tickets.rules.life.intake_data import Code, Data, Loose, Text
from kb_service.tickets.rules.life.limits import survey_start
from kb_service.tickets.rules.life.registry import (
    Case,
    Refusal,
    clause_of,
    event,
    first,
    lacks,
    no,
    unknown_unit,
)

ReturnKind = Literal["not_ours", "wrong_record", "supplement", "survey"]


class ReturnData(Data):
    kind: ReturnKind = Field(
        description="`not_ours`: not the unit's duty; `wrong_record`: registered wrongly; `supplement`: "
        "material missing; `survey`: a site survey found it not to be the unit's."
    )
    reason: Loose = Field("", description="Why.")
    basis: Loose = Field("", description="The rule it rests on.")
    suggested_unit: Code | None = Field(None, description="The unit whose matter it is.")
    note: Loose = Field("", description="What is wrong with the record.")
    missing_list: tuple[Text, ...] = Field((), description="Everything that is missing.")
    findings: Loose = Field("", description="What the survey found.")
    photos: tuple[Text, ...] = Field((), description="Names of the photos.")
    signed_off_by: Literal["leader_in_charge", "authorised_person"] | None = Field(
        None, description="Who of the unit signed the return."
    )


class ReturnDecision(Data):
    approved: bool = Field(description="Whether the unit is relieved of it.")
    not_returnable: Code | None = Field(None, description="Id of the case in the profile's list.")
    reason: Loose = Field("", description="Why.")


def _rule(profile: Profile) -> Rule | None:
    return None if profile.returns is None else profile.returns.not_ours


def _possible(case: Case) -> Refusal | None:
    rule = returns_of(case)
    listed, designated = rule.not_returnable, designated_rule(case)
    if case.leg.designated and designated is not None:
        return no("designated", "经协调指定的承办单位不得退回工单", designated)
    if case.leg.extensions and "extension_asked" in listed:
        return no("extension_asked", "已提出延期申请的事项不予退回", listed["extension_asked"])
    point = _known(case)
    if point is not None:
        return no("knowledge_has_it", f"适用的知识点（{point}）已在知识库，事项不予退回", listed["knowledge"])
    if rule.not_ours.starts == "signed" and case.leg.signed_at is None:
        return no("not_signed", "应先签收，自签收后在规定期限内申请退回", rule.not_ours)
    return _in_time(case, rule)


def _known(case: Case) -> str | None:
    """The point that keeps the matter with the unit (SG-16.6)."""
    if "knowledge" not in returns_of(case).not_returnable or case.state.registered_at is None:
        return None
    for each in case.state.points:
        if each.not_direct or each.uploaded_at > case.state.registered_at:
            return each.code
    return None


def return_window(case: Case, kind: str = "not_ours") -> DueTime | None:
    leg, rules = case.leg, case.rules
    if kind == "supplement":
        return regulation.supplement_due(rules.profile, rules.calendar, leg.received_at)
    if kind == "survey" and leg.survey_started_at is not None:
        return regulation.survey_findings_due(rules.profile, rules.calendar, leg.survey_started_at)
    if kind in {"wrong_record", "survey"}:
        return None
    return regulation.return_due(
        rules.profile, rules.calendar, leg.received_at, signed_at=leg.signed_at, now=case.at
    )


def _late(window: DueTime | None, at: datetime) -> bool:
    return window is not None and at >= window.due


def _asked_late(case: Case, kind: str) -> bool:
    begun = case.leg.survey_started_at
    if kind == "survey" and begun is not None and _late(survey_start(case.rules, case.leg), begun):
        return True
    return _late(return_window(case, kind), case.at)


def _in_time(case: Case, rule: Returns) -> Refusal | None:
    """Where nothing late is taken, and every kind has the one window, its end closes returns altogether."""
    several = rule.supplement or rule.survey or rule.wrong_record
    return None if several else _late_refused(case, "not_ours", rule)


def _late_refused(case: Case, kind: str, rule: Returns) -> Refusal | None:
    window = return_window(case, kind)
    if window is None or not _late(window, case.at) or rule.late.outcome == "marked":
        return None
    why = f"已过退回期限（{window.shown}）"
    if rule.late.outcome == "coordination":
        return no("return_late", f"{why}，视同接受承办；确有争议的，由热线中心另行协调", rule.late)
    return no("return_late", f"{why}，不再受理退回申请", rule.late)


def _way(rule: Returns, kind: str) -> tuple[Rule | None, Needs]:
    found = {
        "not_ours": rule.not_ours,
        "wrong_record": rule.wrong_record,
        "supplement": rule.supplement,
        "survey": rule.survey,
    }[kind]
    return found, () if found is None else found.needs


def _asked(case: Case, data: ReturnData) -> Refusal | None:
    rule = returns_of(case)
    way, needs = _way(rule, data.kind)
    if way is None:
        return no("return_kind_none", "本市规则没有这种退回", rule.not_ours)
    return first(
        _reasons(rule, needs, data, way),
        _signed_off(rule, data),
        _supplement_again(case, rule, data),
        _reachable(case, rule, data),
        _surveyed(case, data, way),
        _late_refused(case, data.kind, rule),
        unknown_unit(case, data.suggested_unit, way),
    )


def _reasons(rule: Returns, needs: Needs, data: ReturnData, way: Rule) -> Refusal | None:
    missing = lacks(needs, data.given(), "退回申请", way)
    listed = rule.not_returnable.get("no_reason")
    if (
        missing is not None
        and listed is not None
        and data.kind == "not_ours"
        and not (data.reason and data.basis)
    ):
        return no("no_reason", "未注明退回理由和依据的事项不予退回", listed)
    return missing


def _signed_off(rule: Returns, data: ReturnData) -> Refusal | None:
    wanted = rule.sign_off
    if wanted is None or data.signed_off_by in wanted.by:
        return None
    return no("sign_off_missing", "退回须经承办单位分管领导或经授权的有关负责同志签批", wanted)


def _supplement_again(case: Case, rule: Returns, data: ReturnData) -> Refusal | None:
    if data.kind != "supplement" or rule.supplement is None:
        return None
    before = sum(each.kind == "supplement" for each in case.state.returns)
    if before < rule.supplement.times:
        return None
    return no("supplement_again", "需要补充的材料应一次性注明，不能再次以此退回", rule.supplement)


def _reachable(case: Case, rule: Returns, data: ReturnData) -> Refusal | None:
    """Who left a number and hides nothing is asked by the unit itself."""
    if data.kind != "supplement" or rule.supplement is None or not rule.supplement.hidden_only:
        return None
    if case.request.hidden or "phone" not in case.request.essentials:
        return None
    why = "诉求人留有联系方式、没有要求隐匿的，由承办单位联系诉求人补充，不能以此退回"
    return no("requester_reachable", why, rule.supplement)


def _surveyed(case: Case, data: ReturnData, way: Rule) -> Refusal | None:
    if data.kind != "survey" or case.leg.survey_started_at is not None:
        return None
    return no("survey_not_started", "没有启动现场踏勘", way)


@event(
    "request_return",
    "申请退回",
    "unit district",
    ["district", "dispatched", "signed"],
    rule=_rule,
    own_rule=True,
    offer=_possible,
    check=_asked,
)
def request_return(case: Case, data: ReturnData) -> State:
    """The unit asks to be relieved; a late asking is marked where the city still takes it."""
    late = _asked_late(case, data.kind)
    asked = ReturnAsked(data.kind, case.at, case.leg.unit, late, case.state.status)
    surveyed = case.at if data.kind == "survey" else case.leg.surveyed_at
    state = case.with_leg("returning", return_asked_at=case.at, surveyed_at=surveyed)
    effects = (*state.effects, _marked_late(case)) if late else state.effects
    return replace(state, returns=(*state.returns, asked), effects=effects)


def _marked_late(case: Case) -> Effect:
    rule = returns_of(case).late
    why = f"超过退回期限提出，记为逾期退回（{rule.cited}）。"
    return Effect("late_return", "逾期退回", case.at, local_day(case.at), clause_of(rule), why)


def _decided(profile: Profile) -> Rule | None:
    return None if profile.returns is None else profile.returns.decided


def _listed(case: Case, data: ReturnDecision) -> Refusal | None:
    rule = returns_of(case)
    if data.not_returnable is None or (not data.approved and data.not_returnable in rule.not_returnable):
        return None
    if data.approved:
        return no("not_returnable", "不予退回的事项不能同意退回", *rule.not_returnable.values(), rule.decided)
    return no("not_returnable_unknown", f"没有“{data.not_returnable}”这一不予退回情形", rule.decided)


@event(
    "decide_return",
    "审核退回",
    "centre district",
    ["returning"],
    rule=_decided,
    own_rule=True,
    check=_listed,
)
def decide_return(case: Case, data: ReturnDecision) -> State:
    """Approved: dispatched anew, the limit restarts. Refused: the unit goes on, as the city says from when."""
    asked = case.state.returns[-1]
    returns = (
        *case.state.returns[:-1],
        replace(asked, approved=data.approved, not_returnable=data.not_returnable),
    )
    if data.approved:
        state = case.with_leg("supplementing" if asked.kind == "supplement" else "pending", left_at=case.at)
        return replace(state, returns=returns)
    from_first = returns_of(case).decided.refused == "from_first_receipt"
    counted = case.leg.received_at if from_first else case.leg.counted_from
    state = case.with_leg(asked.before, counted_from=counted)
    return replace(state, returns=returns)
