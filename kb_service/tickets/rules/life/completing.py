"""From the reply to the end: reply, report, completion, endings, supplementary answers, archive."""

from dataclasses import replace
from typing import Literal

from pydantic import Field

from kb_service.regulations import rules as regulation
from kb_service.regulations.schema import Profile, Rule
from kb_service.tickets.rules.life.dispatching import to_district
from kb_service.tickets.rules.life.extending import untold
from kb_service.tickets.rules.life.facts import Mark, State, Supplementary
from kb_service.tickets.rules.life.intake_data import Code, Data, Loose, Text
from kb_service.tickets.rules.life.registry import Case, Refusal, clause_of, event, first, lacks, no
from kb_service.tickets.rules.life.words import DONE, WITH_UNIT


class CitedVersion(Data):
    code: Code = Field(description="Code of the knowledge point.")
    version: int = Field(ge=1, description="Number of its version.")


class ReplyData(Data):
    result: Text = Field(description="What the requester was told.")
    written: bool = Field(False, description="Whether the reply was given in writing, in the unit's name.")
    adopted: bool | None = Field(None, description="Whether a suggestion is adopted.")
    by: Literal["phone", "sms", "letter", "mail", "in_person"] = Field(
        "phone", description="How it was given."
    )
    cites: tuple[CitedVersion, ...] = Field(
        (), max_length=20, description="Versions of the base that it repeats."
    )
    template: Code | None = Field(
        None, description="Code and version of the centre's form it was written in."
    )

    def given(self) -> set[str]:
        return super().given() | ({"adopted"} if self.adopted is not None else set())


class ReportData(Data):
    result: Text = Field(description="The result as reported to the centre.")


class CompletionData(Data):
    every_point: bool = Field(False, description="Whether each point of the request is answered.")
    handler: Loose = Field("", description="The body or person that handled it.")
    time: Loose = Field("", description="When it was handled.")
    course: Loose = Field("", description="How it was handled.")
    result: Loose = Field("", description="What came of it.")
    basis: Loose = Field("", description="Law and policy it rests on.")
    requester_contact: Loose = Field("", description="How the requester was contacted.")
    unsolved: bool = Field(False, description="Whether it cannot be solved for now.")
    measures: Loose = Field("", description="Measures, where unsolved.")
    progress: Loose = Field("", description="Progress, where unsolved.")
    definite_date: Loose = Field("", description="By when it will be solved, where unsolved.")


class Decision(Data):
    approved: bool = Field(description="Whether it is approved.")
    reason: Loose = Field("", description="Why.")


class CaseData(Data):
    case: Code = Field(description="Id of the case in the profile.")
    evidence: Loose = Field("", description="What proves it.")


class EndData(Data):
    ending: Code = Field(description="Id of the ending in the profile.")
    documents: Loose = Field("", description="The material handed in.")


class SupplementaryData(Data):
    kind: Literal["add", "change"] = Field(description="Adding to a finished answer, or changing it.")
    reason: Text = Field(description="What is new.")
    in_writing: bool = Field(False, description="Whether the unit applied in writing.")


class AnswerText(Data):
    text: Text = Field(description="The supplementary or changed answer.")


class Nothing(Data):
    pass


def _reply_rule(profile: Profile) -> Rule | None:
    return next(iter(profile.classes.values())).limit


def _reply_needs(case: Case, data: ReplyData) -> Refusal | None:
    found = regulation.request_class_of(case.profile, case.request.request_class).reply
    if found is None:
        return None
    if found.written and not data.written:
        return no("reply_not_written", "这类事项须按热线的格式文本书面答复", found)
    return lacks(found.needs, data.given(), "答复", found)


def _accepted(case: Case) -> Refusal | None:
    limit = regulation.request_class_of(case.profile, case.request.request_class).limit
    if limit.starts == "signed" and case.leg.signed_at is None:
        return no("not_signed", "应先签收", case.profile.sign)
    found = regulation.request_class_of(case.profile, case.request.request_class).decision
    if found is None or case.leg.accepted_at is not None or case.leg.redo:
        return None
    return no("not_accepted_yet", "应先决定是否受理", found)


@event(
    "reply",
    "回复诉求人",
    "unit district",
    ["signed", "dispatched", "replied"],
    rule=_reply_rule,
    offer=_accepted,
    check=_reply_needs,
)
def reply(case: Case, _: ReplyData) -> State:
    """The requester has the unit's answer; a later reply adds to it."""
    if case.leg.replied_at is not None and not case.leg.reply_deemed:
        return case.state
    return case.with_leg("replied", replied_at=case.leg.replied_at or case.at, reply_deemed=False)


def _report_rule(profile: Profile) -> Rule | None:
    return profile.completion.report


def _reporter(case: Case) -> Refusal | None:
    rule = case.profile.completion.report
    if rule is not None and rule.through and to_district(case) and "district" not in case.by.roles:
        return no("report_not_through_district", f"区县承办单位的结果由{rule.through}转报", rule)
    return None


@event(
    "report_result",
    "报送结果",
    "unit district",
    ["replied"],
    rule=_report_rule,
    own_rule=True,
    offer=_reporter,
)
def report_result(case: Case, _: ReportData) -> State:
    """The centre has the result; a district's unit reports through its body."""
    return case.with_leg("completed", reported_at=case.at, completed_at=case.at)


def _completion_rule(profile: Profile) -> Rule | None:
    found = profile.completion
    return found.review or found.content or found.report


def _completable(case: Case) -> Refusal | None:
    report = case.profile.completion.report
    if report is not None and case.profile.completion.review is None:
        return no("report_instead", "办理结果应报送热线中心，不另行申请办结", report)
    return untold(case)


def _content(case: Case, data: CompletionData) -> Refusal | None:
    found = case.profile.completion
    content, unsolved = found.content, found.unsolved
    return first(
        None if content is None else lacks(content.needs, data.given(), "办结申请", content),
        lacks(unsolved.needs, data.given(), "暂时不能解决的事项", unsolved)
        if data.unsolved and unsolved
        else None,
    )


@event(
    "request_completion",
    "申请办结",
    "unit district",
    ["replied"],
    rule=_completion_rule,
    offer=_completable,
    check=_content,
)
def request_completion(case: Case, _: CompletionData) -> State:
    """Handed to the centre, which reviews it where the city says so."""
    review = case.profile.completion.review
    if review is not None and review.reviewed:
        return case.with_leg("completing", completion_asked_at=case.at)
    return case.with_leg("completed", completion_asked_at=case.at, completed_at=case.at, reported_at=case.at)


def _review(profile: Profile) -> Rule | None:
    return profile.completion.review


@event(
    "decide_completion",
    "审核办结",
    "centre district",
    ["completing"],
    rule=_review,
    own_rule=True,
)
def decide_completion(case: Case, data: Decision) -> State:
    """Approved: completed. Sent back: it was not done, and the limit counts as the city says."""
    if data.approved:
        asked = case.leg.completion_asked_at or case.at
        return case.with_leg("completed", completed_at=case.at, reported_at=asked)
    review = case.profile.completion.review
    from_first = review is not None and review.sent_back == "from_first_receipt"
    counted = case.leg.received_at if from_first else case.leg.counted_from
    return case.with_leg(
        "signed", counted_from=counted, replied_at=None, reply_deemed=False, completion_asked_at=None
    )


def _deemed(profile: Profile) -> Rule | None:
    return next(iter(profile.completion.deemed.values()), None)


def _case(case: Case, data: CaseData) -> Refusal | None:
    found = case.profile.completion.deemed.get(data.case)
    if found is None:
        return no("case_unknown", f"没有“{data.case}”这种视同办结的情形", _deemed(case.profile))
    code = regulation.code_of(case.profile, case.request.request_class)
    if found.classes and code not in found.classes:
        return no("case_not_for_class", "这类事项不适用视同办结", found)
    return lacks(found.needs, data.given(), "视同办结", found)


@event(
    "case_filed",
    "立案或移送司法机关",
    "unit district",
    ["dispatched", "signed", "replied"],
    rule=_deemed,
    own_rule=True,
    check=_case,
)
def case_filed(case: Case, data: CaseData) -> State:
    """Counts as completed once the evidence is handed in."""
    rule = case.profile.completion.deemed[data.case]
    mark = Mark("deemed_completed", data.case, case.at, clause_of(rule))
    state = case.with_leg("completed", completed_at=case.at, reported_at=case.at)
    return replace(state, marks=(*state.marks, mark))


def _endings(profile: Profile) -> Rule | None:
    return next(iter(profile.endings.values()), None)


def _ending(case: Case, data: EndData) -> Refusal | None:
    found = case.profile.endings.get(data.ending)
    if found is None:
        return no("ending_unknown", f"没有“{data.ending}”这种终结", _endings(case.profile))
    if found.reviewed and case.state.status not in WITH_UNIT:
        return no("ending_after_completion", "工单已不在办理中，不能终止办理", found)
    if not found.reviewed and case.state.status not in DONE:
        return no("ending_before_completion", "依法办理完毕后才能出具终结告知书", found)
    return lacks(found.needs, data.given(), "终结", found)


@event(
    "end",
    "终结",
    "unit district",
    ["dispatched", "signed", "replied", "completed", "closed"],
    rule=_endings,
    own_rule=True,
    check=_ending,
)
def end(case: Case, data: EndData) -> State:
    """A notice that closes the matter for good, or an end of handling that the centre reviews."""
    found = case.profile.endings[data.ending]
    if found.reviewed:
        return case.with_status("ending", ending=data.ending)
    mark = Mark("termination_notice", data.ending, case.at, clause_of(found))
    return replace(case.state, terminated=data.ending, marks=(*case.state.marks, mark))


@event("decide_ending", "审核终止", "centre district", ["ending"], rule=_endings, own_rule=True)
def decide_ending(case: Case, data: Decision) -> State:
    """Approved: the handling is over. Refused: the unit goes on."""
    if data.approved:
        return case.with_leg("ended", left_at=case.at)
    back = "replied" if case.leg.replied_at else "signed"
    return case.with_status(back, ending=None)


def _supplementary(profile: Profile) -> Rule | None:
    return profile.completion.supplementary


def _in_writing(case: Case, data: SupplementaryData) -> Refusal | None:
    rule = case.profile.completion.supplementary
    if rule is None or data.kind == "add" or data.in_writing or not rule.change_in_writing:
        return None
    return no("not_in_writing", "修改已办结事项的答复，须书面申请", rule)


@event(
    "ask_supplementary",
    "申请补充或修改答复",
    "unit district",
    ["completed", "closed"],
    rule=_supplementary,
    own_rule=True,
    check=_in_writing,
)
def ask_supplementary(case: Case, data: SupplementaryData) -> State:
    """The unit asks to add to or change a finished answer."""
    rule = case.profile.completion.supplementary
    stage = "asked" if rule is not None and rule.right_reviewed else "granted"
    return replace(case.state, supplementary=Supplementary(data.kind, case.at, stage))


def _asked_for(case: Case) -> Refusal | None:
    return _stage(case, "asked", "没有等待审核的补充答复申请")


def _granted(case: Case) -> Refusal | None:
    return _stage(case, "granted", "补充答复的权限还没有开通")


def _written(case: Case) -> Refusal | None:
    return _stage(case, "written", "没有等待审核的补充答复内容")


def _stage(case: Case, stage: str, why: str) -> Refusal | None:
    found = case.state.supplementary
    there = found is not None and found.stage == stage
    return None if there else no("supplementary_stage", why, _supplementary(case.profile))


def _moved(case: Case, stage: str | None) -> State:
    found = case.state.supplementary
    moved = None if stage is None or found is None else replace(found, stage=stage)
    return replace(case.state, supplementary=moved)


@event(
    "grant_supplementary",
    "审核补充答复权限",
    "centre",
    ["completed", "closed"],
    rule=_supplementary,
    own_rule=True,
    offer=_asked_for,
)
def grant_supplementary(case: Case, data: Decision) -> State:
    """The centre opens the right to answer again."""
    return _moved(case, "granted" if data.approved else None)


@event(
    "write_supplementary",
    "填写补充或修改的答复",
    "unit district",
    ["completed", "closed"],
    rule=_supplementary,
    own_rule=True,
    offer=_granted,
)
def write_supplementary(case: Case, _: AnswerText) -> State:
    """The content waits for review where the city says so."""
    rule = case.profile.completion.supplementary
    return _moved(case, "written" if rule is not None and rule.content_reviewed else "published")


@event(
    "issue_supplementary",
    "审核发布补充答复",
    "centre",
    ["completed", "closed"],
    rule=_supplementary,
    own_rule=True,
    offer=_written,
)
def issue_supplementary(case: Case, data: Decision) -> State:
    """Reviewed before anybody sees it; refused: it is written anew."""
    return _moved(case, "published" if data.approved else "granted")


def _archive(profile: Profile) -> Rule | None:
    return profile.completion.archive or profile.completion.review or _reply_rule(profile)


@event(
    "archive",
    "归档",
    "agent centre system",
    ["answered", "completed", "ended", "concluded", "refused", "put_through"],
    rule=_archive,
)
def archive(case: Case, _: Nothing) -> State:
    """What is finished is kept."""
    return case.with_status("closed")
