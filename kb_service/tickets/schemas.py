"""What goes in and out of the ticket routes."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kb_service.core.typed import Typed
from kb_service.regulations.schema.parts import Essential
from kb_service.tickets.calendar.schemas import MoveOut
from kb_service.tickets.rules.life.intake_data import Special

RequestClass = Literal["consultation", "help", "complaint", "report", "suggestion", "appeal"]
Text = Annotated[Typed, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RequesterIn(In):
    """All empty: the requester stays anonymous."""

    name: Annotated[Typed, StringConstraints(max_length=60)] = ""
    phone: Annotated[Typed, StringConstraints(max_length=30)] = ""
    address: Annotated[Typed, StringConstraints(max_length=200)] = ""


class TicketIn(In):
    request_class: RequestClass = Field(alias="class")
    channel: Literal["phone", "web", "app", "wechat", "mail", "voice", "text", "picture", "video", "api"] = (
        "phone"
    )
    region: str = Field(max_length=12)
    title: Annotated[Typed, StringConstraints(strip_whitespace=True, min_length=2, max_length=120)]
    text: Text
    requester: RequesterIn = RequesterIn()
    category: str | None = Field(None, max_length=32)
    matter: str | None = Field(None, max_length=32)
    unit: str | None = Field(None, max_length=32, description="建议的承办单位")
    confidential: bool = False
    sudden: bool = False
    decision: str | None = Field(None, max_length=36)
    essentials: tuple[Essential, ...] = Field(
        (), description="诉求人说明了的要素；姓名、电话、地址填写了的不必再列"
    )
    withheld: bool = Field(False, description="诉求人拒绝提供必要信息")
    hidden: bool = Field(False, description="诉求人要求对承办单位隐去身份")
    urgent: str | None = Field(None, max_length=64, description="规则档案中的紧急转办")
    route: str | None = Field(None, max_length=64, description="规则档案中的转办途径")
    special: Special | None = Field(None, description="另行规定的期限及其依据")
    kind: Literal["mediation", "enforcement"] | None = None
    seat: str | None = Field(None, max_length=64, description="接听的领导接听日或专席")
    id: str = Field("", max_length=64, description="其他平台给这次登记的编号")


class EventIn(In):
    """`seq` is the number of the last event the actor saw; another in between makes this a conflict.

    `data` is what the type asks for (see /api/v1/tickets/event-types), `remark` whatever else there is to
    say; an `id` that the ticket knows already is refused as repeated.
    """

    type: str = Field(max_length=40)
    data: dict[str, Any] = Field(default_factory=dict)
    remark: Annotated[Typed, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    id: str = Field("", max_length=64)
    seq: int | None = Field(None, ge=0)


class EventTypeOut(BaseModel):
    """`roles` are those of the rules; `data` is the JSON Schema of the details."""

    type: str
    label: str
    about: str
    roles: list[str]
    data: dict[str, Any]


class RepeatOut(BaseModel):
    """An earlier ticket that may be the same matter, and what the city's rules make of a repeat."""

    code: str
    title: str
    status: str
    status_label: str
    registered_at: datetime
    why: Literal["requester", "matter"]
    alike: float
    done: bool
    overdue: bool
    outcomes: list["RepeatOutcomeOut"]


class RepeatOutcomeOut(BaseModel):
    new_facts: bool
    outcome: str
    label: str
    clause: str


class RevealIn(In):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


class RequesterOut(BaseModel):
    name: str = ""
    phone: str = ""
    address: str = ""


class ClockOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    label: str
    due: datetime
    due_day: date
    shown: str
    status: str
    window: bool
    why: str
    clause: str
    article: str
    provisional: bool


class ActionOut(BaseModel):
    """`code` and `reason` say why it may not be done now."""

    type: str
    label: str
    ok: bool
    code: str
    reason: str
    clause: str


class EffectOut(BaseModel):
    """What happened without anybody's act."""

    model_config = ConfigDict(from_attributes=True)

    effect: str
    label: str
    at: datetime
    clause: str
    reason: str


class CardOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    clock: str
    colour: str
    label: str
    overdue_working_days: int
    clause: str
    article: str


class EventOut(BaseModel):
    seq: int
    type: str
    label: str
    at: datetime
    actor: str
    unit: str
    data: dict[str, Any]
    remark: str


class TicketRow(BaseModel):
    code: str
    title: str
    request_class: str = Field(serialization_alias="class")
    class_label: str
    status: str
    status_label: str
    channel: str
    region: str
    region_name: str
    unit: str
    unit_name: str
    registered_at: datetime
    due_at: datetime | None
    leading: str
    card_colour: str
    overdue: bool
    sudden: bool
    confidential: bool


class RegisteredOut(TicketRow):
    """`look_up_code` is told to the requester: with it, or the telephone number given, progress is asked for."""

    look_up_code: str


class SupervisedOut(BaseModel):
    """A supervision on the ticket, as it stands."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    kind_label: str
    trigger_label: str
    due_at: datetime | None
    state: str = ""
    state_label: str = ""


class TicketOut(TicketRow):
    text: str
    category: str | None
    matter: str | None
    field: str | None
    suggested_unit: str
    suggested_unit_name: str
    anonymous: bool
    decision: str | None
    profile: str
    profile_title: str
    registered_by: str
    seq: int
    clocks: list[ClockOut]
    card: CardOut | None
    actions: list[ActionOut]
    events: list[EventOut]
    effects: list[EffectOut]
    split_from: str
    supervisions: list[SupervisedOut]
    moves: list[MoveOut]
    seat_label: str
    requester_hidden: bool


class ProgressOut(BaseModel):
    """What a requester may see of the progress (SG-19)."""

    code: str
    status_label: str
    unit_name: str
    registered_at: datetime
    due: str
    steps: list[str]
