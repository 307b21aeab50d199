"""What goes in and out of the routes of reply templates."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kb_service.core.typed import Typed
from kb_service.tickets.schemas import RequestClass

Name = Annotated[Typed, StringConstraints(strip_whitespace=True, min_length=2, max_length=60)]
Text = Annotated[Typed, StringConstraints(strip_whitespace=True, min_length=10, max_length=4000)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class TemplateIn(In):
    request_class: RequestClass = Field(alias="class")
    name: Name
    text: Text = Field(description="{工单号}、{办理结果} 这样的花括号是要填的项")


class TemplateChangeIn(In):
    """`version` is the one that was changed; another in between makes this a conflict."""

    version: int = Field(ge=1)
    name: Name
    text: Text


class TemplateOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str
    version: int
    request_class: str = Field(serialization_alias="class")
    name: str
    text: str
    retired: bool
    created_at: datetime
    created_by: str


class FilledOut(BaseModel):
    """`template` goes with the reply; `open` are the blanks that are still to be filled."""

    template: str
    name: str
    text: str
    open: list[str]
