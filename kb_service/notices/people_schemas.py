"""What goes in and out of the routes of preferences, absences, the roster and deliveries."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Login = Annotated[str, StringConstraints(max_length=40)]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ModeIO(In):
    kind: str = Field(max_length=40)
    outlet: Literal["log", "mail", "sms", "wecom"]
    mode: Literal["now", "digest", "off"]


class AddressesIO(In):
    mail: str = Field(default="", max_length=255)
    sms: str = Field(default="", max_length=20)
    wecom: str = Field(default="", max_length=64)


class PreferencesIn(In):
    digest_at: ClockTime = "08:30"
    working_days_only: bool = False
    quiet_from: ClockTime | None = None
    quiet_to: ClockTime | None = None
    addresses: AddressesIO = Field(default_factory=AddressesIO)
    modes: list[ModeIO] = Field(default_factory=list, max_length=200)


class KindOut(BaseModel):
    code: str
    name: str
    statutory: bool


class PreferencesOut(BaseModel):
    digest_at: str
    working_days_only: bool
    quiet_from: str | None
    quiet_to: str | None
    addresses: AddressesIO
    modes: list[ModeIO]
    kinds: list[KindOut]
    outlets: list[str]


class AbsenceIn(In):
    """`login` names somebody else; empty: the actor."""

    login: Login = ""
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    stand_in: Login = ""
    reason: Note = ""


class AbsenceOut(Out):
    id: int
    account_id: int
    stand_in_id: int | None
    starts_at: datetime
    ends_at: datetime
    reason: str


class AbsencesOut(BaseModel):
    items: list[AbsenceOut]


class PersonOut(Out):
    login: str
    name: str
    unit_id: int


class PeopleOut(BaseModel):
    items: list[PersonOut]


class ShiftIn(In):
    duty: str = Field(max_length=40)
    login: Login
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    note: Note = ""


class ShiftOut(Out):
    id: int
    duty: str
    account_id: int
    starts_at: datetime
    ends_at: datetime
    note: str
    continues_id: int | None


class ShiftShown(Out):
    id: int
    name: str
    unit_name: str
    starts_at: datetime
    ends_at: datetime
    note: str


class SpanOut(Out):
    starts_at: datetime
    ends_at: datetime


class WeekOut(Out):
    duty: str
    starts_at: datetime
    ends_at: datetime
    shifts: list[ShiftShown]
    gaps: list[SpanOut]
    overlaps: list[SpanOut]


class HandOverIn(In):
    login: Login
    note: Note = ""


class RosterRow(In):
    """One line of a month: `shift` is 全天, 白班, 夜班 or `17:30-08:30`; `people` are logins or names."""

    day: date
    duty: str = Field(max_length=40)
    shift: str = Field(max_length=20)
    people: list[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]] = (
        Field(min_length=1, max_length=20)
    )
    note: Note = ""


class RosterIn(In):
    """`replace`: shifts of these duties that begin on the days named, and not yet, are cancelled first."""

    rows: list[RosterRow] = Field(min_length=1, max_length=1_000)
    replace: bool = False


class RosterOut(BaseModel):
    added: int
    cancelled: int


class DeliveryOut(Out):
    id: int
    account_id: int
    outlet: str
    heading: str
    status: str
    attempts: int
    next_at: datetime
    created_at: datetime
    ended_at: datetime | None
    problem: str


class DeliveriesOut(BaseModel):
    items: list[DeliveryOut]
    next: str | None


class PatienceIn(In):
    hours: int = Field(ge=0, le=2_000)


class PatienceOut(BaseModel):
    hours: dict[str, int]
