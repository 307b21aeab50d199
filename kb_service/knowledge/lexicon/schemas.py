"""What goes in and out of the routes of the lexicon and the dictionary."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from kb_service.identity.schemas import In, Out

Override = Annotated[
    str, Field(max_length=300, description="有检验用例不再通过而确需生效时，检索管理员写明的理由")
]


class EntryIn(In):
    spoken: str = Field(max_length=40)
    official: list[Annotated[str, Field(max_length=60)]] = Field(max_length=20)
    weight: float = 0.8
    field: str = Field(default="", max_length=40)
    active: bool = True
    override: Override = ""


class SwitchIn(In):
    spoken: str = Field(max_length=40)
    active: bool
    override: Override = ""


class RemoveIn(In):
    spoken: str = Field(max_length=40)
    override: Override = ""


class EntryOut(Out):
    spoken: str
    official: list[str]
    weight: float
    field: str
    active: bool
    source: str
    by: str
    changed_at: datetime | None


class RemovedOut(Out):
    """`entry` is the shipped one that speaks again, where there is one."""

    entry: EntryOut | None


class TakenOut(Out):
    rows: int
    news: int
