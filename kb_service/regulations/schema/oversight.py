"""What watches over the handling: cards, supervision, accountability, access, secrets, statistics."""

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from kb_service.regulations.schema.parts import (
    Count,
    Listed,
    Part,
    Period,
    Rule,
    Text,
    Texts,
    Timed,
    as_tuple,
)

CardedClock = Literal["sign", "handling"]
Step = Literal[
    "dissuaded", "educated", "criticised", "consequences_told", "restricted", "police", "judiciary"
]
Every = Literal["month", "quarter", "year", "regular", "continuous"]
Figure = Literal[
    "volume",
    "completion_rate",
    "sign_in_time",
    "reply_in_time",
    "reply_rate",
    "satisfaction",
    "returns",
    "urging",
    "hot_issues",
    "unit_handling",
    "problems",
    "improvements",
    "callbacks",
]

Counted = Literal["returns", "late_returns", "redos", "urgings", "supervisions", "yellow_cards", "red_cards"]
Shared = Literal[
    "sign_in_time",
    "reply_in_time",
    "reply_rate",
    "completion_in_time",
    "satisfaction",
    "solved_rate",
    "knowledge_in_time",
]
Scored = Literal[Counted, Shared]
LeftOut = Literal["kind", "appeal"]
COUNTS: frozenset[str] = frozenset(get_args(Counted))
# Figures of what requesters said.
SAID = ("satisfaction", "solved_rate")


class Cards(Rule):
    yellow_after: Count = Field(
        title="亮黄牌：逾期工作日超过", description="Yellow when more working days are overdue."
    )
    red_after: Count = Field(
        title="亮红牌：逾期工作日超过", description="Red when more working days are overdue."
    )
    green: bool = Field(False, title="正常亮绿牌", description="Whether what is in time shows a green card.")
    clocks: Annotated[tuple[CardedClock, ...], BeforeValidator(as_tuple)] = Field(
        ("sign", "handling"), title="适用时限", description="Which limits show a card when exceeded."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "Cards":
        if self.red_after <= self.yellow_after:
            raise ValueError("红牌的天数应大于黄牌的天数")
        return self


class Trigger(Listed):
    found_by: Literal["system", "person"] = Field(
        "person", title="发现方式", description="Whether the system can tell by itself, or a person decides."
    )


class SupervisionKind(Listed):
    within: Period | None = Field(
        None, title="督办时限", description="From when it was opened; absent: no limit stated."
    )


class SupervisionExtension(Rule):
    times: int = Field(ge=1, title="次数", description="How often a supervision may be extended.")
    at_most: Period = Field(title="最长", description="The longest extension.")


class Escalation(Rule):
    to: Text = Field(title="提交", description="Who gets what stays unsolved.")
    when: Texts = Field(title="情形", description="When it is handed on.")


class Urging(Rule):
    overdue: bool = Field(title="逾期即催办", description="Whether an overdue reply is urged.")


class Referral(Listed):
    to: Text = Field(title="移交", description="Who gets the clue.")


class Supervision(Part):
    urging: Urging | None = Field(None, title="催办", description="Reminding a unit.")
    triggers: dict[str, Trigger] = Field(
        default_factory=dict,
        title="督办情形",
        description="What opens a supervision, by id.",
        json_schema_extra={"listed": True},
    )
    kinds: dict[str, SupervisionKind] = Field(
        default_factory=dict,
        title="督办方式",
        description="How it is done, with the unit's limit, by id.",
        json_schema_extra={"listed": True},
    )
    extension: SupervisionExtension | None = Field(None, title="督办延期", description="More time for it.")
    escalation: Escalation | None = Field(None, title="督办后仍未解决", description="The next instance.")
    referrals: dict[str, Referral] = Field(
        default_factory=dict,
        title="线索移交",
        description="Clues of misconduct that are recorded and handed on, by id.",
        json_schema_extra={"listed": True},
    )
    accountability: dict[str, Listed] = Field(
        default_factory=dict,
        title="追责情形",
        description="What can be recorded against a unit or body, by id.",
        json_schema_extra={"listed": True},
    )


class Restriction(Timed):
    """Timed from when it is imposed."""

    channel: Literal["phone", "all"] = Field(title="限制范围", description="What the person may not use.")


class Abuse(Listed):
    pass


class Measures(Rule):
    steps: Annotated[tuple[Step, ...], BeforeValidator(as_tuple)] = Field(
        title="措施", description="What may be done and is recorded."
    )


class Access(Part):
    restriction: Restriction | None = Field(
        None, title="限制使用", description="Keeping an abusive person off the line."
    )
    abuses: dict[str, Abuse] = Field(
        default_factory=dict,
        title="滥用热线",
        description="What counts as abuse, by id.",
        json_schema_extra={"listed": True},
    )
    measures: Measures | None = Field(
        None, title="处置措施", description="What is done about it and recorded."
    )


class Confidential(Rule):
    separate_path: bool = Field(
        title="专门渠道",
        description="Whether confidential tickets go by a path of their own, with named staff.",
    )


class Secrecy(Rule):
    not_given_out: bool = Field(
        title="不得擅自对外提供", description="Whether recordings and tickets stay inside."
    )


class AskedParty(Rule):
    requester_hidden: bool = Field(
        title="核实时不暴露诉求人", description="Whether the party complained of never learns who asked."
    )


class Confidentiality(Part):
    path: Confidential | None = Field(None, title="保密事项", description="Confidential tickets.")
    secrecy: Secrecy | None = Field(None, title="数据外提", description="Giving data out.")
    asked_party: AskedParty | None = Field(None, title="向被投诉方核实", description="Asking the other side.")


class SchemeItem(Rule):
    weight: int = Field(ge=1, le=100, title="权重", description="Points of 100 that the figure is worth.")
    each: int | None = Field(
        None, ge=1, le=100, title="每次扣分", description="Of a count: points taken off for each, down to 0."
    )
    excluding: Annotated[tuple[LeftOut, ...], BeforeValidator(as_tuple)] = Field(
        (),
        title="不计",
        description="What does not count in it: matters of a `kind` that satisfaction alone does not judge, "
        "and what an `appeal` took out.",
    )


class Scheme(Part):
    """How the figures of a unit make up its score of 100."""

    stated: bool = Field(
        title="规定写明权重",
        description="Whether the regulation states the numbers; else they are the deployment's, which may set others.",
    )
    reading: Text = Field(title="说明", description="Where the numbers come from; in Chinese.")
    items: dict[Scored, SchemeItem] = Field(
        min_length=1,
        title="考核项目",
        description="The figures that count, by name.",
        json_schema_extra={"listed": True},
    )

    @model_validator(mode="after")
    def _adds_up(self) -> "Scheme":
        total = sum(item.weight for item in self.items.values())
        if total != 100:
            raise ValueError(f"各项权重合计应为100，现在是{total}")
        for name, item in self.items.items():
            if (name in COUNTS) != (item.each is not None):
                need = "是次数，须写每次扣分（each）" if name in COUNTS else "是比率，不写每次扣分（each）"
                raise ValueError(f"“{name}”{need}")
            if item.excluding and name not in SAID:
                raise ValueError(f"“{name}”不取自诉求人的评价，不写 excluding；可写的是{'、'.join(SAID)}")
        return self


class Report(Listed):
    every: Every = Field(title="周期", description="How often it is made.")
    figures: Annotated[tuple[Figure, ...], BeforeValidator(as_tuple)] = Field(
        (), title="内容", description="What it must contain."
    )
    scheme: Scheme | None = Field(
        None, title="量化考核办法", description="Of an assessment: how units are scored by their figures."
    )


class Seat(Listed):
    """A day or a seat with a rota, whose calls are marked and followed."""

    rota: bool = Field(title="排班", description="Whether a rota says who sits there when.")


class DeploymentNumber(Listed):
    """A number that the regulation leaves open: the deployment supplies it before tickets are registered."""

    unit: Literal["working_days", "hours", "calendar_days", "times"] = Field(
        title="单位", description="What the number counts."
    )
    without: Text = Field(title="未录入时", description="What happens until it is supplied; in Chinese.")
    fills: Texts = Field(
        (),
        title="替换",
        description="Dotted places of the profile whose number it replaces, where one stands there already.",
    )
