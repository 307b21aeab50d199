"""Looking at batches and their rows, and the file of those that were wrong."""

import csv
import io
import json
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, select

from ingestion.columns import REASON
from ingestion.model import Batch, NearRow, StagedRow
from ingestion.rules import LEFT_OUT, BatchStatus, RowStatus
from ingestion.service.access import views_of, visible_batch
from ingestion.views import BatchView, RowView, problems_of, row_view
from kb_service.core import paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.core.paging import Page

WARNED = "warning"
NEAR = "near"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_CHUNK = 1_000


def batch(session: ReadSession, ctx: Context, batch_id: str) -> BatchView:
    return views_of(session, [visible_batch(session, ctx, batch_id)])[0]


def batches(
    session: ReadSession, ctx: Context, *, status: str = "", cursor: str = "", limit: int = 20
) -> Page[BatchView]:
    """The newest first; those of the units that the actor works on."""
    ctx.actor.require("knowledge.import")
    found = select(Batch).order_by(Batch.id.desc())
    if ctx.actor.unit_scope is not None:
        found = found.where(Batch.unit_id.in_(ctx.actor.unit_scope))
    if status:
        found = found.where(Batch.status == status)
    if cursor:
        found = found.where(Batch.id < paging.decode_cursor(cursor, [str])[0])
    page = paging.page_of(
        session.execute(found.limit(limit + 1)).scalars().all(), limit, lambda each: [each.id]
    )
    return Page(views_of(session, page.items), page.next)


def preview(
    session: ReadSession, ctx: Context, batch_id: str, *, only: str = "", cursor: str = "", limit: int = 50
) -> Page[RowView]:
    """The rows in the order of the file; `only` is a row status, or `warning`."""
    batch = visible_batch(session, ctx, batch_id)
    if batch.status in (BatchStatus.CANCELLED, BatchStatus.FAILED):
        return Page([], None)
    found = select(StagedRow).where(StagedRow.batch_id == batch_id).order_by(StagedRow.row)
    if only:
        found = found.where(_filter(batch_id, only))
    if cursor:
        found = found.where(StagedRow.row > paging.decode_cursor(cursor, [int])[0])
    page = paging.page_of(
        session.execute(found.limit(limit + 1)).scalars().all(), limit, lambda row: [row.row]
    )
    near = near_rows(session, batch_id, [row.row for row in page.items])
    views = [
        row_view(row, json.loads(row.draft) if row.draft else None, near.get(row.row)) for row in page.items
    ]
    return Page(views, page.next)


def _filter(batch_id: str, only: str) -> ColumnElement[bool]:
    if only == WARNED:
        return StagedRow.warned.is_(True)
    if only == NEAR:
        return StagedRow.row.in_(select(NearRow.row).where(NearRow.batch_id == batch_id))
    if only not in set(RowStatus):
        known = "、".join((*RowStatus, NEAR, WARNED))
        raise Invalid(f"没有“{only}”这种行，只能是 {known}。", code="unknown_filter")
    return StagedRow.status == only


def near_rows(session: ReadSession, batch_id: str, rows: Sequence[int]) -> dict[int, NearRow]:
    found = select(NearRow).where(NearRow.batch_id == batch_id, NearRow.row.in_(rows))
    return {each.row: each for each in session.execute(found).scalars()}


def error_file(session: ReadSession, ctx: Context, batch_id: str) -> bytes:
    """The rows that were left out, in their own columns and with the reason: to be corrected and imported again."""
    found = visible_batch(session, ctx, batch_id)
    headers = [column["header"] for column in found.columns]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*map(harmless, headers), REASON])
    for row in _left_out(session, batch_id):
        cells = row.raw["cells"] if row.raw else {}
        reasons = "；".join(problem.text for problem in problems_of(row))
        writer.writerow([*(harmless(plain(cells.get(header))) for header in headers), harmless(reasons)])
    return out.getvalue().encode("utf-8-sig")


def _left_out(session: ReadSession, batch_id: str) -> Iterator[StagedRow]:
    last = 0
    rows: Sequence[StagedRow]
    while True:
        statement = (
            select(StagedRow)
            .where(StagedRow.batch_id == batch_id, StagedRow.status.in_(LEFT_OUT), StagedRow.row > last)
            .order_by(StagedRow.row)
            .limit(_CHUNK)
        )
        rows = session.execute(statement).scalars().all()
        if not rows:
            return
        last = rows[-1].row
        yield from rows


def plain(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(plain(item) for item in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    return "" if value is None else str(value)


def harmless(text: str) -> str:
    """A spreadsheet would carry out what begins like a formula; the apostrophe tells it that this is text."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
