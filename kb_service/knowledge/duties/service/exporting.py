"""The ranking and the ledgers as a workbook."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from kb_service.core.clock import CITY
from kb_service.knowledge.duties.rules import MEASURES, STATES
from kb_service.knowledge.duties.service.scoring import Standing

WIDTHS = (14, 30, 12, 12, 40)


def workbook(standings: Sequence[Standing]) -> bytes:
    """A sheet with the scores and one with every entry they rest on."""
    book = Workbook(write_only=True)
    names = [name for name, _ in MEASURES.values()]
    sheet_of(book, "得分", ["单位编码", "单位", "得分", *names, "依据校验码"], map(_scores, standings))
    heads = ["单位编码", "单位", "项目", "条款", "事项", "起算", "最晚", "实际", "结果", "申诉"]
    lines = (line for each in standings for line in _entries(each))
    sheet_of(book, "台账", heads, lines)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheet_of(book: Workbook, title: str, heads: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    """Adds a sheet with these lines under these heads."""
    sheet = book.create_sheet(title)
    for at, width in enumerate(WIDTHS):
        sheet.column_dimensions["ABCDE"[at]].width = width
    sheet.freeze_panes = "A2"
    row = [cell(sheet, head) for head in heads]
    for each in row:
        each.font = Font(bold=True)
    sheet.append(row)
    for line in lines:
        sheet.append([cell(sheet, value) for value in line])


def cell(sheet: Any, value: Any) -> Any:
    """Text stays text: what begins with = must not become a formula."""
    made = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        made.data_type = "s"
    return made


def _scores(each: Standing) -> list[Any]:
    percents = [_number(measure.percent) for measure in each.score.measures]
    return [each.unit_code, each.unit_name, _number(each.score.value), *percents, each.score.inputs]


def _entries(each: Standing) -> Iterable[list[Any]]:
    appeals = {"": "", "open": "待决定", "approved": "成立", "rejected": "不成立"}
    for entry, state in each.entries:
        yield [
            each.unit_code, each.unit_name, MEASURES[entry.measure][0], "、".join(entry.clauses), entry.title,
            _time(entry.began_at), _time(entry.due_at), _time(entry.done_at), STATES[state],
            appeals[entry.appeal],
        ]  # fmt: skip


def _number(text: str | None) -> float | None:
    return float(text) if text is not None else None


def _time(at: datetime | None) -> str:
    return at.astimezone(CITY).strftime("%Y-%m-%d %H:%M") if at is not None else ""
