"""What every part of a profile is made of: rules with their clause, periods, checked texts."""

import re
from datetime import date, timedelta
from string import Formatter
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from kb_service.core.errors import Invalid
from kb_service.regulations import calendar
from kb_service.regulations.clauses import cite

RequestClassCode = Literal["consultation", "help", "complaint", "report", "suggestion", "appeal"]
Start = Literal["received", "signed", "accepted"]
Need = Literal[
    "reason",
    "basis",
    "suggested_unit",
    "note",
    "missing_list",
    "findings",
    "photos",
    "new_limit",
    "facts",
    "work_plan",
    "time",
    "place",
    "parties",
    "name",
    "phone",
    "address",
    "handler",
    "handler_contact",
    "details",
    "intent",
    "every_point",
    "course",
    "result",
    "requester_contact",
    "measures",
    "progress",
    "definite_date",
    "evidence",
    "documents",
    "adopted",
]
# Of these, what a requester can give when the request is made.
Essential = Literal["time", "place", "facts", "parties", "name", "phone", "address"]
PLACEHOLDERS = {"city", "channel"}
_TIME = re.compile(r"(\d{1,2}):(\d{2})")


class Part(BaseModel):
    """A part of a profile: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


def as_tuple(value: object) -> object:
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
Texts = Annotated[tuple[Text, ...], BeforeValidator(as_tuple)]
Told = Annotated[Text, BeforeValidator(_told)]
DayLength = Annotated[timedelta, BeforeValidator(_day_length), PlainSerializer(_day_text)]
Needs = Annotated[tuple[Need, ...], BeforeValidator(as_tuple)]
Given = Annotated[tuple[Essential, ...], BeforeValidator(as_tuple)]
Classes = Annotated[tuple[RequestClassCode, ...], BeforeValidator(as_tuple)]
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
    """A length of time, or the name of a number that the deployment supplies."""

    working_days: int | None = Field(
        None, ge=1, le=1000, title="工作日", description="Counted from the day after the event."
    )
    hours: int | None = Field(
        None, ge=1, le=10000, title="小时", description="On the clock, holidays or not."
    )
    calendar_days: int | None = Field(
        None,
        ge=0,
        le=3650,
        title="自然日",
        description="Not lengthened by holidays; 0: the day of the event itself.",
    )
    deployment: Text | None = Field(
        None,
        title="部署单位规定",
        description="Name of a number of the `deployment` section, where the regulation states none.",
    )

    @model_validator(mode="after")
    def _one_of_four(self) -> "Period":
        if len(self.model_fields_set) != 1 or next(iter(self.model_dump(exclude_none=True)), None) is None:
            raise ValueError("working_days、hours、calendar_days、deployment 四者须写且只写一个")
        return self

    @property
    def value(self) -> calendar.Period:
        if self.deployment is not None:
            raise Invalid(
                f"期限“{self.deployment}”由部署单位规定，还没有录入。",
                code="deployment_numbers_missing",
                extra={"missing": [self.deployment]},
            )
        return calendar.Period(self.working_days, self.hours, self.calendar_days)


class Timed(Rule):
    """A step with a period of its own; what starts it is said where it stands."""

    within: Period = Field(title="期限", description="How long it may take.")


class Needing(Rule):
    needs: Needs = Field(title="须附", description="What must be given.")


class Listed(Rule):
    """One of a list of equals that staff choose from."""

    label: Text = Field(title="名称", description="The case in a few words.")


class Recognised(Listed):
    """`cues` help the intake to notice the case; they are not part of the regulation."""

    cues: Texts = Field(
        (),
        title="识别词",
        description="Phrases that suggest the case; `…` stands for up to 10 characters of one sentence.",
        json_schema_extra={"aid": True},
    )
    unless: Texts = Field(
        (), title="排除词", description="Phrases that speak against it.", json_schema_extra={"aid": True}
    )


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
