"""What goes in and out of the ticket routes."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kb_service.core.typed import Typed

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
    channel: Literal["phone", "web", "wechat", "app", "api"] = "phone"
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


class EventIn(In):
    """`seq` is the number of the last event the actor saw; another in between makes this a conflict."""

    type: str = Field(max_length=20)
    data: dict[str, Any] = Field(default_factory=dict)
    seq: int | None = Field(None, ge=0)


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
    clause: str
    article: str
    provisional: bool


class ActionOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    type: str
    label: str
    ok: bool
    reason: str
    clause: str


class CardOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

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
    overdue: bool
    sudden: bool
    confidential: bool


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


class ProgressOut(BaseModel):
    """What a requester may see of the progress (SG-19)."""

    code: str
    status_label: str
    unit_name: str
    registered_at: datetime
    due: str
    steps: list[str]
