"""What goes in and out of a decision. Fields may be added, never renamed: other programs rely on them."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kb_service.answering.rules import Outcome
from kb_service.core.typed import Typed

Channel = Literal["phone", "web", "wechat", "api"]
MAX_QUESTION = 10_000


class DecisionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    question: Annotated[Typed, StringConstraints(max_length=MAX_QUESTION)]
    channel: Channel = "api"
    conversation: str | None = Field(
        None, max_length=36, description="继续一次会话时填写上次返回的 conversation"
    )
    region: str | None = Field(None, max_length=12, description="诉求所在行政区划编码")
    fresh: bool = Field(False, description="不接着上一问理解，按新的问题处理")


class Citation(BaseModel):
    code: str
    version: int
    title: str
    unit: str
    unit_name: str
    source: str
    uploaded_at: datetime | None
    held: str = ""


class ChoiceOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    label: str
    value: str


class ClarificationOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    question: str
    choices: list[ChoiceOut]


class RefusalOut(BaseModel):
    """Never final: whoever is told this may always register all the same, or speak to a person."""

    ground: str
    label: str = ""
    clause: str
    channel: str
    told: str
    article: str


class EmergencyOut(BaseModel):
    number: str
    label: str
    told: str


class UnitOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    confidence: float
    reason: str
    reasons: list[str] = []
    transfer: str = ""


class DueOut(BaseModel):
    """A clock that would run if the request were registered and dispatched now."""

    name: str
    label: str
    due: datetime
    due_day: date
    shown: str
    clause: str
    article: str
    provisional: bool


class StepOut(BaseModel):
    """`given` is what the step went by, `outcome` what it found, `ms` how long it took."""

    name: str
    label: str
    given: str = ""
    outcome: str
    ms: float


class SubjectOut(BaseModel):
    """What a question that goes on from this one inherits: the question as first asked, and its name."""

    asked: str
    title: str
    code: str | None = None
    names: list[str] = []


class DecisionOut(BaseModel):
    id: str
    conversation: str
    decision: Outcome
    confidence: float = Field(
        description="答复、反问：最佳知识点能答复的概率；咨询转派：没有知识点能答复的概率；其他诉求转派：类型判断的把握；"
        "可能不予受理：固定为 0.5，由工作人员决定；紧急情况：1"
    )
    answer: str | None = None
    citations: list[Citation] = []
    clarification: ClarificationOut | None = None
    refusal: RefusalOut | None = None
    emergency: EmergencyOut | None = None
    units: list[UnitOut] = []
    request_class: str = Field(serialization_alias="class")
    field: str | None = None
    reasons: list[str] = []
    matter: str | None = None
    region: str | None = None
    sudden: bool = False
    due: list[DueOut] = []
    related: list[Citation] = []
    steps: list[StepOut] = []
    degraded: str | None = None
    subject: SubjectOut | None = Field(None, description="会话现在的主题，下一问没有主题时接着它理解")
    inherits: str = Field("", description="这一问接着哪个主题理解；空表示没有。以 fresh 重问即可放下")


class AnsweredIn(BaseModel):
    """An agent told the caller what a version says."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=32)
    version: int = Field(ge=1)
    question: Annotated[Typed, StringConstraints(max_length=MAX_QUESTION)] = ""
    channel: Channel = "phone"
    decision: str | None = Field(None, max_length=36)
    ticket: str | None = Field(None, max_length=20, description="这次通话登记的工单编号")


class ShownOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    code: str
    version: int
    channel: str
    kind: str
    at: datetime
    decision_id: str | None
    account_id: int | None
    ticket_code: str | None


class FeedbackIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    helpful: bool
