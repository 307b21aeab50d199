"""What goes in and out of the routes of supervision."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from kb_service.core.typed import Typed

Said = Annotated[Typed, StringConstraints(min_length=2, max_length=2000)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class UrgeIn(In):
    subject: str = Field(max_length=80)
    unit: str = Field(max_length=32)
    title: Annotated[Typed, StringConstraints(min_length=2, max_length=200)]
    link: str = Field("/", max_length=200, pattern=r"^/([^/\\]|$)")
    reason: Annotated[Typed, StringConstraints(min_length=2, max_length=500)]


class OpenIn(UrgeIn):
    """`trigger` and `kind` are ids of the city's rules."""

    reason: Said
    trigger: str = Field(max_length=40)
    kind: str = Field("system", max_length=40)
    due_at: AwareDatetime | None = None


class TextIn(In):
    text: Said


class ExtendIn(In):
    days: int = Field(ge=1, le=60, description="工作日")
    reason: Said


class CloseIn(In):
    outcome: Literal["solved", "dropped"]
    text: Annotated[Typed, StringConstraints(max_length=2000)] = ""


class ReferIn(In):
    subject: str = Field(max_length=80)
    unit: str = Field(max_length=32)
    clue: str = Field(max_length=40)
    text: Said


class DecideIn(In):
    decision: Literal["upheld", "dropped"]
    text: Annotated[Typed, StringConstraints(min_length=2, max_length=500)]


class UrgingOut(Out):
    id: int
    subject: str
    unit_id: int
    title: str
    reason: str
    clause: str
    article: str
    at: datetime
    actor: str


class EventOut(Out):
    kind: str
    at: datetime
    actor: str
    text: str
    data: dict[str, Any]


class SupervisionOut(Out):
    code: str
    subject: str
    unit_id: int
    trigger: str
    trigger_label: str
    kind: str
    kind_label: str
    title: str
    link: str
    reason: str
    clause: str
    article: str
    opened_at: datetime
    opened_by: str
    due_at: datetime | None
    due_day: date | None
    due_clause: str
    extensions: int
    reply: str
    replied_at: datetime | None
    overdue_at: datetime | None
    escalated_at: datetime | None
    escalated_to: str
    closed_at: datetime | None
    outcome: str
    state: str = ""
    history: list[EventOut] = []


class ReferralOut(Out):
    id: int
    subject: str
    unit_id: int
    clue: str
    label: str
    to: str
    clause: str
    article: str
    text: str
    at: datetime
    actor: str
    outcome: str
    outcome_at: datetime | None


class AccountabilityOut(Out):
    id: int
    subject: str
    unit_id: int
    ground: str
    facet: str
    label: str
    clause: str
    article: str
    reason: str
    evidence: dict[str, Any]
    at: datetime
    decision: str
    decision_note: str
    decided_at: datetime | None


class CardOut(Out):
    subject: str
    unit_id: int
    clock: str
    colour: str
    overdue_days: int
    clause: str
    at: datetime


class CardCountOut(Out):
    """How many subjects a unit was shown a yellow and a red card for."""

    unit: str
    unit_name: str
    yellow: int
    red: int


class WaysOut(Out):
    """What the city's rules offer to choose from, by id."""

    triggers: dict[str, str]
    kinds: dict[str, str]
    referrals: dict[str, str]
    accountability: dict[str, str]
