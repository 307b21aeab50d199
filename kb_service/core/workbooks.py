"""Lists as XLSX files for people.

The library is loaded with the first of them: most processes never write one.
"""

import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

# A code, a name, figures.
LIST_WIDTHS: Final[Mapping[str, int]] = {"A": 14, "B": 30, "C": 12, "D": 12, "E": 40}
# What XML cannot carry, half a surrogate pair included.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def printable(text: str) -> str:
    """The text without what no document in XML can hold."""
    return _UNPRINTABLE.sub("", text)


class Book:
    """Written a row at a time, and once."""

    def __init__(self) -> None:
        from openpyxl import Workbook

        self._book = Workbook(write_only=True)

    def sheet(
        self, title: str, *, widths: Mapping[str, int] | None = None, heads: Iterable[str] = ()
    ) -> "Sheet":
        """`widths` by the letter of the column; `heads` stay in sight where the sheet is scrolled."""
        made = self._book.create_sheet(title)
        for letter, width in (widths or {}).items():
            made.column_dimensions[letter].width = width
        sheet = Sheet(made)
        if names := list(heads):
            made.freeze_panes = "A2"
            sheet.row(names, bold=True)
        return sheet

    def save(self, path: Path) -> None:
        self._book.save(path)

    def content(self) -> bytes:
        out = io.BytesIO()
        self._book.save(out)
        return out.getvalue()


class Sheet:
    """Text stays text: what begins with = must not become a formula, nor a long number lose its end."""

    def __init__(self, sheet: Any) -> None:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Font

        self._sheet = sheet
        self._make = WriteOnlyCell
        self._bold = Font(bold=True)

    def rows(self, lines: Iterable[Iterable[Any]]) -> None:
        for line in lines:
            self.row(line)

    def row(self, values: Iterable[Any], *, bold: bool = False) -> None:
        self._sheet.append([self._cell(value, bold) for value in values])

    def _cell(self, value: Any, bold: bool) -> Any:
        cell = self._make(self._sheet, value=printable(value) if isinstance(value, str) else value)
        if isinstance(value, str):
            cell.data_type, cell.number_format = "s", "@"
        if bold:
            cell.font = self._bold
        return cell
