"""Figures and their tables as files."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from kb_service.core.errors import NotFound
from kb_service.core.workbooks import LIST_WIDTHS, Book
from kb_service.insight.statistics.periods import label
from kb_service.insight.statistics.rules import DIMENSIONS, KINDS, Figures, Table, Value

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
_HEADS = ("指标", "本期", "分子", "分母", "按规则不计", "上期", "去年同期", "计算方法", "条款")
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def workbook(found: Figures) -> bytes:
    """A sheet with the figures and one a table."""
    book = Book()
    book.sheet(label(found.period)[:31], widths=LIST_WIDTHS, heads=_HEADS).rows(_figures(found))
    for table in found.tables.values():
        book.sheet(table.label, widths=LIST_WIDTHS, heads=_table_heads(table)).rows(_rows(table))
    return book.content()


def text(found: Figures, dimension: str) -> bytes:
    """One table as CSV that spreadsheets open, or the figures themselves where no dimension is named."""
    if dimension and dimension not in found.tables:
        raise NotFound(f"没有“{dimension}”这张表，可用：{'、'.join(DIMENSIONS)}。", code="unknown_table")
    heads: Sequence[Any] = _table_heads(found.tables[dimension]) if dimension else _HEADS
    lines = _rows(found.tables[dimension]) if dimension else _figures(found)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([_plain(each) for each in line] for line in lines)
    return ("\ufeff" + out.getvalue()).encode()


def _plain(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _figures(found: Figures) -> Iterator[list[Any]]:
    for each in found.figures.values():
        value = each.value
        yield [
            each.kind.label, value.shown, value.number, value.of, value.excluded or None,
            each.before.shown, each.year_ago.shown, each.kind.how, "、".join(each.kind.clauses),
        ]  # fmt: skip


def _table_heads(table: Table) -> list[str]:
    heads = ["编码", table.label]
    for name in table.columns:
        kind = KINDS[name]
        heads += [kind.label, f"{kind.label}·分子", f"{kind.label}·分母"] if kind.share else [kind.label]
    return heads


def _rows(table: Table) -> Iterator[list[Any]]:
    for row in table.rows:
        cells = [cell for name in table.columns for cell in _cells(row.values[name])]
        yield [row.key, row.label, *cells]


def _cells(value: Value) -> list[Any]:
    return [value.number] if value.of is None else [value.shown, value.number, value.of]
