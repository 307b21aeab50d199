"""What goes in and out of the routes of candidates."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kb_service.core.typed import Typed
from kb_service.knowledge.content import PointDraft, Question

Reason = Annotated[Typed, StringConstraints(strip_whitespace=True, min_length=2, max_length=1000)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class MissIn(In):
    """Nothing in the base answers the question; `answer` is what the agent said instead, `unit` a guess."""

    question: Annotated[Typed, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    answer: Annotated[Typed, StringConstraints(max_length=20_000)] = ""
    unit: str | None = Field(None, max_length=32)
    remark: Annotated[Typed, StringConstraints(max_length=500)] = ""


class ConfirmIn(In):
    """`draft` is what the unit says, in the words of any version; `submit` also sends it to review."""

    draft: PointDraft
    keep_contacts: bool = False
    submit: bool = True


class MergeIn(In):
    point: str = Field(max_length=32)
    question: Annotated[Typed, StringConstraints(max_length=300)] = ""


class ReasonIn(In):
    reason: Reason


class HandOnIn(In):
    """An empty `unit` leaves it to the centre to name one."""

    unit: str = Field("", max_length=32)
    reason: Reason


class DesignateIn(In):
    unit: str = Field(max_length=32)
    reason: Reason


class AcceptIn(In):
    questions: list[Question] = Field(min_length=1, max_length=50)


class SourceOut(Out):
    way: str
    at: datetime
    reporter: str
    ticket_code: str | None
    question: str
    answer: str
    times: int
    masked: dict[str, Any]
    evidence: dict[str, Any]


class WordingOut(Out):
    text: str
    times: int
    last_at: datetime


class EventOut(Out):
    kind: str
    at: datetime
    actor: str
    text: str
    data: dict[str, Any]


class NearOut(Out):
    code: str
    number: int
    title: str
    unit_code: str
    unit_name: str


class CandidateOut(BaseModel):
    code: str
    question: str
    answer: str
    status: str
    status_name: str
    unit: str
    unit_name: str
    hint: str
    times: int
    first_at: datetime
    last_at: datetime
    hands: int
    due_at: datetime | None
    due_day: date | None
    late: bool
    closed_at: datetime | None
    outcome_note: str
    point_code: str | None
    number: int | None


class CandidateDetailOut(CandidateOut):
    sources: list[SourceOut]
    wordings: list[WordingOut]
    history: list[EventOut]
    near: list[NearOut]
    confirmed_at: datetime | None


class MadeOut(BaseModel):
    """The version that a candidate, or what was accepted, became."""

    code: str
    number: int
    status: str


class SuggestionOut(Out):
    question: str
    times: int
    last_at: datetime
