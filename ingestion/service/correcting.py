"""Putting right what was read or recognised wrongly, before anything of it is written: cells, rows, joined rows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import delete, select, update

from ingestion.cells import BadCell, is_empty, type_of
from ingestion.columns import COLUMNS, header_of
from ingestion.drafting import cells_of
from ingestion.model import Batch, NearRow, StagedRow
from ingestion.readers.documents import DOUBTFUL
from ingestion.readers.table import printable
from ingestion.rules import BatchStatus
from ingestion.service.access import require_importer, require_status, visible_batch
from ingestion.service.checking import draft_of
from ingestion.service.staging import CLOCK, recheck
from ingestion.views import BatchView, RowView, row_view
from kb_service.core import audit
from kb_service.core.clock import Clock
from kb_service.core.context import Context
from kb_service.core.db import Database, ReadSession, WriteSession
from kb_service.core.errors import Invalid, NotFound
from kb_service.knowledge.incoming import preparing

LONGEST_CELL: Final = 1_200_000
# The column that holds most of the words of a type; it goes along when the type is changed.
MAIN: Final = {
    "faq": "answer",
    "policy": "full_text",
    "procedure": "conditions",
    "agency": "functions",
    "script": "text",
}
EDITABLE: Final = frozenset(COLUMNS) - {"attachments"}


@dataclass(frozen=True)
class Correction:
    """New texts by column key for one row, an empty one to clear the cell.

    `confirmed` says that a person looked and all the doubts are settled; `join` takes the next row in and
    `drop` leaves the row out of the batch.
    """

    row: int
    cells: Mapping[str, str] = field(default_factory=dict)
    confirmed: bool = False
    join: bool = False
    drop: bool = False


@dataclass(frozen=True)
class RowDetail:
    """A row with the texts of its cells by column key, as they stand before they are understood."""

    row: RowView
    cells: dict[str, str]


def row_detail(session: ReadSession, ctx: Context, batch_id: str, number: int) -> RowDetail:
    batch = visible_batch(session, ctx, batch_id)
    row = _row(session, batch_id, number)
    headers = _headers(batch)
    named = {header: key for key, header in headers.items()}
    known = {header_of(key): key for key in COLUMNS} | named
    cells = {
        known[header]: _text(value)
        for header, value in _raw(row, headers)["cells"].items()
        if header in known
    }
    near = session.get(NearRow, (batch_id, number))
    view = row_view(row, json.loads(row.draft) if row.draft else None, near)
    return RowDetail(view, {key: text for key, text in cells.items() if text})


def correct(
    database: Database, ctx: Context, batch_id: str, correction: Correction, *, clock: Clock = CLOCK
) -> BatchView:
    """Corrects a row of a checked batch and checks the batch again, as rows bear on each other.

    Raises Conflict `not_checked`, NotFound `unknown_row`, Invalid `bad_mapping` for a column that there is not.
    """
    require_importer(ctx)
    _refuse_strangers(correction.cells)
    with database.write() as session:
        batch = visible_batch(session, ctx, batch_id)
        require_status(batch, BatchStatus.CHECKED)
        row = _row(session, batch_id, correction.row)
        if correction.drop:
            _refuse_last(session, batch)
            _drop(session, row)
        else:
            raw = _raw(row, _headers(batch))
            if correction.join:
                _join(session, batch, row, raw)
            _apply(raw, correction, _headers(batch))
            _keep(session, row, raw)
        audit.record(session, ctx, "import.corrected", f"import:{batch_id}", after=_told(correction))
    return recheck(database, ctx, batch_id, clock=clock)


def give_defaults(
    database: Database, ctx: Context, batch_id: str, defaults: Mapping[str, str], *, clock: Clock = CLOCK
) -> BatchView:
    """Says for all rows at once what their empty cells mean, and checks the batch again."""
    require_importer(ctx)
    _refuse_strangers(defaults)
    with database.write() as session:
        batch = visible_batch(session, ctx, batch_id)
        require_status(batch, BatchStatus.CHECKED)
        given = batch.defaults | {key: printable(text) for key, text in defaults.items()}
        given = {key: text for key, text in given.items() if not is_empty(text)}
        session.execute(update(Batch).where(Batch.id == batch_id).values(defaults=given))
        audit.record(session, ctx, "import.corrected", f"import:{batch_id}", after={"defaults": given})
    return recheck(database, ctx, batch_id, clock=clock)


def _refuse_strangers(cells: Mapping[str, str]) -> None:
    strangers = sorted(set(cells) - EDITABLE)
    if strangers:
        raise Invalid(f"没有“{'”“'.join(strangers)}”这样的列，不能改写。", code="bad_mapping")
    long = next((key for key, text in cells.items() if len(text) > LONGEST_CELL), None)
    if long:
        raise Invalid(f"“{header_of(long)}”超过 {LONGEST_CELL} 个字符，请缩短。", code="cell_too_long")


def _row(session: ReadSession, batch_id: str, number: int) -> StagedRow:
    wanted = (StagedRow.batch_id == batch_id, StagedRow.row == number)
    found = session.execute(select(StagedRow).where(*wanted)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"这一批没有第 {number} 行，请刷新后查看。", code="unknown_row")
    return found


def _refuse_last(session: ReadSession, batch: Batch) -> None:
    rows = session.execute(select(StagedRow.row).where(StagedRow.batch_id == batch.id).limit(2)).all()
    if len(rows) < 2:
        raise Invalid("这是这一批的最后一行，不能再删。不要这一批时请选“放弃本批”。", code="no_rows")


def _headers(batch: Batch) -> dict[str, str]:
    return {column["key"]: column["header"] for column in batch.columns if column["key"]}


def _raw(row: StagedRow, headers: Mapping[str, str]) -> dict[str, Any]:
    """The row's cells as they were read; for one that was sound, as its draft says them."""
    if row.raw is not None:
        return {"cells": dict(row.raw["cells"]), "faults": list(row.raw["faults"])}
    assert row.draft is not None
    texts = cells_of(draft_of(row.draft), unit=row.unit, code=row.code or "")
    cells: dict[str, Any] = {headers.get(key, header_of(key)): text for key, text in texts.items()}
    if row.attachments:
        cells[headers.get("attachments", header_of("attachments"))] = list(row.attachments)
    return {"cells": cells, "faults": []}


def _apply(raw: dict[str, Any], correction: Correction, headers: Mapping[str, str]) -> None:
    cells = raw["cells"]
    before = _type(cells.get(headers.get("type", header_of("type"))))
    for key, text in correction.cells.items():
        cells[headers.get(key, header_of(key))] = printable(text)
    after = _type(cells.get(headers.get("type", header_of("type"))))
    if before != after and before in MAIN and after in MAIN:
        _move(cells, headers, MAIN[before], MAIN[after])
    mended = {headers.get(key, header_of(key)) for key in correction.cells}
    raw["faults"] = [fault for fault in raw["faults"] if not _settled(fault, correction, mended)]


def _type(cell: object) -> str:
    try:
        return type_of(cell)
    except BadCell:
        return ""


def _move(cells: dict[str, Any], headers: Mapping[str, str], old: str, new: str) -> None:
    source, target = headers.get(old, header_of(old)), headers.get(new, header_of(new))
    if is_empty(cells.get(target)) and not is_empty(cells.get(source)):
        cells[target] = cells.pop(source)


def _settled(fault: Mapping[str, Any], correction: Correction, mended: set[str]) -> bool:
    """What was wrong with a cell as it stood in the file is right once a person wrote another."""
    if fault["header"] and fault["header"] in mended:
        return True
    return correction.confirmed and fault["code"] == DOUBTFUL


def _join(session: WriteSession, batch: Batch, row: StagedRow, raw: dict[str, Any]) -> None:
    """The words of the next row are put behind those of this one, and the next row is dropped."""
    after = select(StagedRow).where(StagedRow.batch_id == batch.id, StagedRow.row > row.row)
    following = session.execute(after.order_by(StagedRow.row).limit(1)).scalar_one_or_none()
    if following is None:
        raise Invalid("后面没有可以合并的行。", code="unknown_row")
    headers = _headers(batch)
    other = _raw(following, headers)["cells"]
    mine, its = MAIN.get(row.type, ""), MAIN.get(following.type, "")
    if not mine or not its:
        raise Invalid("请先为两行选定知识类型，再合并。", code="unknown_type")
    target = headers.get(mine, header_of(mine))
    title = following.title if following.title != row.title else ""
    added = [title, _text(other.get(headers.get(its, header_of(its))))]
    raw["cells"][target] = "\n".join(filter(None, [_text(raw["cells"].get(target)), *added]))
    _drop(session, following)


def _text(cell: object) -> str:
    return "\n".join(map(str, cell)) if isinstance(cell, list) else "" if cell is None else str(cell)


def _keep(session: WriteSession, row: StagedRow, raw: dict[str, Any]) -> None:
    wanted = (StagedRow.batch_id == row.batch_id, StagedRow.row == row.row)
    session.execute(update(StagedRow).where(*wanted).values(raw=raw))


def _drop(session: WriteSession, row: StagedRow) -> None:
    for table in (StagedRow, NearRow):
        session.execute(delete(table).where(table.batch_id == row.batch_id, table.row == row.row))
    preparing.forget(session, row.batch_id, row.row, row.row)


def _told(correction: Correction) -> dict[str, Any]:
    told: dict[str, Any] = {"row": correction.row, "cells": sorted(correction.cells)}
    return told | {name: True for name in ("confirmed", "join", "drop") if getattr(correction, name)}
