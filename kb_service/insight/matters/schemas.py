"""What goes in and out of the routes of hot matters."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from kb_service.core.typed import Typed
from kb_service.identity.schemas import In

Trend = Literal["", "new", "rising", "foreseen"]
State = Literal["", "open", "dismissed", "merged"]


class NameIn(In):
    name: Annotated[Typed, Field(min_length=1, max_length=80)]


class ReasonIn(In):
    reason: Annotated[Typed, Field(max_length=500)]


class MergeIn(In):
    into: int = Field(ge=1, description="并入的热点事项编号")


class ConsultationIn(In):
    """`units` are codes; the lead need not be repeated among them."""

    question: Annotated[Typed, Field(max_length=2_000)]
    lead: str = Field(max_length=32)
    units: list[Annotated[str, Field(max_length=32)]] = Field(default_factory=list, max_length=30)
    due_day: date


class OpinionIn(In):
    text: Annotated[Typed, Field(max_length=5_000)]


class OutcomeIn(In):
    outcome: Literal["governed", "agreed", "dropped"]
    measures: Annotated[Typed, Field(max_length=5_000)]
