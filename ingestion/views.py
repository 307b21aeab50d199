"""What a batch and its rows look like to whoever reads them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ingestion import rules
from ingestion.drafting import Problem
from ingestion.mapping import MatchedColumn
from ingestion.model import Batch, NearRow, Run, StagedRow
from ingestion.recognising.values import Evidence
from ingestion.rules import BatchStatus, RowStatus

NEAR_NAME: Final = "近似重复"


@dataclass(frozen=True)
class Progress:
    """`state`: `waiting` for a reader, `reading`, or `done`; `percent` of the file, None where it cannot be told."""

    state: str
    rows: int
    percent: int | None
    file_kept: bool


@dataclass(frozen=True)
class Counts:
    """`warning` counts rows that have one, whatever their status; `near` those new ones that come near to others."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicate: int = 0
    error: int = 0
    warning: int = 0
    near: int = 0


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
    progress: Progress
    profile: str

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
class NearView:
    """What a new row comes near to: a point by its `code`, or an earlier row of the file; `share` from 0 to 1."""

    code: str | None
    other_row: int | None
    title: str
    share: float

    @property
    def text(self) -> str:
        place = f"知识点 {self.code}" if self.code else f"第 {self.other_row} 行"
        return f"与{place}“{self.title}”有 {self.share:.0%} 相同"


@dataclass(frozen=True)
class RowView:
    """`row` is its number in the file; `diff` holds `field`, `label`, `old` and `new`; `near` is for new rows."""

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
    near: NearView | None = None

    @property
    def status_name(self) -> str:
        return NEAR_NAME if self.near else rules.ROW_NAMES[RowStatus(self.status)]


def _progress(batch: Batch, run: Run | None) -> Progress:
    rows = int(batch.counts.get("rows", 0))
    if run is None or batch.status != BatchStatus.STAGED:
        return Progress("done", rows, 100 if batch.status != BatchStatus.STAGED else None, False)
    percent = min(99, 100 * run.bytes_read // max(batch.size, 1)) if run.bytes_read else None
    return Progress("reading" if run.claim else "waiting", rows, percent, bool(run.file))


def view_of(batch: Batch, run: Run | None, account_name: str, unit_name: str) -> BatchView:
    return BatchView(
        id=batch.id,
        name=batch.name,
        filename=batch.filename,
        format=batch.kind or batch.format,
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
        progress=_progress(batch, run),
        profile=run.profile if run else "",
    )


def row_view(row: StagedRow, draft: dict[str, Any] | None, near: NearRow | None = None) -> RowView:
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
        near=NearView(near.code, near.other_row, near.title, near.share) if near else None,
    )


def problems_of(row: StagedRow) -> list[Problem]:
    return [Problem(**each) for each in row.problems]
