"""The numbers of a bulletin as XLSX, with charts that follow the cells."""

import io
import math
import re
from collections.abc import Container
from datetime import datetime
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from kb_service.core.workbooks import printable
from kb_service.insight.bulletins.content import Cell, Chart, Content, Section, Table
from kb_service.insight.bulletins.paper.packing import packed, parts_of
from kb_service.insight.statistics.rules import KINDS

_THIN: Final = Side(style="thin", color="808080")
_FRAME: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEAD: Final = PatternFill("solid", fgColor="DDE6F0")
_PERCENT: Final = re.compile(r"\d+\.\d%")
_MOMENT: Final = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(<)")
# Where the numbers of charts stand, how many columns are printed at least, and how high a chart is.
_ASIDE, _PRINTED, _CHART_ROWS = 27, 8, 18
_HOW_LINE: Final = 32
_SHORT: Final = 8
_NOT_IN_NAMES: Final = re.compile(r"[\\/*?:\[\]]")


def workbook(content: Content) -> bytes:
    """A sheet of the main figures, one a table, each chart beside its table."""
    book = Workbook()
    first = book.worksheets[0]
    first.title = "主要指标"
    _figures(first, content)
    for section in content.sections:
        for at, table in enumerate(section.tables):
            sheet = book.create_sheet(_name(book, table.title))
            _table(sheet, content, table)
            if at == 0:
                _charts(sheet, section, len(table.rows) + 5)
    out = io.BytesIO()
    book.save(out)
    return _timeless(out.getvalue(), content.known_at)


def _name(book: Any, title: str) -> str:
    name = _NOT_IN_NAMES.sub("", title)[:28] or "表"
    taken = set(book.sheetnames)
    return next(each for each in (name, *(f"{name}{at}" for at in range(2, 99))) if each not in taken)


def _figures(sheet: Worksheet, content: Content) -> None:
    _title(sheet, content.title, 5)
    _row(sheet, 3, ["指标", "本期", "上期", "上年同期", "口径"], head=True)
    at = 4
    for name, numbers in content.figures.items():
        kind = KINDS.get(name)
        if kind is None:
            continue
        shown = [_shown(numbers, which) for which in ("now", "before", "year_ago")]
        _row(sheet, at, [kind.label, *shown, kind.how])
        sheet.row_dimensions[at].height = 18 * math.ceil(len(kind.how) / _HOW_LINE)
        at += 1
    for column, width in zip("ABCDE", (20, 14, 14, 14, 70), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "A4"


def _shown(numbers: dict[str, int | None], which: str) -> Cell:
    number, of = numbers[which], numbers[f"{which}_of"]
    if of is None:
        return number
    if not of or number is None:
        return "—"
    tenths = (number * 2_000 // of + 1) // 2
    return f"{tenths // 10}.{tenths % 10}%"


def _table(sheet: Worksheet, content: Content, table: Table) -> None:
    _title(sheet, f"{content.period}{table.title}", len(table.head))
    _row(sheet, 3, list(table.head), head=True)
    # A column of names begins at one edge, though some of them are short.
    long = {at for cells in table.rows for at, each in enumerate(cells) if len(str(each)) >= _SHORT}
    for at, cells in enumerate(table.rows, 4):
        _row(sheet, at, cells, left=long)
    for at, head in enumerate(table.head):
        longest = max([len(head), *(len(str(row[at])) for row in table.rows)])
        sheet.column_dimensions[get_column_letter(at + 1)].width = min(max(10, longest * 2 + 2), 50)
    sheet.freeze_panes = "A4"


def _title(sheet: Worksheet, title: str, columns: int) -> None:
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=max(columns, 2))
    cell = _write(sheet, 1, 1, title)
    cell.font = Font(name="方正小标宋简体", size=16)
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    sheet.row_dimensions[1].height = 40
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    sheet.print_title_rows = "3:3"


def _row(
    sheet: Worksheet, at: int, cells: list[Cell], *, head: bool = False, left: Container[int] = ()
) -> None:
    for column, value in enumerate(cells, 1):
        cell = _write(sheet, at, column, value)
        cell.font = Font(name="黑体" if head else "仿宋_GB2312", size=12)
        cell.border = _FRAME
        middle = head or not isinstance(value, str) or (len(value) < _SHORT and column - 1 not in left)
        cell.alignment = Alignment(
            horizontal="center" if middle else "left", vertical="center", wrap_text=True
        )
        if head:
            cell.fill = _HEAD


def _write(sheet: Worksheet, row: int, column: int, value: Cell) -> Any:
    """Shares become numbers; other text stays text, so that what begins with = is no formula."""
    cell: Any = sheet.cell(row, column)
    if isinstance(value, str) and _PERCENT.fullmatch(value):
        cell.value, cell.number_format = float(value[:-1]) / 100, "0.0%"
    elif isinstance(value, int):
        cell.value, cell.number_format = value, "#,##0"
    elif value is not None:
        cell.value = printable(value)
        cell.data_type = "s"
    return cell


def _charts(sheet: Worksheet, section: Section, below: int) -> None:
    """Under the table; the numbers of each stand to the right, outside what is printed."""
    last = below
    for number, chart in enumerate(section.charts):
        at = _ASIDE + number * 4
        _write(sheet, 3, at, chart.title)
        for line, name in enumerate(chart.categories, 4):
            _write(sheet, line, at, name)
        for offset, series in enumerate(chart.series, 1):
            _write(sheet, 3, at + offset, series.name)
            for line, value in enumerate(series.values, 4):
                _write(sheet, line, at + offset, value)
        last = below + number * _CHART_ROWS
        sheet.add_chart(_drawn(sheet, chart, at), f"A{last}")
        last += _CHART_ROWS
    sheet.print_area = f"A1:{get_column_letter(max(_PRINTED, _columns(section)))}{last}"


def _columns(section: Section) -> int:
    return len(section.tables[0].head)


def _drawn(sheet: Worksheet, chart: Chart, at: int) -> Any:
    drawn: Any = BarChart() if chart.kind == "bar" else LineChart()
    drawn.title, drawn.height, drawn.width = chart.title, 8, 16
    last = 3 + len(chart.categories)
    numbers = Reference(sheet, min_col=at + 1, max_col=at + len(chart.series), min_row=3, max_row=last)
    drawn.add_data(numbers, titles_from_data=True)
    drawn.set_categories(Reference(sheet, min_col=at, min_row=4, max_row=last))
    for series in drawn.series:
        series.smooth = False
    drawn.legend = None
    drawn.x_axis.delete = drawn.y_axis.delete = False
    drawn.y_axis.scaling.min = 0
    return drawn


def _timeless(file: bytes, known_at: datetime) -> bytes:
    """The library writes when it ran into the file; here the instant the figures are of."""
    stamp = known_at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    parts: dict[str, str | bytes] = dict(parts_of(file))
    core = parts["docProps/core.xml"]
    assert isinstance(core, bytes)
    parts["docProps/core.xml"] = _MOMENT.sub(rb"\g<1>" + stamp + rb"\g<3>", core)
    return packed(parts)
