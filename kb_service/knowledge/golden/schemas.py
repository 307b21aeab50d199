"""What goes in and out of the routes of the golden set."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from kb_service.identity.schemas import In, Out
from kb_service.knowledge.golden import rules

PointCode = Annotated[str, Field(max_length=32)]


class CaseIn(In):
    """`audience`: public, agents or the code of a role; `must` and `must_not` among the first `first` hits."""

    query: str = Field(min_length=1, max_length=500)
    must: list[PointCode] = Field(default_factory=list, max_length=rules.MOST_POINTS)
    must_not: list[PointCode] = Field(default_factory=list, max_length=rules.MOST_POINTS)
    first: int = Field(default=rules.USUAL_FIRST, ge=1, le=rules.MOST_FIRST)
    region: str | None = Field(default=None, max_length=12)
    audience: str = Field(default=rules.PUBLIC, max_length=32)
    why: str = Field(min_length=1, max_length=300)


class RetireIn(In):
    reason: str = Field(min_length=1, max_length=300)


class CaseOut(Out):
    id: int
    query: str
    must: list[str]
    must_not: list[str]
    first: int
    region_code: str | None
    audience: str
    why: str
    account_id: int
    created_at: datetime
    retired_at: datetime | None
    retired_reason: str


class FailureOut(Out):
    case_id: int
    query: str
    problem: str
    regressed: bool
    found: list[str]


class RunOut(Out):
    id: int
    at: datetime
    cause: str
    setup: dict[str, Any]
    cases: int
    passed: int
    good: bool
    baseline_id: int | None
    failures: list[FailureOut]


class RankingIn(In):
    """`weights` as `kb train ranker` writes them; without any the ranking that ships comes back."""

    weights: dict[str, float] = Field(default_factory=dict, max_length=60)
    about: dict[str, Any] = Field(default_factory=dict)
    reason: str = Field(min_length=1, max_length=300)
    override: str = Field(default="", max_length=300)


class RankingOut(Out):
    id: int
    at: datetime
    account_id: int
    weights: dict[str, float]
    reason: str
