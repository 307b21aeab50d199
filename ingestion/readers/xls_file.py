"""Old workbooks (.xls, WPS .et) by calamine, in a process of its own."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from ingestion.readers.table import (
    Fault,
    Limits,
    RawRow,
    Table,
    header_names,
    letter,
    too_many_columns,
    too_many_rows,
)
from ingestion.readers.walled import ask
from kb_service.core.errors import Invalid


def read_xls(file: BinaryIO, limits: Limits, wanted: str = "") -> Table:
    """The sheet of that name or the first visible one; a formula gives the value that the file keeps for it."""
    told = ask(file, "xls", wanted, "工作簿")
    nothing: dict[str, Any] = {"sheets": [], "chosen": None, "merged": [], "columns": 0}
    sheets = next(told, nothing)
    chosen = sheets["chosen"]
    if chosen is None:
        raise _no_sheet(sheets["sheets"], wanted)
    outline = next(told, nothing)
    if outline["columns"] > limits.columns:
        raise too_many_columns(outline["columns"], limits, f"工作表“{chosen}”")
    rows = ((number, cells) for number, cells in told if any(_filled(cell) for cell in cells))
    number, header = next(rows, (0, []))
    if not header:
        raise Invalid(f"工作表“{chosen}”是空的，没有任何内容。", code="empty_file")
    merged = [(first + 1, last + 1) for first, _, last, _ in outline["merged"]]
    if any(first <= number for first, _ in merged):
        raise Invalid(
            f"表头（第 {number} 行）有合并单元格。请取消合并，使每列有自己的列名；如果它是大标题，请删去这一行。",
            code="merged_header",
        )
    names = header_names(header, limits, f"第 {number} 行（表头）")
    others = [name for name, visible in sheets["sheets"] if visible and name != chosen]
    notes = [f"工作表：{chosen}"] + ([f"未读取的工作表：{'、'.join(others[:10])}"] if others else [])
    return Table("xls", _content(rows, names, merged, limits), names, chosen, notes)


def _no_sheet(sheets: Sequence[Sequence[Any]], wanted: str) -> Invalid:
    if wanted:
        known = "、".join(str(name) for name, _ in sheets)
        return Invalid(f"没有名为“{wanted}”的工作表，文件中有：{known}。", code="unknown_sheet")
    return Invalid("工作簿里没有可见的工作表，请取消隐藏后再导入。", code="no_visible_sheet")


def _filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""


def _content(
    rows: Iterator[tuple[int, list[Any]]],
    names: Sequence[str],
    merged: Sequence[tuple[int, int]],
    limits: Limits,
) -> Iterator[RawRow]:
    for count, (number, cells) in enumerate(rows, 1):
        if count > limits.rows:
            raise too_many_rows(limits)
        faults = []
        beyond = [letter(at) for at, cell in enumerate(cells) if at >= len(names) and _filled(cell)]
        if beyond:
            detail = f"{'、'.join(beyond[:3])} 列有内容，表头却没有这些列"
            faults.append(Fault("", "extra_cells", detail))
        if any(first <= number <= last for first, last in merged):
            faults.append(Fault("", "merged_cells", "这一行有合并单元格。请取消合并，并在每一行都填写内容"))
        yield RawRow(number, dict(zip(names, cells, strict=False)), tuple(faults))
