"""What goes in and out of the routes of recalls."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from kb_service.core.typed import Typed
from kb_service.tickets.recalls.service import Progress


class RecallIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    message: Annotated[Typed, StringConstraints(min_length=5, max_length=2000)]


class ContactedIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outcome: Literal["done", "unreachable"]
    note: Annotated[Typed, StringConstraints(max_length=500)] = ""


class RecallOut(BaseModel):
    code: str
    correction: str
    point: str
    first_version: int
    last_version: int
    title: str
    unit: str
    unit_name: str
    message: str
    opened_at: datetime
    opened_by: str
    refreshed_at: datetime
    shown: int
    anonymous: int
    people: int
    open: int
    done: int
    unreachable: int

    @classmethod
    def of(cls, each: Progress) -> "RecallOut":
        recall = each.recall
        return cls(
            code=recall.code,
            correction=recall.correction_code,
            point=recall.point_code,
            first_version=recall.first_number,
            last_version=recall.last_number,
            title=recall.title,
            unit=each.unit_code,
            unit_name=each.unit_name,
            message=recall.message,
            opened_at=recall.opened_at,
            opened_by=recall.opened_by,
            refreshed_at=recall.refreshed_at,
            shown=recall.shown,
            anonymous=recall.anonymous,
            people=each.people,
            open=each.open,
            done=each.done,
            unreachable=each.unreachable,
        )


class ContactOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    ticket_code: str
    channel: str
    version: int
    shown_at: datetime
    status: str
    attempts: int
    note: str
    contacted_at: datetime | None
    contacted_by: str


class PersonOut(BaseModel):
    name: str = ""
    phone: str = ""
    address: str = ""
