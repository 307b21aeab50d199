"""What goes in and out of the routes of verification and audits."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from kb_service.identity.schemas import In, Out

Code = Annotated[str, Field(max_length=32)]


class TrustOut(Out):
    """`questionable`: to be checked with the unit before it is told."""

    mark: str
    name: str
    reason: str
    questionable: bool


class VerifyIn(In):
    codes: list[Code] = Field(min_length=1, max_length=1_000)
    until: date | None = None
    note: str = Field(default="", max_length=500)


class VerifiedOut(Out):
    code: str
    ok: bool
    until: date | None
    problem: str
    detail: str


class VerifyOut(Out):
    done: int
    results: list[VerifiedOut]


class StatementOut(Out):
    number: int
    at: datetime
    until: date
    account_name: str
    unit_name: str
    note: str


class IntervalOut(Out):
    type: str
    name: str
    days: int


class IntervalIn(In):
    days: int


class PointIntervalIn(In):
    """None: the interval of its type again."""

    days: int | None


class DaysOut(Out):
    days: int


class QueueRowOut(Out):
    code: str
    number: int
    type: str
    title: str
    unit_code: str
    unit_name: str
    at: datetime | date


class StratumIn(In):
    by: Literal["random", "risk", "use"]
    size: int = Field(ge=1, le=2_000)
    unit: str = Field(default="", max_length=32)
    type: str = Field(default="", max_length=12)


class StratumOut(Out):
    by: str
    size: int
    unit: str
    type: str


class PlanIn(In):
    name: str = Field(max_length=80)
    period_from: date
    period_to: date
    strata: list[StratumIn] = Field(min_length=1, max_length=20)
    auditors: list[Annotated[str, Field(max_length=40)]] = Field(default_factory=list, max_length=100)
    seed: str = Field(default="", max_length=64)


class PlanOut(Out):
    code: str
    name: str
    period_from: date
    period_to: date
    strata: list[StratumOut]
    seed: str
    drawn_at: datetime
    population: int
    size: int
    done: int
    wrong: int
    mine: int
    closed_at: datetime | None


class ItemOut(Out):
    rank: int
    code: str
    number: int
    title: str
    type: str
    unit_code: str
    unit_name: str
    stratum: str
    auditor_name: str
    result: str | None
    severity: str | None
    kind: str
    checks: dict[str, Any]
    remark: str
    at: datetime | None
    correction_code: str | None


class FindingIn(In):
    result: Literal["right", "wrong"]
    checks: dict[str, bool] = Field(default_factory=dict, max_length=20)
    kind: str = Field(default="", max_length=16)
    serious: bool = False
    remark: str = Field(default="", max_length=1_000)


class RateOut(Out):
    """`low` and `high` bound the share with 95 % confidence."""

    looked_at: int
    wrong: int
    serious: int
    share: float
    low: float
    high: float


class UnitRateOut(Out):
    unit_code: str
    unit_name: str
    size: int
    rate: RateOut


class AuditReportOut(Out):
    whole: RateOut
    random_only: bool
    units: list[UnitRateOut]
    kinds: dict[str, int]


class RedrawnOut(Out):
    same_population: bool
    same_sample: bool
