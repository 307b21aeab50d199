"""What goes in and out of the routes of the evaluation of units."""

from datetime import date, datetime

from pydantic import Field

from kb_service.identity.schemas import In, Out
from kb_service.insight.statistics.schemas import PeriodOut


class ItemOut(Out):
    figure: str
    label: str
    how: str
    weight: int
    each: int | None
    clauses: list[str]
    number: int
    of: int | None
    excluded: int
    points: str | None


class ScoreOut(Out):
    value: str | None
    items: list[ItemOut]
    inputs: str


class StandingOut(Out):
    unit_code: str
    unit_name: str
    period: PeriodOut
    known_at: datetime
    score: ScoreOut


class ItemIn(In):
    weight: int = Field(ge=1, le=100)
    each: int | None = Field(default=None, ge=1, le=100)


class SchemeIn(In):
    valid_from: date
    items: dict[str, ItemIn] = Field(min_length=1, max_length=20)
    basis: str = Field(max_length=500)


class SchemeItemOut(Out):
    weight: int
    each: int | None
    excluding: list[str]
    clause: list[str]


class SchemeBody(Out):
    stated: bool
    reading: str
    items: dict[str, SchemeItemOut]


class SchemeOut(Out):
    valid_from: date | None
    scheme: SchemeBody
    basis: str
    set_at: datetime | None


class PeriodIn(In):
    period: str = Field(max_length=21)


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


class AppealIn(In):
    key: str = Field(max_length=120)
    reason: str = Field(max_length=2_000)
    evidence: str = Field(default="", max_length=2_000)
