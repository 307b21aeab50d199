"""What the unit does with a ticket: returns, extensions, completion, and what follows from its reply."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from kb_service.regulations.schema.parts import (
    Classes,
    Count,
    Listed,
    Needing,
    Needs,
    Part,
    Period,
    Rule,
    Text,
    Texts,
    Timed,
    as_tuple,
)

Reviewer = Literal["leader_in_charge", "authorised_person"]
Asked = Literal["satisfaction", "solved", "contact"]
SpecialKind = Literal["mediation", "enforcement"]
Phase = Literal["intake", "handling"]


class ReturnWindow(Needing):
    within: Period = Field(title="申请期限", description="How long the unit may ask for the return.")
    starts: Literal["received", "signed"] = Field(title="起算", description="As for the handling limit.")


class Supplement(ReturnWindow):
    times: int = Field(ge=1, title="次数", description="How often it may be returned so.")
    hidden_only: bool = Field(
        False,
        title="只限诉求人隐匿信息的",
        description="Whether only where the requester hides or gave no number; else the unit asks.",
    )


class Survey(Needing):
    start_within: Period = Field(
        title="启动期限", description="From receipt to the start of the site survey."
    )
    findings_within: Period = Field(
        title="上传期限", description="From the start of the survey to the return."
    )


class ReturnDecided(Rule):
    approved: Literal["restarts"] = Field(
        title="同意退回", description="The limit restarts with the new dispatch."
    )
    refused: Literal["from_first_receipt", "goes_on"] = Field(
        title="不同意退回", description="From when the limit then counts."
    )


class LateReturn(Rule):
    outcome: Literal["marked", "refused", "coordination"] = Field(
        title="逾期退回",
        description="Reviewed but marked late, or refused, or refused unless the centre opens a coordination.",
    )


class SignOff(Rule):
    by: Annotated[tuple[Reviewer, ...], BeforeValidator(as_tuple)] = Field(
        title="签批人", description="Whose sign-off a return must carry."
    )


class NotReturnable(Listed):
    pass


class Returns(Part):
    not_ours: ReturnWindow = Field(title="非本单位职责", description="Not the unit's duty.")
    wrong_record: Needing | None = Field(
        None, title="登记错误", description="A registration so wrong that it hinders handling."
    )
    supplement: Supplement | None = Field(
        None, title="补充材料", description="Identity hidden, material missing."
    )
    survey: Survey | None = Field(None, title="现场踏勘", description="Ownership unclear: site survey.")
    decided: ReturnDecided = Field(title="退回审核", description="What follows from the decision.")
    late: LateReturn = Field(title="超过退回期限", description="What follows from being late.")
    sign_off: SignOff | None = Field(None, title="退件签批", description="Who signs.")
    not_returnable: dict[str, NotReturnable] = Field(
        default_factory=dict, title="不予退回", description="By id.", json_schema_extra={"listed": True}
    )


class Contact(Needing):
    classes: Classes = Field((), title="适用类型", description="Codes of the classes; absent: all.")


class ExtensionScope(Rule):
    classes: Classes = Field(title="可延期的类型", description="Codes of the classes that may be extended.")


class ExtensionAsk(Needing):
    working_days_before: Count = Field(
        title="届满前几个工作日提出",
        description="How many working days before the due day at the latest; 0: before the limit ends.",
    )
    requester_told: bool = Field(title="须告知诉求人", description="Whether the requester must be told.")
    approved: bool = Field(
        title="须经审核批准", description="Whether it needs approval; otherwise filing it is enough."
    )


class ExtensionGrant(Rule):
    length: Literal["class_limit", "up_to_class_limit", "up_to"] = Field(
        title="延长",
        description="Exactly the class's limit, at most the class's limit, or at most the period stated.",
    )
    at_most: Period | None = Field(None, title="最长", description="The longest extension, with `up_to`.")

    @model_validator(mode="after")
    def _with_its_period(self) -> "ExtensionGrant":
        if (self.length == "up_to") != (self.at_most is not None):
            raise ValueError("length 为 up_to 时要写 at_most，其余情况不写")
        return self


class ExtensionStep(Part):
    ask: ExtensionAsk = Field(title="申请", description="When and with what it is asked for.")
    grant: ExtensionGrant = Field(title="延长", description="How much is granted.")


class Extension(Rule):
    times: int = Field(ge=0, title="次数", description="How often a ticket may be extended.")
    only: ExtensionScope | None = Field(None, title="适用范围", description="Absent: every class.")
    first: ExtensionStep = Field(title="首次延期", description="The first extension.")
    again: ExtensionStep | None = Field(
        None, title="再次延期", description="Every later one; absent: as the first."
    )

    def step(self, nth: int) -> ExtensionStep:
        """The rules of the nth extension of a ticket, the first being 1."""
        return self.again if nth > 1 and self.again is not None else self.first


class Review(Rule):
    reviewed: bool = Field(title="办结须审核", description="Whether a completion is reviewed.")
    sent_back: Literal["from_first_receipt", "goes_on"] = Field(
        title="审核不通过", description="From when the limit counts after being sent back."
    )


class Unreachable(Rule):
    days: int = Field(
        ge=1,
        title="连续天数",
        description="Calendar days in a row with an unanswered call each, after which the reply is deemed given.",
    )


class ForwardedReport(Timed):
    """The result goes to the centre; timed from the reply."""

    through: Text | None = Field(
        None, title="区县单位经由", description="Who passes on the reports of units under a district."
    )


class WrittenAnswer(Rule):
    on_request: bool = Field(
        title="应要求书面答复", description="Whether a written answer is owed when asked for."
    )
    in_whose_name: Literal["unit", "centre"] = Field(title="署名", description="In whose name it is given.")


class Supplementary(Rule):
    """Adding to or changing the answer of a finished ticket."""

    right_reviewed: bool = Field(title="权限须审核", description="Whether the right is granted after review.")
    content_reviewed: bool = Field(
        title="内容须审核", description="Whether the content is reviewed before publication."
    )
    change_in_writing: bool = Field(
        title="修改须书面申请", description="Whether changing a finished answer needs a written application."
    )


class Archive(Rule):
    archived: bool = Field(title="办结归档", description="Whether completed tickets are archived.")


class DeemedDone(Listed):
    classes: Classes = Field((), title="适用类型", description="Codes of the classes; absent: all.")
    needs: Needs = Field(title="须附", description="What must be handed in.")


class Completion(Part):
    content: Needing | None = Field(None, title="办结内容", description="What a completion states.")
    unsolved: Needing | None = Field(
        None, title="暂时不能解决", description="What is given where the matter cannot be solved for now."
    )
    review: Review | None = Field(None, title="办结审核", description="Who looks at it before it counts.")
    report: ForwardedReport | None = Field(
        None, title="结果报送", description="By when the centre has the result."
    )
    unreachable: Unreachable | None = Field(
        None, title="联系不上", description="When a requester who cannot be reached counts as replied to."
    )
    deemed: dict[str, DeemedDone] = Field(
        default_factory=dict,
        title="视同办结",
        description="What counts as completed, by id.",
        json_schema_extra={"listed": True},
    )
    written: WrittenAnswer | None = Field(None, title="书面答复", description="Written answers.")
    supplementary: Supplementary | None = Field(None, title="补充和修改答复", description="After completion.")
    archive: Archive | None = Field(None, title="归档", description="Keeping what is finished.")


class Ending(Listed):
    """A way to end a ticket without completing it, or to end the matter for good."""

    needs: Needs = Field(title="须附", description="What the unit hands in.")
    reviewed: bool = Field(title="须审核", description="Whether the centre reviews it.")
    channel: Text | None = Field(
        None, title="之后指引", description="Where later calls about the matter are pointed to."
    )


class Callback(Rule):
    within: Period | None = Field(
        None, title="回访期限", description="From the reported result; absent: no limit stated."
    )
    of: Literal["all", "dissatisfied"] = Field(
        title="回访对象", description="Every completed ticket, or those rated badly."
    )
    asks: Annotated[tuple[Asked, ...], BeforeValidator(as_tuple)] = Field(
        title="回访内容", description="What is asked."
    )


class Rating(Rule):
    within: Period = Field(title="评价期限", description="From when the request to rate was sent.")
    deemed: Literal["satisfied", "basically_satisfied"] = Field(
        title="未评价、多选、错选视为", description="How no rating, several or a wrong one counts."
    )
    phases: Annotated[tuple[Phase, ...], BeforeValidator(as_tuple)] = Field(
        title="评价环节", description="What is rated, each for itself."
    )


class RatingAppeal(Needing):
    reasons: Texts = Field(title="申诉理由", description="Why the unit may appeal a bad rating.")
    not_counted: bool = Field(
        title="通过后不计入考核",
        description="Whether an approved appeal takes the rating out of the assessment.",
    )


class RatingExempt(Rule):
    kinds: Annotated[tuple[SpecialKind, ...], BeforeValidator(as_tuple)] = Field(
        title="不单以满意率评价的事项", description="Matters not judged by satisfaction alone."
    )


class Ratings(Part):
    window: Rating | None = Field(None, title="评价", description="The requester's own rating.")
    appeal: RatingAppeal | None = Field(None, title="评价申诉", description="The unit's appeal against it.")
    exempt: RatingExempt | None = Field(
        None, title="不片面追求满意率", description="What satisfaction alone does not judge."
    )


class Objection(Rule):
    to: Text = Field(title="提出异议", description="Whom a requester who remains dissatisfied may turn to.")


class AfterLast(Listed):
    """What follows an objection after the last redo."""

    then: Literal["transferred", "closed", "decided"] = Field(
        title="处理",
        description="Transferred to supervisors, not supported and closed, or decided in writing.",
    )


class Redo(Rule):
    times: int | None = Field(
        None, ge=0, title="次数", description="How often a ticket may be redone; absent: no number stated."
    )
    within: Literal["own_limit", "class_limit", "period"] = Field(
        title="重办时限",
        description="From the redo's dispatch: the ticket's own limit, its class's, or `period`.",
    )
    period: Period | None = Field(None, title="期限", description="With `within: period`.")
    extension_allowed: bool = Field(title="可延期", description="Whether a redo may be extended.")
    rating: Literal["last", "first"] = Field(title="以哪次评价为准", description="Which rating counts.")
    grounds: dict[str, Listed] = Field(
        default_factory=dict,
        title="重办情形",
        description="When a ticket is redone, by id.",
        json_schema_extra={"listed": True},
    )
    after_last: dict[str, AfterLast] = Field(
        default_factory=dict,
        title="最后一次重办后仍有异议",
        description="By id.",
        json_schema_extra={"listed": True},
    )

    @model_validator(mode="after")
    def _with_its_period(self) -> "Redo":
        if (self.within == "period") != (self.period is not None):
            raise ValueError("within 为 period 时要写 period，其余情况不写")
        return self


class Repeat(Listed):
    """The same matter again: what is done, by whether it is open and brings anything new."""

    done: bool = Field(title="原诉求已办结", description="Whether the first ticket is completed.")
    new_facts: bool = Field(title="有新事实、新理由", description="Whether the repeat brings anything new.")
    outcome: Literal["archived", "merged", "dispatched"] = Field(
        title="处理", description="Logged and archived, merged into the open ticket, or dispatched again."
    )
    limit: Literal["none", "restarts"] = Field(title="时限", description="What becomes of the limit.")
    includes_overdue: bool = Field(
        True,
        title="逾期未办结的按在办",
        description="For a ticket not completed: whether one that is overdue still counts as in progress.",
    )
