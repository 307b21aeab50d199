"""The dry run to take away: every row in its own columns, what it would do, and why."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import select

from ingestion.columns import REASON, header_of
from ingestion.drafting import cells_of
from ingestion.model import Batch, StagedRow
from ingestion.rules import BatchStatus
from ingestion.service.access import visible_batch
from ingestion.service.checking import draft_of
from ingestion.service.reading import harmless, near_rows, plain
from ingestion.views import RowView, row_view
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Conflict
from kb_service.core.workbooks import Book

ROW: Final = "行号"
OUTCOME: Final = "检查结果"
_CHUNK = 1_000
# No cell of a workbook holds more.
_LONGEST = 32_000


def dry_run_file(session: ReadSession, ctx: Context, batch_id: str, format: str) -> bytes:  # noqa: A002
    """CSV or XLSX; nothing in it is taken for a formula. Its columns are understood when it is sent again."""
    batch = visible_batch(session, ctx, batch_id)
    if batch.status in (BatchStatus.STAGED, BatchStatus.FAILED, BatchStatus.CANCELLED):
        raise Conflict("这一批还没有检查结果，或已经作废。", code="not_checked")
    lines = _lines(session, batch)
    return _xlsx(lines) if format == "xlsx" else _csv(lines)


def _csv(lines: Iterator[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([harmless(cell) for cell in line] for line in lines)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(lines: Iterator[list[str]]) -> bytes:
    book = Book()
    book.sheet(OUTCOME).rows([text[:_LONGEST] for text in line] for line in lines)
    return book.content()


def _lines(session: ReadSession, batch: Batch) -> Iterator[list[str]]:
    keys = [column["key"] for column in batch.columns]
    headers = [column["header"] for column in batch.columns]
    yield [ROW, OUTCOME, REASON, *headers]
    for row, view in _rows(session, batch.id):
        if row.raw is not None:
            cells = [plain(row.raw["cells"].get(header)) for header in headers]
        else:
            known = cells_of(draft_of(row.draft or ""), unit=row.unit, code=row.code or "")
            cells = [known.get(key, "") if key else "" for key in keys]
        yield [str(row.row), view.status_name, _reason(view), *cells]


def _reason(view: RowView) -> str:
    told = [problem.text for problem in view.problems]
    told += [
        f"{header_of(each['field'])}：“{each['old'][:60]}”改为“{each['new'][:60]}”" for each in view.diff
    ]
    if view.near is not None:
        told.append(view.near.text)
    return "；".join(told)


def _rows(session: ReadSession, batch_id: str) -> Iterator[tuple[StagedRow, RowView]]:
    last = 0
    while rows := _after(session, batch_id, last):
        near = near_rows(session, batch_id, [row.row for row in rows])
        for row in rows:
            yield row, row_view(row, json.loads(row.draft) if row.draft else None, near.get(row.row))
        last = rows[-1].row
        session.expunge_all()


def _after(session: ReadSession, batch_id: str, last: int) -> Sequence[StagedRow]:
    statement = (
        select(StagedRow)
        .where(StagedRow.batch_id == batch_id, StagedRow.row > last)
        .order_by(StagedRow.row)
        .limit(_CHUNK)
    )
    return session.execute(statement).scalars().all()
