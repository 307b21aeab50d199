"""XLSX by openpyxl: values only, one visible sheet, nothing that a person could misread."""

import heapq
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, BinaryIO

from openpyxl import load_workbook
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.escape import unescape

from ingestion.readers.table import Fault, Limits, RawRow, Table, header_names, letter, too_many_rows
from ingestion.readers.xlsx_package import Merge, count_strings, damaged, look_through, outline
from kb_service.core.errors import Invalid, KbError

# The library warns of what it leaves out (drop-downs, styles); none of it is content.
warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")

MOST_MERGES_TOLD = 20
WIDEST = Limits(columns=16_384)
_FORMULA = "单元格是公式。请选中该列复制，再“选择性粘贴—数值”，然后重新导入"


@dataclass(frozen=True)
class _Sheet:
    name: str
    part: str
    visible: bool


def read_xlsx(file: BinaryIO, limits: Limits, wanted: str = "") -> Table:
    """Reads the sheet of that name, or the first visible one; the library sees nothing that was not walked through."""
    look_through(file)
    sheets = _sheets(file)
    chosen = _choose(sheets, wanted)
    merges = outline(file, chosen.part, limits)
    for sheet in sheets:
        if sheet is not chosen:
            outline(file, sheet.part, WIDEST)
    for part in _string_parts(file):
        count_strings(file, part, limits)
    rows = _rows(file, chosen.name)
    number, header = next(((at, row) for at, row in rows if any(_filled(row))), (0, ()))
    if not header:
        raise Invalid(f"工作表“{chosen.name}”是空的，没有任何内容。", code="empty_file")
    _refuse_header(number, header, merges)
    names = header_names([_value(cell) for cell in header], limits, f"第 {number} 行（表头）")
    content = _content(rows, names, merges, limits)
    return Table("xlsx", content, names, chosen.name, _notes(sheets, chosen))


def _sheets(file: BinaryIO) -> list[_Sheet]:
    file.seek(0)
    try:
        reader = ExcelReader(file, read_only=True, keep_links=False)
        reader.read_manifest()
        reader.read_workbook()
        found = [
            _Sheet(sheet.name, rel.target, sheet.state == "visible")
            for sheet, rel in reader.parser.find_sheets()
            if "chartsheet" not in rel.Type and rel.target in reader.valid_files
        ]
    except Exception as error:
        raise damaged() from error
    return found


def _choose(sheets: Sequence[_Sheet], wanted: str) -> _Sheet:
    if wanted:
        for sheet in sheets:
            if sheet.name == wanted:
                return sheet
        known = "、".join(sheet.name for sheet in sheets)
        raise Invalid(f"没有名为“{wanted}”的工作表，文件中有：{known}。", code="unknown_sheet")
    for sheet in sheets:
        if sheet.visible:
            return sheet
    raise Invalid("工作簿里没有可见的工作表，请取消隐藏后再导入。", code="no_visible_sheet")


def _notes(sheets: Sequence[_Sheet], chosen: _Sheet) -> list[str]:
    others = [sheet.name for sheet in sheets if sheet is not chosen and sheet.visible]
    notes = [f"工作表：{chosen.name}"]
    if others:
        notes.append(f"未读取的工作表：{'、'.join(others[:10])}")
    return notes


def _string_parts(file: BinaryIO) -> list[str]:
    file.seek(0)
    with zipfile.ZipFile(file) as package:
        return [name for name in package.namelist() if name.startswith("xl/sharedStrings")]


def _rows(file: BinaryIO, name: str) -> Iterator[tuple[int, Sequence[Any]]]:
    """Rows with the number the sheet gives them. The file stays open."""
    file.seek(0)
    try:
        sheet: Any = load_workbook(file, read_only=True, keep_links=False)[name]
        # What a sheet says of its own size is often wrong, and may be meant to be.
        sheet.reset_dimensions()
        yield from enumerate(sheet.iter_rows(), 1)
    except KbError:
        raise
    except Exception as error:
        raise damaged() from error


def _filled(row: Sequence[Any]) -> Iterator[bool]:
    return (cell.value is not None and str(cell.value).strip() != "" for cell in row)


def _refuse_header(number: int, header: Sequence[Any], merges: Sequence[Merge]) -> None:
    merged = [merge.reference for merge in merges if merge.first_row <= number]
    if merged:
        raise Invalid(
            f"表头（第 {number} 行）有合并单元格 {'、'.join(merged[:5])}。请取消合并，使每列有自己的列名；"
            "如果它是表格的大标题，请删去这一行。",
            code="merged_header",
            extra={"cells": merged[:50]},
        )
    formulas = [cell.coordinate for cell in header if cell.data_type == "f"]
    if formulas:
        raise Invalid(f"表头的{'、'.join(formulas[:5])}{_FORMULA}。", code="formula_header")


def _content(
    rows: Iterator[tuple[int, Sequence[Any]]], names: Sequence[str], merges: Sequence[Merge], limits: Limits
) -> Iterator[RawRow]:
    standing = _Merges(merges)
    count = 0
    for number, row in rows:
        merged = standing.at(number)
        if not any(_filled(row)):
            continue
        count += 1
        if count > limits.rows:
            raise too_many_rows(limits)
        faults = [*_faults(row, names), *_merge_faults(merged, names)]
        cells = {name: _value(cell) for name, cell in zip(names, row, strict=False)}
        yield RawRow(number, cells, tuple(faults))


class _Merges:
    """The merged ranges that a row stands in, asked row by row downwards."""

    def __init__(self, merges: Sequence[Merge]) -> None:
        self._coming = sorted(merges, key=lambda merge: merge.first_row, reverse=True)
        self._open: list[tuple[int, int, Merge]] = []

    def at(self, row: int) -> list[Merge]:
        while self._coming and self._coming[-1].first_row <= row:
            merge = self._coming.pop()
            heapq.heappush(self._open, (merge.last_row, len(self._coming), merge))
        while self._open and self._open[0][0] < row:
            heapq.heappop(self._open)
        return [merge for _, _, merge in self._open[:MOST_MERGES_TOLD]]


def _merge_faults(merges: Sequence[Merge], names: Sequence[str]) -> Iterator[Fault]:
    """Only the first cell of a merged range has what a person sees in all of them."""
    for merge in merges:
        for name in names[merge.first_column - 1 : merge.last_column]:
            detail = f"在合并单元格 {merge.reference} 里。请取消合并，并在每一行都填写内容"
            yield Fault(name, "merged_cells", detail)


def _faults(row: Sequence[Any], names: Sequence[str]) -> Iterator[Fault]:
    beyond = [
        letter(at) for at, cell in enumerate(row) if at >= len(names) and _value(cell) not in (None, "")
    ]
    if beyond:
        yield Fault("", "extra_cells", f"{'、'.join(beyond[:3])} 列有内容，表头却没有这些列")
    for name, cell in zip(names, row, strict=False):
        if cell.data_type == "f":
            yield Fault(name, "formula", f"{cell.coordinate} {_FORMULA}")
        elif cell.data_type == "e":
            yield Fault(name, "error_value", f"{cell.coordinate} 单元格是错误值 {cell.value}，请改正或清空")


def _value(cell: Any) -> object:
    """Text, number, truth, date or instant; a formula or an error gives nothing."""
    if cell.data_type in {"f", "e"}:
        return None
    value = cell.value
    if isinstance(value, str):
        return unescape(value) if "_x" in value else value
    if isinstance(value, time | timedelta):
        return str(value)
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date()
    return value
