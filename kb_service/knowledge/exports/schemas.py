"""What goes in and out of the routes of exports."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from kb_service.core.typed import Typed

Code = Annotated[str, Field(max_length=32)]
Said = Annotated[Typed, StringConstraints(strip_whitespace=True, max_length=500)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class AskIn(In):
    """Empty categories or types mean all of them."""

    units: list[Code] = Field(min_length=1, max_length=500)
    purpose: Said
    recipient: Said
    valid_from: AwareDatetime
    valid_to: AwareDatetime
    categories: list[Code] = Field(default_factory=list, max_length=500)
    types: list[Code] = Field(default_factory=list, max_length=5)
    audiences: list[Literal["public", "agents", "restricted"]] = Field(default=["public"], max_length=3)


class DecideIn(In):
    grant: bool
    note: Said = ""


class ReasonIn(In):
    reason: Said


class TakeIn(In):
    """Without an `authorisation` the points of the caller's own unit."""

    format: Literal["csv", "xlsx", "jsonl"] = "xlsx"
    authorisation: str = Field("", max_length=32)
    unit: str = Field("", max_length=32)


class GrantOut(Out):
    unit_code: str
    unit_name: str
    decision: str
    by: str
    at: datetime | None
    note: str


class AuthorisationOut(BaseModel):
    code: str
    state: str
    state_name: str
    requester: str
    requester_unit: str
    purpose: str
    recipient: str
    categories: list[str]
    types: list[str]
    audiences: list[str]
    valid_from: datetime
    valid_to: datetime
    requested_at: datetime
    grants: list[GrantOut]
    consent: str
    consent_by: str
    consent_at: datetime | None
    revoked_at: datetime | None
    revoked_reason: str


class ExportOut(Out):
    code: str
    basis: str
    actor: str
    at: datetime
    format: str
    scope: dict[str, Any]
    points: int
    size: int
    sha256: str


class CountedOut(Out):
    unit_code: str
    unit_name: str
    type: str
    category_path: str
    points: int
