"""What goes in and out of the routes of duties."""

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from kb_service.identity.schemas import In, Out


class DutyOut(Out):
    code: str
    name: str


class DutyReportOut(Out):
    unit_code: str
    unit_name: str
    reported: list[DutyOut]
    missing: list[DutyOut]


class PeriodOut(Out):
    first: date
    last: date


class MeasureOut(Out):
    measure: str
    name: str
    weight: int
    in_time: int
    late: int
    overdue: int
    excused: int
    percent: str | None


class ScoreOut(Out):
    value: str | None
    measures: list[MeasureOut]
    inputs: str


class EntryOut(Out):
    """`due_at` is the first instant that is too late."""

    key: str
    measure: str
    clauses: list[str]
    title: str
    link: str
    began_at: datetime
    due_at: datetime
    done_at: datetime | None
    appeal: str
    state: str
    state_name: str


class RankedOut(Out):
    unit_code: str
    unit_name: str
    period: PeriodOut
    known_at: datetime
    score: ScoreOut


class StandingOut(RankedOut):
    entries: list[EntryOut]


class SchemeIn(In):
    valid_from: date
    weights: dict[str, int] = Field(max_length=20)
    late_credit: int = 40
    script_minutes: int = 60
    update_days: int = 90
    note: str = Field(default="", max_length=500)


class SchemeBody(Out):
    weights: dict[str, int]
    late_credit: int
    script_minutes: int
    update_days: int


class SchemeOut(Out):
    valid_from: date | None
    scheme: SchemeBody
    note: str
    set_at: datetime | None


class PeriodIn(In):
    first: date
    last: date


class PublishedOut(Out):
    id: int
    unit_code: str
    unit_name: str
    period: PeriodOut
    known_at: datetime
    score: str | None
    inputs_hash: str
    published_at: datetime


class CheckedOut(Out):
    published: PublishedOut
    then: str | None
    same: bool
    now: str | None
    excused: int


class AppealIn(In):
    entry: str = Field(max_length=120)
    first: date | None = None
    last: date | None = None
    reason: str = Field(max_length=2_000)
    evidence: str = Field(default="", max_length=2_000)


class AppealDecisionIn(In):
    decision: Literal["approved", "rejected"]
    note: str = Field(max_length=500)


class AppealOut(Out):
    id: int
    unit_code: str
    unit_name: str
    entry: str
    entry_title: str
    reason: str
    evidence: str
    filed_by: str
    filed_at: datetime
    status: str
    status_name: str
    decided_by: str
    decided_at: datetime | None
    decision_note: str


class EventIn(In):
    unit: str = Field(max_length=32)
    title: str = Field(max_length=128)
    happened_at: AwareDatetime


class ScriptLinkIn(In):
    script: str = Field(max_length=32)


class EventOut(Out):
    code: str
    title: str
    unit_code: str
    unit_name: str
    happened_at: datetime
    asked_at: datetime
    due_at: datetime
    script: str | None
    answered_at: datetime | None
    minutes: int | None
    state: str
    state_name: str
