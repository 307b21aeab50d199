"""What goes in and out of the calendar's routes."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kb_service.core.typed import Typed

Said = Annotated[Typed, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]
Year = Annotated[int, Field(ge=2000, le=2100)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OverrideIn(In):
    working: bool = Field(description="是否上班")
    note: Said


class NoticeIn(In):
    """`text` is the notice itself, or lines like `2027-02-05至2027-02-11,放假`."""

    year: Year
    basis: Said
    text: str = Field(min_length=1, max_length=20_000)
    dry_run: bool = False


class NumberIn(In):
    number: int = Field(ge=0, le=10_000)
    basis: Said


class DayOut(BaseModel):
    """`source`: of the nation, or the city's own, which goes before it."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    working: bool
    source: Literal["national", "city"]
    note: str
    by: str


class YearOut(BaseModel):
    """`unannounced`: of this year and the next, those whose notice nobody has entered."""

    year: int
    announced: bool
    provisional: list[int]
    days: list[DayOut]
    unannounced: list[int]


class NoticeOut(BaseModel):
    """`changed` are the days counted otherwise from now on; `problems` tell what could not be read."""

    model_config = ConfigDict(from_attributes=True)

    year: int
    days: dict[date, bool]
    changed: dict[date, bool]
    problems: list[str]
    applied: bool


class ChangeOut(BaseModel):
    id: int
    kind: str
    year: int
    days: dict[date, bool]
    reason: str
    by: str
    at: datetime
    followed: bool
    compared: int
    moved: int


class MoveOut(BaseModel):
    """Without `before` it is owed, or was deemed, only since the change; without `after` only until then."""

    change: int
    code: str
    title: str
    unit_name: str
    name: str
    label: str
    clause: str
    before: datetime | None
    after: datetime | None
    before_shown: str
    after_shown: str
    at: datetime
    reason: str = ""


class NumberOut(BaseModel):
    """A number that the regulation leaves to the deployment; None while nobody has supplied it."""

    name: str
    label: str
    unit: str
    number: int | None
    basis: str
    by: str
    without: str
    clause: str
