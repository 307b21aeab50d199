"""What a profile file may say. Titles are Chinese and appear in `kb profile explain`; descriptions
are English and make up docs/reference/profile.md."""

import hashlib
import json
from typing import Any

from pydantic import Field, model_validator

from kb_service.regulations.schema.handling import (
    Callback,
    Completion,
    Contact,
    Ending,
    Extension,
    Objection,
    Ratings,
    Redo,
    Repeat,
    Returns,
)
from kb_service.regulations.schema.intake import (
    Acceptance,
    Dispatch,
    Emergency,
    Intake,
    Recognition,
    RequestClass,
    Sign,
    SpecialLimits,
    Sudden,
)
from kb_service.regulations.schema.knowledge import Knowledge
from kb_service.regulations.schema.oversight import (
    SAID,
    Access,
    Cards,
    Confidentiality,
    DeploymentNumber,
    LeftOut,
    Report,
    Scheme,
    Seat,
    Supervision,
)
from kb_service.regulations.schema.parts import (
    Part,
    Period,
    Periods,
    RequestClassCode,
    Rule,
    Text,
    Validity,
)

__all__ = [
    "Part",
    "Period",
    "Profile",
    "RequestClassCode",
    "Rule",
    "referred_numbers",
    "wrongly_counted",
]


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
    deployment: dict[str, DeploymentNumber] = Field(
        default_factory=dict,
        title="部署单位规定的数字",
        description="Numbers that the regulation leaves open, by name; see [Period](#period).",
    )
    recognition: Recognition = Field(
        Recognition(), title="识别", description="How cues are looked for in what is said."
    )
    intake: Intake = Field(Intake(), title="接收", description="Channels, and what is done on the line.")
    classes: dict[RequestClassCode, RequestClass] = Field(
        min_length=1,
        title="诉求类型",
        description="The classes of the regulation, by code.",
        json_schema_extra={"listed": True},
    )
    special_limits: SpecialLimits | None = Field(
        None, title="另有规定的时限", description="Limits set elsewhere; absent: the regulation is silent."
    )
    sudden: Sudden | None = Field(None, title="突发事项", description="The fast path for sudden matters.")
    acceptance: Acceptance = Field(title="受理", description="What is not accepted, and what is said then.")
    emergency: Emergency = Field(title="紧急联动", description="What goes to the emergency numbers at once.")
    dispatch: Dispatch = Field(Dispatch(), title="派单", description="From the centre to the unit.")
    sign: Sign | None = Field(None, title="签收", description="Signing by the unit.")
    contact: Contact | None = Field(
        None, title="联系诉求人", description="The unit speaks with the requester; no period of its own."
    )
    returns: Returns | None = Field(None, title="退回", description="Returns by units.")
    extension: Extension | None = Field(None, title="延期", description="Extensions.")
    completion: Completion = Field(Completion(), title="办结", description="What completes a ticket.")
    endings: dict[str, Ending] = Field(
        default_factory=dict,
        title="终结",
        description="Ends without completion, and notices that close a matter for good, by id.",
        json_schema_extra={"listed": True},
    )
    repeats: dict[str, Repeat] = Field(
        default_factory=dict, title="重复诉求", description="The same matter again, by id."
    )
    callback: Callback | None = Field(None, title="回访", description="Callbacks.")
    ratings: Ratings = Field(Ratings(), title="评价", description="Ratings and appeals against them.")
    objection: Objection | None = Field(None, title="异议", description="Objections by requesters.")
    redo: Redo | None = Field(None, title="重办", description="Redo after a dissatisfied rating.")
    cards: Cards | None = Field(None, title="亮牌", description="Cards for overdue tickets; absent: none.")
    supervision: Supervision = Field(
        Supervision(), title="督办和追责", description="Urging, supervision, clues, accountability."
    )
    access: Access = Field(Access(), title="使用限制", description="Abuse of the hotline.")
    confidentiality: Confidentiality = Field(
        Confidentiality(), title="保密", description="Confidential tickets and data."
    )
    knowledge: Knowledge = Field(
        Knowledge(), title="知识库", description="Policies before release, scripts, corrections."
    )
    reports: dict[str, Report] = Field(
        default_factory=dict,
        title="统计、考核和通报",
        description="What is counted, assessed and published, by id.",
        json_schema_extra={"listed": True},
    )
    seats: dict[str, Seat] = Field(
        default_factory=dict,
        title="接听日和专席",
        description="Leaders' days and special seats, by id.",
        json_schema_extra={"listed": True},
    )

    @model_validator(mode="after")
    def _numbers_declared(self) -> "Profile":
        for name in referred_numbers(self):
            if name not in self.deployment:
                known = "、".join(self.deployment) or "无"
                raise ValueError(f"期限引用了“{name}”，但 deployment 部分没有这个数字（现有：{known}）")
            if self.deployment[name].unit == "times":
                raise ValueError(f"“{name}”用作期限，单位应为 working_days、hours 或 calendar_days")
        return self

    @model_validator(mode="after")
    def _schemes_obey_ratings(self) -> "Profile":
        for report_id, report in self.reports.items():
            wrong = report.scheme and wrongly_counted(self, report.scheme)
            if wrong:
                raise ValueError(f"reports.{report_id}：{wrong}")
        return self

    def content(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @property
    def revision(self) -> str:
        """Changes whenever a rule does: what a ticket keeps to name the rules it was registered under."""
        text = json.dumps(self.content(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def wrongly_counted(profile: Profile, scheme: Scheme) -> str:
    """What a scheme counts though the regulation keeps it out of the assessment, in words; else empty."""
    rules: dict[LeftOut, Rule | None] = {"kind": profile.ratings.exempt, "appeal": profile.ratings.appeal}
    for name, item in scheme.items.items():
        for reason, rule in rules.items():
            if name in SAID and rule is not None and reason not in item.excluding:
                return f"“{name}”应写 excluding: [{reason}]，{rule.cited}规定这些不计入考核"
    return ""


def referred_numbers(profile: Profile) -> set[str]:
    """Names of the deployment's numbers that periods wait for."""
    return _referred(profile.model_dump(mode="json", exclude={"deployment"}))


def _referred(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_referred, value))
    if not isinstance(value, dict):
        return set()
    named = value.get("deployment")
    own = {named} if isinstance(named, str) else set()
    return own.union(*map(_referred, value.values()))
