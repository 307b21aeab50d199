"""What the unit does while it has the ticket: contact, acceptance, records, surveys, sub-tasks."""

from dataclasses import replace

from pydantic import Field

from kb_service.core.clock import local_day
from kb_service.regulations import rules as regulation
from kb_service.regulations.schema import Profile, Rule
from kb_service.tickets.rules.life.dispatching import returns_of
from kb_service.tickets.rules.life.facts import Effect, Mark, State, SubTask
from kb_service.tickets.rules.life.intake_data import Code, Data, Day, Loose, Text
from kb_service.tickets.rules.life.limits import handling_dues
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

HANDLING = ("dispatched", "signed", "replied")
_IN_PROCEDURE = frozenset({"procedures", "petition"})


class ContactData(Data):
    reached: bool = Field(description="Whether the requester answered.")
    details: Loose = Field("", description="What the requester told in detail.")
    intent: Loose = Field("", description="What the requester wants.")


class AskPartyData(Data):
    text: Text = Field(description="What the party complained of was asked, and what it said.")
    requester_shown: bool = Field(False, description="Whether it was told who asks.")


class AcceptanceData(Data):
    accepted: bool = Field(description="Whether the unit accepts the matter.")
    ground: Code | None = Field(None, description="Id of the ground for non-acceptance.")
    basis: Loose = Field("", description="What non-acceptance rests on.")
    documents: Loose = Field(
        "", description="The explanation for matters already before a court or the like."
    )
    requester_told: bool = Field(False, description="Whether the requester was told.")


class NoteData(Data):
    text: Text = Field(description="What was done.")


class EmptyData(Data):
    pass


class SurveyData(Data):
    ours: bool = Field(description="Whether the survey found it to be the unit's own matter.")
    findings: Text = Field(description="What was found.")
    photos: tuple[Text, ...] = Field(min_length=1, description="Names of the photos taken on the site.")


class SubTaskData(Data):
    id: Code = Field(description="Name of the sub-task within the ticket.")
    to: Code = Field(description="Who inside does it.")
    title: Text = Field(description="What is to be done.")
    due_day: Day = Field(description="Its last day, no later than the ticket's own.")


class SubTaskDoneData(Data):
    id: Code = Field(description="Name of the sub-task.")
    text: Loose = Field("", description="What came of it.")


def _contact_rule(profile: Profile) -> Rule | None:
    own = (each.first_contact for each in profile.classes.values())
    return (
        profile.contact
        or next((each for each in own if each is not None), None)
        or profile.completion.unreachable
    )


def _contact_needs(case: Case, data: ContactData) -> Refusal | None:
    rule = case.profile.contact
    code = regulation.code_of(case.profile, case.request.request_class)
    if rule is None or not data.reached or (rule.classes and code not in rule.classes):
        return None
    return lacks(rule.needs, data.given(), "联系记录", rule)


@event("contact", "联系诉求人", "unit district", HANDLING, rule=_contact_rule, check=_contact_needs)
def contact(case: Case, data: ContactData) -> State:
    """A contact record. Calls that nobody takes may come to count as a reply."""
    if data.reached:
        return case.with_leg(None, contacted_at=case.leg.contacted_at or case.at)
    calls = (*case.leg.unanswered, case.at)
    found = regulation.deemed_replied(case.profile, calls)
    limit = regulation.request_class_of(case.profile, case.request.request_class).limit
    unsigned = limit.starts == "signed" and case.leg.signed_at is None
    if found is None or case.leg.replied_at is not None or unsigned:
        return case.with_leg(None, unanswered=calls)
    rule = case.profile.completion.unreachable
    effect = Effect(
        "deemed_replied",
        "视为已答复",
        case.at,
        local_day(case.at),
        clause_of(rule),
        f"连续{rule.days if rule else 0}天拨打诉求人电话均未接通，视为在后一次拨打时已答复（{rule.cited if rule else ''}）。",
    )
    state = case.with_leg("replied", unanswered=calls, replied_at=case.at, reply_deemed=True)
    return replace(state, effects=(*state.effects, effect))


def _asked_party(profile: Profile) -> Rule | None:
    return profile.confidentiality.asked_party


def _hidden(case: Case, data: AskPartyData) -> Refusal | None:
    rule = case.profile.confidentiality.asked_party
    if rule is None or not (rule.requester_hidden and data.requester_shown):
        return None
    return no("requester_shown", "向被投诉方核实，不得暴露诉求人的个人信息", rule)


@event("ask_party", "向被投诉方核实", "unit district", HANDLING, rule=_asked_party, check=_hidden)
def ask_party(case: Case, _: AskPartyData) -> State:
    """The party complained of is asked, without learning who complained."""
    mark = Mark("party_asked", "", case.at, clause_of(_asked_party(case.profile)))
    return replace(case.state, marks=(*case.state.marks, mark))


def _decision_rule(profile: Profile) -> Rule | None:
    own = (each.decision for each in profile.classes.values())
    return next((each for each in own if each is not None), None) or profile.acceptance.by_unit


def _decidable(case: Case) -> Refusal | None:
    found = regulation.request_class_of(case.profile, case.request.request_class).decision
    if case.leg.decided_at is not None:
        return no("decided_already", "已经作出受理决定", found, _decision_rule(case.profile))
    if found is None and case.profile.acceptance.by_unit is None:
        return no("decision_none", "这类事项不由承办单位决定是否受理", _decision_rule(case.profile))
    return None


def _decided(case: Case, data: AcceptanceData) -> Refusal | None:
    acceptance = case.profile.acceptance
    own = regulation.request_class_of(case.profile, case.request.request_class).decision
    if data.accepted:
        rule = acceptance.by_unit
        return None if own is not None else no("decision_none", "这类事项不须作出受理决定，直接办理", rule)
    by_unit = acceptance.by_unit
    some = next(iter(acceptance.grounds.values()))
    if data.ground not in acceptance.grounds:
        return no("ground_unknown", "须写明不予受理的情形", by_unit, own, some)
    in_procedure = acceptance.in_procedure if data.ground in _IN_PROCEDURE else None
    if not data.requester_told:
        return no("requester_not_told", "须告知诉求人不予受理及其依据", by_unit, own, some)
    return first(
        None if by_unit is None else lacks(by_unit.needs, data.given(), "不予受理", by_unit),
        None if in_procedure is None else lacks(in_procedure.needs, data.given(), "不予受理", in_procedure),
    )


@event(
    "decide_acceptance",
    "决定是否受理",
    "unit district",
    ["dispatched", "signed"],
    rule=_decision_rule,
    own_rule=True,
    offer=_decidable,
    check=_decided,
)
def decide_acceptance(case: Case, data: AcceptanceData) -> State:
    """The unit's own decision; not accepted: told to the requester, reported back, and over."""
    if data.accepted:
        return case.with_leg(None, decided_at=case.at, accepted_at=case.at)
    mark = Mark("not_accepted_by_unit", data.ground or "", case.at, clause_of(_decision_rule(case.profile)))
    state = case.with_leg("refused", decided_at=case.at, replied_at=case.at, completed_at=case.at)
    return replace(state, marks=(*state.marks, mark))


def _record_rule(profile: Profile) -> Rule | None:
    return profile.sudden or profile.contact


@event("note", "办理记录", "unit district", HANDLING, rule=_record_rule)
def note(case: Case, _: NoteData) -> State:
    """A record of handling; of a sudden matter the first one has a time limit."""
    return case.with_leg(None, recorded_at=case.leg.recorded_at or case.at)


def _survey_rule(profile: Profile) -> Rule | None:
    return None if profile.returns is None else profile.returns.survey


def _surveyable(case: Case) -> Refusal | None:
    if case.leg.survey_started_at is None:
        return None
    return no("survey_started_already", "已经启动现场踏勘", _survey_rule(case.profile))


@event(
    "start_survey",
    "启动现场踏勘",
    "unit district",
    ["dispatched", "signed"],
    rule=_survey_rule,
    own_rule=True,
    offer=_surveyable,
)
def start_survey(case: Case, _: EmptyData) -> State:
    """The unit goes and looks whose matter it is; one that starts late makes the return a late one."""
    return case.with_leg(None, survey_started_at=case.at)


def _surveyed(case: Case) -> Refusal | None:
    rule = _survey_rule(case.profile)
    if case.leg.survey_started_at is None or case.leg.surveyed_at is not None:
        return no("survey_not_running", "没有正在进行的现场踏勘", rule)
    return None


def _survey_needs(case: Case, data: SurveyData) -> Refusal | None:
    rule = returns_of(case).survey
    return None if rule is None else lacks(rule.needs, data.given(), "踏勘结果", rule)


@event(
    "survey_findings",
    "上传踏勘情况",
    "unit district",
    ["dispatched", "signed"],
    rule=_survey_rule,
    own_rule=True,
    offer=_surveyed,
    check=_survey_needs,
)
def survey_findings(case: Case, _: SurveyData) -> State:
    """What the survey found; where it is not the unit's matter, the return follows with it."""
    return case.with_leg(None, surveyed_at=case.at)


def _inside(case: Case, data: SubTaskData) -> Refusal | None:
    rule = _contact_rule(case.profile)
    if any(each.id == data.id for each in case.leg.sub_tasks):
        return no("sub_task_exists", f"已有编号为“{data.id}”的子任务", rule, case.profile.validity)
    outer = regulation.earliest(handling_dues(case.rules, case.state, case.leg, case.at))
    if outer is not None and data.due_day > outer.due_day:
        why = f"子任务的期限不能晚于工单的期限（{outer.shown}）"
        return Refusal("sub_task_too_late", outer.clause, f"{why}（{outer.article}）。")
    return unknown_unit(case, data.to, rule)


@event("sub_task", "内部分办", "unit district", ["dispatched", "signed"], check=_inside)
def sub_task(case: Case, data: SubTaskData) -> State:
    """Work given on inside the unit, with a due day of its own inside the outer one."""
    task = SubTask(data.id, data.to, data.title, case.at, data.due_day)
    return case.with_leg(None, sub_tasks=(*case.leg.sub_tasks, task))


def _open_task(case: Case, data: SubTaskDoneData) -> Refusal | None:
    if any(each.id == data.id and each.done_at is None for each in case.leg.sub_tasks):
        return None
    return no("sub_task_unknown", f"没有编号为“{data.id}”的未完成子任务", case.profile.validity)


def _some_task(case: Case) -> Refusal | None:
    waiting = any(each.done_at is None for each in case.leg.sub_tasks)
    return None if waiting else no("sub_task_none", "没有未完成的子任务", case.profile.validity)


@event("sub_task_done", "子任务完成", "unit district", HANDLING, offer=_some_task, check=_open_task)
def sub_task_done(case: Case, data: SubTaskDoneData) -> State:
    """One piece of the work is done."""
    tasks = (replace(each, done_at=case.at) if each.id == data.id else each for each in case.leg.sub_tasks)
    return case.with_leg(None, sub_tasks=tuple(tasks))
