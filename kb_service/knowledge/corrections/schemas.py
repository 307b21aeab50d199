"""What goes in and out of the routes of corrections."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kb_service.core.typed import Typed
from kb_service.knowledge.corrections.rules import Grade, Hold

Finding = Annotated[Typed, StringConstraints(min_length=2, max_length=1000)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ReportIn(In):
    """An empty object is a report: the live version is wrong. `shown` is an id of the register of answers."""

    kind: str = Field("wrong", max_length=16)
    remark: Annotated[Typed, StringConstraints(max_length=1000)] = ""
    field: str = Field("", max_length=60)
    serious: bool = False
    version: int | None = Field(None, ge=1)
    shown: int | None = Field(None, ge=1)
    ticket: str | None = Field(None, max_length=20)
    way: Literal["audit", "agent", "unit", "callback", "check"] = "agent"
    evidence: dict[str, Any] = Field(default_factory=dict, max_length=20)


class ReportedOut(BaseModel):
    correction: str
    report: int
    status: str
    status_name: str
    merged: bool


class ConfirmIn(In):
    grade: Grade
    finding: Finding
    hold: Hold | None = None


class FindingIn(In):
    finding: Finding


class ObjectionIn(In):
    upheld: bool
    finding: Finding


class HoldIn(In):
    hold: Hold
    reason: Finding


class FixIn(In):
    number: int = Field(ge=1)


class ReasonIn(In):
    reason: Finding


class ReportOut(Out):
    id: int
    at: datetime
    way: str
    reporter: str
    ticket_code: str | None
    shown_id: int | None
    remark: str
    serious: bool
    evidence: dict[str, Any]
    retracted_at: datetime | None


class EventOut(Out):
    kind: str
    at: datetime
    actor: str
    text: str
    data: dict[str, Any]


class CorrectionOut(BaseModel):
    code: str
    point: str
    version: int
    stands_on: int
    title: str
    kind: str
    kind_name: str
    field: str
    unit: str
    unit_name: str
    status: str
    status_name: str
    grade: str
    hold: str
    serious_claimed: bool
    reports: int
    reported_at: datetime
    verify_due_at: datetime
    verified_at: datetime | None
    finding: str
    received_at: datetime | None
    due_at: datetime | None
    due_day: date | None
    due_clause: str | None
    clock: str
    due_shown: str
    basis: str
    late: bool
    overdue_at: datetime | None
    objection: str
    fix_number: int | None
    closed_at: datetime | None
    outcome_note: str
    report_list: list[ReportOut] = []
    history: list[EventOut] = []
