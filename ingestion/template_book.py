"""The template as a workbook: one sheet to fill in, one that explains the columns, and what may be chosen from."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from ingestion.columns import REQUIRED, Column, Kind
from kb_service.knowledge.content import AUDIENCES, TYPE_NAMES

SHEET: Final = "知识"
GUIDE: Final = "填写说明"
LISTS: Final = "选项"
VALIDATED_ROWS: Final = 1_000
WIDE: Final = 40
NARROW: Final = 16


def template_book(
    columns: Sequence[Column],
    filled: Mapping[str, str],
    hints: Sequence[str],
    choices: Mapping[Kind, Sequence[str]],
) -> bytes:
    """`filled` are the cells of the example row, by key; `hints` how each column is filled in; `choices` as in
    `template_xlsx`.
    """
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = SHEET
    sheet.append([column.header for column in columns])
    sheet.append([filled.get(column.key, "") for column in columns])
    sheet.freeze_panes = "A2"
    for index, column in enumerate(columns, 1):
        _dress(sheet, index, column)
    guide = book.create_sheet(GUIDE)
    guide.append(["列名", "是否必填", "怎样填写"])
    for column, hint in zip(columns, hints, strict=True):
        needed = "必填" if column.key in REQUIRED else ""
        guide.append([column.header, needed, hint])
    for kind_of, texts in choices.items():
        _offer(book, sheet, [column.kind for column in columns], kind_of, texts)
    for letter, width in zip("ABC", (NARROW, NARROW, 2 * WIDE), strict=True):
        guide.column_dimensions[letter].width = width
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _offer(book: Workbook, sheet: Any, kinds: Sequence[Kind], kind: Kind, texts: Sequence[str]) -> None:
    if not texts or kind not in kinds:
        return
    lists = book[LISTS] if LISTS in book.sheetnames else book.create_sheet(LISTS)
    lists.sheet_state = "hidden"
    at = sum(cell.value is not None for cell in lists[1]) + 1
    for number, text in enumerate(texts, 1):
        lists.cell(number, at, text).data_type = "s"
    letter, own = get_column_letter(at), get_column_letter(kinds.index(kind) + 1)
    formula = f"'{LISTS}'!${letter}$1:${letter}${len(texts)}"
    validation = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=True)
    validation.add(f"{own}2:{own}{VALIDATED_ROWS}")
    sheet.add_data_validation(validation)


def _dress(sheet: Any, index: int, column: Column) -> None:
    """Cells are text, so that no number or date is rewritten behind the writer's back."""
    letter = get_column_letter(index)
    head = sheet.cell(1, index)
    head.font = Font(bold=True, color="FFFFFF")
    head.fill = PatternFill("solid", fgColor="C0392B" if column.key in REQUIRED else "2F5D8A")
    wide = column.kind in {Kind.LIST, Kind.CATEGORY} or (column.kind == Kind.TEXT and bool(column.types))
    sheet.column_dimensions[letter].width = WIDE if wide else NARROW
    sheet.column_dimensions[letter].number_format = "@"
    sheet.cell(2, index).number_format = "@"
    sheet.cell(2, index).alignment = Alignment(wrap_text=True, vertical="top")
    choices = {Kind.TYPE: TYPE_NAMES, Kind.AUDIENCE: AUDIENCES}.get(column.kind)
    if choices:
        formula = f'"{",".join(choices.values())}"'
        validation = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=True)
        validation.add(f"{letter}2:{letter}{VALIDATED_ROWS}")
        sheet.add_data_validation(validation)
