"""Plans of changes of units, and what is shown of them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Rename(In):
    """The unit keeps its code; the name it had joins its former names."""

    kind: Literal["rename"] = "rename"
    unit: Code
    name: Name
    short_name: str = Field(default="", max_length=40)


class Merge(In):
    """Everything of `units` goes to `into`; it may be one of them, and goes on."""

    kind: Literal["merge"] = "merge"
    units: list[Code] = Field(min_length=1, max_length=50)
    into: Code


class SplitPart(In):
    """What `to` gets: accounts by login; points by code, matter, category or the change that brought them."""

    to: Code
    points: list[str] = Field(default_factory=list, max_length=10_000)
    matters: list[Code] = Field(default_factory=list, max_length=1_000)
    categories: list[Code] = Field(default_factory=list, max_length=1_000)
    came_by: list[int] = Field(default_factory=list, max_length=100)
    accounts: list[str] = Field(default_factory=list, max_length=1_000)


class Split(In):
    """With `rest` the unit is closed, and that unit gets what nobody claims; else the unit keeps it."""

    kind: Literal["split"] = "split"
    unit: Code
    parts: list[SplitPart] = Field(min_length=1, max_length=50)
    rest: Code | None = None


Plan = Annotated[Rename | Merge | Split, Field(discriminator="kind")]


class PreviewIn(In):
    plan: Plan


class ChangeIn(In):
    """`effective_at` empty: now. `fingerprint` is a split's preview's, when it is applied at once."""

    plan: Plan
    effective_at: AwareDatetime | None = None
    reason: str = Field(max_length=1_000)
    fingerprint: str = Field(default="", max_length=64)


class Gain(Out):
    """What one unit gets, and a few of the points by title."""

    unit_code: str
    unit_name: str
    points: int
    matters: int
    categories: int
    accounts: int
    samples: list[str]


class Preview(Out):
    gains: list[Gain]
    stay: int
    fingerprint: str


class ChangeOut(Out):
    id: int
    kind: str
    title: str
    plan: dict[str, Any]
    status: str
    effective_at: datetime
    reason: str
    created_at: datetime
    applied_at: datetime | None
    moved: dict[str, Any] | None
    problem: str


class ChangePage(BaseModel):
    items: list[ChangeOut]


class ResponsibleOut(Out):
    """`unit_name` is what the unit was called at that instant; `now_code` whose the point is now."""

    point: str
    at: datetime
    unit_code: str
    unit_name: str
    now_code: str
    now_name: str


class SuccessorOut(Out):
    old_code: str
    old_name: str
    new_code: str
    new_name: str
    how: str
    since: datetime


class SuccessorsOut(BaseModel):
    items: list[SuccessorOut]
