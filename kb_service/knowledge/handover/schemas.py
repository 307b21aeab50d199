"""What goes in and out of the routes of staff and handing over."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Login = Annotated[str, StringConstraints(max_length=40)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class StaffChangeIn(In):
    """`login` takes the post from `effective_on`, `former` leaves it; one of them may be empty."""

    unit: str = Field(max_length=32)
    post: Literal["leader", "keeper"]
    login: Login = ""
    former: Login = ""
    effective_on: date
    note: str = Field(default="", max_length=300)


class FiledOut(Out):
    id: int
    unit_code: str
    unit_name: str
    post: str
    post_name: str
    name: str
    former_name: str
    effective_on: date
    note: str
    filed_at: datetime
    acknowledged_at: datetime | None


class FiledPage(BaseModel):
    items: list[FiledOut]


class HolderOut(Out):
    unit_code: str
    unit_name: str
    post: str
    post_name: str
    login: str
    name: str
    from_day: date
    until_day: date | None


class HoldersOut(BaseModel):
    items: list[HolderOut]


class VacancyOut(Out):
    code: str
    name: str


class VacanciesOut(BaseModel):
    items: list[VacancyOut]


class OpenItemOut(Out):
    part: str
    part_name: str
    subject: str
    title: str
    link: str


class OpenWorkOut(BaseModel):
    items: list[OpenItemOut]


class HandOverIn(In):
    """`close`: the account is closed as well."""

    to: Login
    reason: str = Field(max_length=300)
    close: bool = False


class HandedOver(BaseModel):
    moved: dict[str, int]
