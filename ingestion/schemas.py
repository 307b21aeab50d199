"""What goes in and out of the routes of imports."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ColumnOut(_Out):
    header: str
    key: str | None
    label: str
    suggestions: list[str]


class CountsOut(_Out):
    rows: int
    new: int
    changed: int
    unchanged: int
    duplicate: int
    error: int
    warning: int
    near: int


class ProgressOut(_Out):
    state: str
    rows: int
    percent: int | None
    file_kept: bool


class NearOut(_Out):
    code: str | None
    other_row: int | None
    title: str
    share: float


class BatchOut(_Out):
    id: str
    name: str
    filename: str
    format: str
    sheet: str
    sha256: str
    size: int
    status: str
    status_name: str
    columns: list[ColumnOut]
    counts: CountsOut
    good: int
    left_out: int
    notes: list[str]
    submit: bool
    problem: str
    undo_reason: str
    account_name: str
    unit_name: str
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None
    progress: ProgressOut
    profile: str


class ProblemOut(_Out):
    row: int
    column: str
    header: str
    code: str
    detail: str
    level: str


class EvidenceOut(_Out):
    """Where in the file a value was found; `doubt` is empty where there is none."""

    key: str
    place: str
    quote: str
    doubt: str


class RowOut(_Out):
    row: int
    status: str
    status_name: str
    code: str | None
    title: str
    unit: str
    type: str
    problems: list[ProblemOut]
    diff: list[dict[str, str]]
    draft: dict[str, Any] | None
    near: NearOut | None
    evidence: list[EvidenceOut]


class RowDetailOut(_Out):
    row: RowOut
    cells: dict[str, str]


class CorrectionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cells: dict[str, str] = Field(
        default={}, max_length=60, description="New text by column key; empty: none."
    )
    confirmed: bool = Field(False, description="A person looked: the doubts of this row are settled.")
    join: bool = Field(False, description="Take the next row into this one.")
    drop: bool = Field(False, description="Leave this row out of the batch.")


class DefaultsIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    defaults: dict[str, str] = Field(max_length=60, description="What an empty cell means, by column key.")


class ApplyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    allow_partial: bool = Field(
        False, description="Import the rows without problems and leave out the others."
    )


class AppliedOut(_Out):
    batch_id: str
    written: int
    new: int
    changed: int
    unchanged: int
    left_out: int


class MoveInOut(_Out):
    batch_id: str
    versions: int
    evidence_name: str
    evidence_sha256: str
    moved_by: int
    confirmed_by: int
    confirmed_at: datetime


class UndoIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500)]


class UndoneOut(_Out):
    batch_id: str
    discarded: int
    withdrawn: int
    restored: list[str]
