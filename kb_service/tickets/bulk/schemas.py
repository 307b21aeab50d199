"""What goes in and out of the routes of bulk actions."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kb_service.core.typed import Typed

MOST: Final = 100
MOST_LISTED: Final = 1_000
Action = Literal["sign", "dispatch", "pass_on", "urge", "remind"]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
Purpose = Annotated[Typed, StringConstraints(strip_whitespace=True, max_length=200)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BulkIn(In):
    """`data` is what the action asks for, the same for all; dispatched without `to`, each goes to the unit
    suggested for it.
    """

    codes: list[Code] = Field(min_length=1, max_length=MOST)
    action: Action
    data: dict[str, Any] = Field(default_factory=dict)
    remark: Annotated[Typed, StringConstraints(strip_whitespace=True, max_length=1000)] = ""


class BulkItemOut(BaseModel):
    ticket: str
    title: str = ""
    done: bool
    status: str = ""
    status_label: str = ""
    code: str = ""
    detail: str = ""
    clause: str = ""


class BulkOut(BaseModel):
    done: int
    refused: int
    items: list[BulkItemOut]


class ExportIn(In):
    codes: list[Code] = Field(min_length=1, max_length=MOST_LISTED)
    purpose: Purpose = ""
