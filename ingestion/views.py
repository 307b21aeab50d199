"""What a batch and its rows look like to whoever reads them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingestion import rules
from ingestion.drafting import Problem
from ingestion.mapping import MatchedColumn
from ingestion.model import Batch, StagedRow
from ingestion.recognising.values import Evidence
from ingestion.rules import BatchStatus, RowStatus


@dataclass(frozen=True)
class Counts:
    """`warning` counts rows that have one, whatever their status."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicate: int = 0
    error: int = 0
    warning: int = 0


@dataclass(frozen=True)
class BatchView:
    """`good` is how many rows would be written, `left_out` how many a partial import would leave out."""

    id: str
    name: str
    filename: str
    format: str
    sheet: str
    sha256: str
    size: int
    status: str
    columns: list[MatchedColumn]
    counts: Counts
    notes: list[str]
    submit: bool
    problem: str
    undo_reason: str
    account_id: int
    account_name: str
    unit_id: int
    unit_name: str
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None

    @property
    def status_name(self) -> str:
        return rules.BATCH_NAMES[BatchStatus(self.status)]

    @property
    def good(self) -> int:
        return self.counts.new + self.counts.changed

    @property
    def left_out(self) -> int:
        return self.counts.duplicate + self.counts.error


@dataclass(frozen=True)
class RowView:
    """`row` is its number in the file; `diff` holds `field`, `label`, `old` and `new`."""

    row: int
    status: str
    code: str | None
    title: str
    unit: str
    type: str
    problems: list[Problem]
    diff: list[dict[str, str]]
    draft: dict[str, Any] | None
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def status_name(self) -> str:
        return rules.ROW_NAMES[RowStatus(self.status)]


def view_of(batch: Batch, account_name: str, unit_name: str) -> BatchView:
    return BatchView(
        id=batch.id,
        name=batch.name,
        filename=batch.filename,
        format=batch.format,
        sheet=batch.sheet,
        sha256=batch.sha256,
        size=batch.size,
        status=batch.status,
        columns=[
            MatchedColumn(each["header"], each["key"], tuple(each["suggestions"])) for each in batch.columns
        ],
        counts=Counts(**batch.counts),
        notes=batch.notes,
        submit=batch.submit,
        problem=batch.problem,
        undo_reason=batch.undo_reason,
        account_id=batch.account_id,
        account_name=account_name,
        unit_id=batch.unit_id,
        unit_name=unit_name,
        created_at=batch.created_at,
        applied_at=batch.applied_at,
        undone_at=batch.undone_at,
    )


def row_view(row: StagedRow, draft: dict[str, Any] | None) -> RowView:
    return RowView(
        row=row.row,
        status=row.status,
        code=row.code,
        title=row.title,
        unit=row.unit,
        type=row.type,
        problems=problems_of(row),
        diff=row.diff,
        draft=draft,
        evidence=[Evidence(**each) for each in row.evidence or ()],
    )


def problems_of(row: StagedRow) -> list[Problem]:
    return [Problem(**each) for each in row.problems]
