"""What a profile file may say. Titles are Chinese and appear in `kb profile explain`; descriptions
are English and make up docs/reference/profile.md."""

import hashlib
import json
import re
from datetime import date, timedelta
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from kb_service.regulations import calendar
from kb_service.regulations.clauses import cite

RequestClassCode = Literal["consultation", "help", "complaint", "report", "suggestion", "appeal"]
Start = Literal["received", "signed", "accepted"]
Reviewer = Literal["leader_in_charge", "authorised_person"]
Need = Literal["reason", "basis", "suggested_unit", "note", "missing_list", "findings", "photos", "new_limit"]
PLACEHOLDERS = {"city", "channel"}
_TIME = re.compile(r"(\d{1,2}):(\d{2})")


class Part(BaseModel):
    """A part of a profile: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _day_length(value: object) -> object:
    if not isinstance(value, str) or not (found := _TIME.fullmatch(value)):
        raise ValueError("应写成带引号的时刻，例如 '24:00'")
    length = timedelta(hours=int(found[1]), minutes=int(found[2]))
    if not timedelta(0) < length <= calendar.FULL_DAY or int(found[2]) > 59:
        raise ValueError("应在 '00:01' 到 '24:00' 之间")
    return length


def _day_text(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _told(value: object) -> object:
    if isinstance(value, str):
        try:
            used = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
        except ValueError as error:
            raise ValueError("花括号没有成对") from error
        if unknown := used - PLACEHOLDERS:
            raise ValueError(f"不认识的占位 {{{unknown.pop()}}}，可用的是 {{city}} 和 {{channel}}")
    return value


Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_tuple)]
Told = Annotated[Text, BeforeValidator(_told)]
DayLength = Annotated[timedelta, BeforeValidator(_day_length), PlainSerializer(_day_text)]
Needs = Annotated[tuple[Need, ...], BeforeValidator(_as_tuple)]
Count = Annotated[int, Field(ge=0)]


class Rule(Part):
    """Anything that carries a clause."""

    clause: Texts = Field(
        title="条款", description="Id of the clause, or several, of the clause list.", min_length=1
    )
    article: Text | None = Field(
        None, title="引用", description="Finer citation than the clause list has, e.g. 第十条第（一）项."
    )
    reading: Text | None = Field(
        None, title="读法", description="How the text is read where it leaves room, and why; in Chinese."
    )

    @property
    def cited(self) -> str:
        return self.article or "、".join(map(cite, self.clause))


class Period(Part):
    working_days: int | None = Field(
        None, ge=1, title="工作日", description="Counted from the day after the event."
    )
    hours: int | None = Field(None, ge=1, title="小时", description="On the clock, holidays or not.")
    calendar_days: int | None = Field(None, ge=1, title="自然日", description="Not lengthened by holidays.")

    @model_validator(mode="after")
    def _one_of_three(self) -> "Period":
        if len(self.model_fields_set) != 1 or next(iter(self.model_dump(exclude_none=True)), None) is None:
            raise ValueError("working_days、hours、calendar_days 三者须写且只写一个")
        return self

    @property
    def value(self) -> calendar.Period:
        return calendar.Period(self.working_days, self.hours, self.calendar_days)


class Validity(Rule):
    start: date = Field(alias="from", title="施行日期", description="First day of force.")
    end: date | None = Field(
        None, alias="to", title="有效期末日", description="Last day of force; absent: no end stated."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "Validity":
        if self.end is not None and self.end < self.start:
            raise ValueError("有效期末日早于施行日期")
        return self


class Periods(Part):
    day_ends: DayLength = Field(
        title="每日截止", description="When the last day of a period ends, quoted: '24:00'."
    )
    basis: Text = Field(title="依据", description="What the counting of periods rests on.")
    reading: Text = Field(title="读法", description="How periods are read, and why.")


class AnswerAtOnce(Rule):
    allowed: bool = Field(
        title="可即时答复",
        description="Whether what the base can answer is answered at once; otherwise dispatched.",
    )


class Limit(Rule):
    within: Period = Field(title="办理期限", description="How long the unit has to handle and reply.")
    starts: Start = Field(
        title="起算",
        description="`received`: the first receiving body gets the ticket; `signed`: the unit signs; "
        "`accepted`: the unit decides to accept.",
    )


class RequestClass(Part):
    label: Text = Field(title="名称", description="The class as the regulation calls it.")
    answer_at_once: AnswerAtOnce = Field(title="处置", description="Answer at once, or dispatch.")
    limit: Limit = Field(title="时限", description="The handling limit.")


class Recognised(Rule):
    """`cues` help the intake to notice the case; they are not part of the regulation."""

    label: Text = Field(title="名称", description="Short name shown to staff.")
    cues: Texts = Field(
        (),
        title="识别词",
        description="Phrases that suggest the case; `…` stands for up to 10 characters of one sentence.",
        json_schema_extra={"aid": True},
    )
    unless: Texts = Field(
        (), title="排除词", description="Phrases that speak against it.", json_schema_extra={"aid": True}
    )


class Recognition(Part):
    """How cues are looked for; a help to the intake and no part of the regulation."""

    look_at: int = Field(
        ge=20,
        title="只看开头多少字",
        description="Emergencies and sudden matters are looked for in the first so many characters: "
        "who is in need says so first, a long letter speaks of it as a risk.",
    )
    supposed: Texts = Field(
        title="假设、经常、过去的说法",
        description="A cue is passed over where one of these stands up to 10 characters before it in the same clause.",
    )


class Ground(Recognised):
    told: Told = Field(
        title="告知用语", description="What the requester is told; may use {city} and {channel}. Chinese."
    )
    channel: Text = Field(title="其他渠道", description="The lawful channel that can help instead.")


class Acceptance(Part):
    grounds: dict[str, Ground] = Field(
        title="不予受理情形",
        description="By id, in the order of the text.",
        json_schema_extra={"listed": True},
    )


class EmergencyNumber(Recognised):
    told: Told = Field(title="告知用语", description="What the requester is told while being put through.")


class Emergency(Part):
    numbers: dict[Annotated[str, Field(pattern=r"^\d{3,5}$")], EmergencyNumber] = Field(
        title="紧急电话", description="By number, most urgent first.", json_schema_extra={"listed": True}
    )


class Sudden(Rule):
    record: Period = Field(
        title="处理记录", description="By when a handling record must exist, from receipt."
    )
    complete: Period = Field(title="办结期限", description="By when the matter is completed, from receipt.")
    matters: dict[str, Recognised] = Field(
        title="突发事项清单", description="The adjustable list, by id.", json_schema_extra={"listed": True}
    )


class Cards(Rule):
    yellow_after: Count = Field(
        title="亮黄牌：逾期工作日超过", description="Yellow when more working days are overdue."
    )
    red_after: Count = Field(
        title="亮红牌：逾期工作日超过", description="Red when more working days are overdue."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "Cards":
        if self.red_after <= self.yellow_after:
            raise ValueError("红牌的天数应大于黄牌的天数")
        return self


class ReturnWindow(Rule):
    within: Period = Field(title="申请期限", description="How long the unit may ask for the return.")
    starts: Start = Field(title="起算", description="As for the handling limit.")
    needs: Needs = Field(title="须附", description="What the request must carry.")


class Supplement(ReturnWindow):
    times: int = Field(ge=1, title="次数", description="How often it may be returned so.")


class Survey(Rule):
    start_within: Period = Field(
        title="启动期限", description="From receipt to the start of the site survey."
    )
    findings_within: Period = Field(
        title="上传期限", description="From the start of the survey to the return."
    )
    needs: Needs = Field(title="须附", description="What the return must carry.")


class ReturnDecided(Rule):
    approved: Literal["restarts"] = Field(
        title="同意退回", description="The limit restarts with the new dispatch."
    )
    refused: Literal["from_first_receipt", "goes_on"] = Field(
        title="不同意退回", description="From when the limit then counts."
    )


class LateReturn(Rule):
    outcome: Literal["marked", "refused"] = Field(
        title="逾期退回", description="Reviewed but marked late, or refused."
    )


class SignOff(Rule):
    by: Annotated[tuple[Reviewer, ...], BeforeValidator(_as_tuple)] = Field(
        title="签批人", description="Whose sign-off a return must carry."
    )


class NotReturnable(Rule):
    label: Text = Field(title="情形", description="The case in a few words.")


class Returns(Part):
    not_ours: ReturnWindow = Field(title="非本单位职责", description="Not the unit's duty.")
    supplement: Supplement = Field(title="补充材料", description="Identity hidden, material missing.")
    survey: Survey = Field(title="现场踏勘", description="Ownership unclear: site survey.")
    decided: ReturnDecided = Field(title="退回审核", description="What follows from the decision.")
    late: LateReturn = Field(title="超过退回期限", description="What follows from being late.")
    sign_off: SignOff = Field(title="退件签批", description="Who signs.")
    not_returnable: dict[str, NotReturnable] = Field(
        title="不予退回", description="By id.", json_schema_extra={"listed": True}
    )


class Extension(Rule):
    times: int = Field(ge=0, title="次数", description="How often a ticket may be extended.")
    grants: Literal["class_limit"] = Field(title="延长", description="As much again as the class's limit.")
    needs: Needs = Field(title="须附", description="What the request must carry.")
    requester_told: bool = Field(title="须告知诉求人", description="Whether the requester must be told.")


class Redo(Rule):
    times: int = Field(ge=0, title="次数", description="How often a ticket may be redone.")
    within: Literal["own_limit"] = Field(
        title="重办时限", description="The ticket's own limit, from the redo's dispatch."
    )
    extension_allowed: bool = Field(title="可延期", description="Whether a redo may be extended.")
    rating: Literal["last", "first"] = Field(title="以哪次评价为准", description="Which rating counts.")


class Profile(Part):
    id: str = Field(
        pattern=r"^[a-z][a-z0-9-]*$", title="档案编号", description="The file's name without .yaml."
    )
    extends: str | None = Field(
        None,
        title="沿用",
        description="Id of a profile whose rules hold wherever this file says nothing else.",
    )
    city: Text = Field(title="城市", description="Name of the city, as the requester is told it.")
    title: Text = Field(title="名称", description="Name of the regulation.")
    document_number: Text | None = Field(None, title="文号", description="Document number of the regulation.")
    validity: Validity = Field(title="有效期", description="When the rules are in force.")
    periods: Periods = Field(title="期间计算", description="How periods are counted.")
    recognition: Recognition = Field(title="识别", description="How cues are looked for in what is said.")
    classes: dict[RequestClassCode, RequestClass] = Field(
        min_length=1, title="诉求类型", description="The classes of the regulation, by code."
    )
    sudden: Sudden | None = Field(None, title="突发事项", description="The fast path for sudden matters.")
    acceptance: Acceptance = Field(title="受理", description="What is not accepted, and what is said then.")
    emergency: Emergency = Field(title="紧急联动", description="What goes to the emergency numbers at once.")
    returns: Returns | None = Field(None, title="退回", description="Returns by units.")
    extension: Extension | None = Field(None, title="延期", description="Extensions.")
    redo: Redo | None = Field(None, title="重办", description="Redo after a dissatisfied rating.")
    cards: Cards | None = Field(None, title="亮牌", description="Cards for overdue tickets; absent: none.")

    def content(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @property
    def revision(self) -> str:
        """Changes whenever a rule does: what a ticket keeps to name the rules it was registered under."""
        text = json.dumps(self.content(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
