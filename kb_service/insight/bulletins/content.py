"""What a bulletin says, apart from how it is printed: all of it is kept with the bulletin."""

import hashlib
import json
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Cell = str | int | None


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Table(_Kept):
    """`rows` beneath `head`; a share is a text such as 98.1%."""

    title: str
    head: list[str]
    rows: list[list[Cell]]


class Series(_Kept):
    name: str
    values: list[int]


class Chart(_Kept):
    kind: Literal["bar", "line"]
    title: str
    categories: list[str]
    series: list[Series]


class Section(_Kept):
    """`made` is what was worked out of the figures, `said` what is printed: the same until somebody edits it.

    `by_hand`: nothing is worked out; a person writes it.
    """

    key: str
    title: str
    made: list[str]
    said: list[str]
    by_hand: bool = False
    tables: list[Table] = []
    charts: list[Chart] = []

    @property
    def edited(self) -> bool:
        return self.said != self.made


class Content(_Kept):
    """`figures` are the numbers of the period as they were counted at `known_at`, by name."""

    masthead: str
    title: str
    period: str
    addressee: str
    signed: str
    sections: list[Section]
    figures: dict[str, dict[str, int | None]]
    known_at: datetime
    clause: list[str]
    number: int | None = None
    year: int | None = None
    issued_on: date | None = None


def digest(content: Content) -> str:
    body = json.dumps(content.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()
