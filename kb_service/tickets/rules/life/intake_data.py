"""What is said about a request when it is registered."""

from datetime import date, datetime
from typing import Annotated, Final, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from kb_service.regulations.calendar import Period
from kb_service.regulations.schema.parts import Essential

When = TypeVar("When", date, datetime)
# Marks what people write freely: no rule reads it beyond whether it is there, and it goes with the requester.
SAID: Final = "said"
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000), SAID]
Loose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=5000), SAID]
# The same length, but what rules and lists go by: names of staff, of bodies, of the city's own cases.
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
LooseName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=5000)]
YEARS = range(2000, 2101)


def _in_our_time(when: When) -> When:
    """Times so far off that no calendar knows them are mistakes of writing."""
    if when.year not in YEARS:
        raise ValueError(f"年份应在 {YEARS[0]} 到 {YEARS[-1]} 之间")
    return when


Instant = Annotated[AwareDatetime, AfterValidator(_in_our_time)]
Day = Annotated[date, AfterValidator(_in_our_time)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class Data(BaseModel):
    """An event's details: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    def given(self) -> set[str]:
        """Names of the fields that say something; a switch says something when it is on."""
        return {name for name in type(self).model_fields if getattr(self, name) not in (None, "", (), False)}


class Length(Data):
    """Exactly one of the three."""

    working_days: int | None = Field(None, ge=1, le=400)
    hours: int | None = Field(None, ge=1, le=10000)
    calendar_days: int | None = Field(None, ge=0, le=400)

    @model_validator(mode="after")
    def _one(self) -> "Length":
        if len(self.given()) != 1:
            raise ValueError("working_days、hours、calendar_days 三者须写且只写一个")
        return self

    @property
    def value(self) -> Period:
        return Period(self.working_days, self.hours, self.calendar_days)


class Special(Data):
    """A limit that the nation, the province or another rule sets for this ticket."""

    within: Length | None = Field(None, description="How long, counted as the class's own limit is.")
    until: Day | None = Field(None, description="Or its last day, whenever it starts to count.")
    basis: Name = Field(description="What it rests on, told with the due time.")

    @model_validator(mode="after")
    def _one(self) -> "Special":
        if (self.within is None) == (self.until is None):
            raise ValueError("within（时长）与 until（最后一日）须写且只写一个")
        return self


class Point(Data):
    code: Code = Field(description="Code of the knowledge point.")
    uploaded_at: Instant = Field(description="When the version that applies became answerable.")
    not_direct: bool = Field(
        False, description="Whether the hotline could not answer the requester directly with it."
    )


class RegisterData(Data):
    request_class: Literal["consultation", "help", "complaint", "report", "suggestion", "appeal"] = Field(
        alias="class", description="Class of the request."
    )
    channel: Literal["phone", "web", "app", "wechat", "mail", "voice", "text", "picture", "video", "api"] = (
        Field("phone", description="Where the request came in; `api`: from another platform.")
    )
    text: Loose = Field("", description="What is asked for.")
    region: LooseName = Field("", description="Code of the region.")
    essentials: tuple[Essential, ...] = Field((), description="Essentials that the requester gave.")
    withheld: bool = Field(False, description="Whether the requester refuses to give the essentials.")
    hidden: bool = Field(False, description="Whether the requester asks not to be shown to units.")
    confidential: bool = Field(False, description="Whether it goes by the confidential path.")
    sudden: bool = Field(False, description="Whether it is a matter of the city's sudden list.")
    urgent: Code | None = Field(None, description="Id of the urgent path of the profile that it goes by.")
    route: Code | None = Field(
        None,
        description="Id of the profile's dispatch route, which times the centre; absent: the time that all "
        "routes share, where the city dispatches by routes alone.",
    )
    special: Special | None = Field(None, description="A limit set elsewhere.")
    kind: Literal["mediation", "enforcement"] | None = Field(
        None, description="A matter that satisfaction alone does not judge."
    )
    seat: Code | None = Field(None, description="Id of the leader's day or special seat that took the call.")
    points: tuple[Point, ...] = Field((), description="Knowledge points that were confirmed as applicable.")
    split_from: Code | None = Field(None, description="Code of the ticket it was split from.")
