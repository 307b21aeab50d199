"""Looks through a workbook's zip before any of it is built up in memory."""

import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final
from xml.parsers import expat

from ingestion.readers.table import Limits, too_many_columns, too_many_rows
from kb_service.core.errors import Invalid, TooLarge

# A workbook of ordinary text shrinks to a tenth; what shrinks more was made to.
LARGEST_EXPANSION: Final = 512 * 2**20
LARGEST_RATIO: Final = 100
SMALL_PART: Final = 4 * 2**20
MOST_PARTS: Final = 2_000
MOST_STRINGS: Final = 3_000_000
MOST_MERGES: Final = 20_000
LAST_ROW: Final = 1_048_576
_WORTH_A_LOOK = 2**20
_PIECE = 2**16
_ROWS_PARTS = ("xl/worksheets/", "xl/sharedStrings")
_UNREAD = ("xl/media/", "xl/drawings/", "xl/embeddings/", "xl/printerSettings/", "docProps/thumbnail")
# What Python's zip reader raises for a broken file, or one packed in a way that it does not know.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")


@dataclass(frozen=True)
class Merge:
    """A range of cells made into one; rows and columns as the sheet counts them, from 1."""

    reference: str
    first_row: int
    last_row: int
    first_column: int
    last_column: int


def look_through(file: BinaryIO) -> None:
    """Raises Invalid for what is no plain workbook, or would expand beyond all measure."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as package:
            parts = package.infolist()
    except _UNREADABLE as error:
        raise damaged() from error
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise Invalid("文件设有密码，无法读取。请取消密码后再导入。", code="password_protected")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise Invalid("文件是压缩包，但不是 Excel 工作簿。请解压后导入其中的文件。", code="content_mismatch")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Invalid(
            "工作簿里有宏，不能导入。请另存为不含宏的“Excel 工作簿（.xlsx）”后再导入。", code="macro_file"
        )
    _refuse_expansion(parts)


def _refuse_expansion(parts: list[zipfile.ZipInfo]) -> None:
    """The sizes that a zip states are also the most that is ever read from it."""
    total = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    swollen = total > _WORTH_A_LOOK and total > LARGEST_RATIO * max(packed, 1)
    allowed = (*_ROWS_PARTS, *_UNREAD)
    oversized = any(part.file_size > SMALL_PART and not part.filename.startswith(allowed) for part in parts)
    if total > LARGEST_EXPANSION or swollen or oversized or len(parts) > MOST_PARTS:
        raise TooLarge(
            f"工作簿解压后有 {total / 2**20:.0f} MB、{len(parts)} 个部分，与文件大小不成比例，不予读取。"
            "请把要导入的内容复制到新建的工作簿后再导入。",
            code="expands_too_much",
        )


def outline(file: BinaryIO, part: str, limits: Limits) -> list[Merge]:
    """The merged ranges of a sheet, by a quick walk over it; raises Invalid where it is too wide or out of order."""
    walk = _SheetWalk(limits)
    _walk(file, part, walk.opened)
    return walk.merges


class _SheetWalk:
    def __init__(self, limits: Limits) -> None:
        self.merges: list[Merge] = []
        self._limits = limits
        self._row = 0
        self._column = 0

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        match tag.rpartition("}")[2]:
            case "c":
                self._cell(attributes.get("r"))
            case "row":
                self._next_row(attributes.get("r"))
            case "mergeCell":
                self._merge(attributes.get("ref", ""))

    def _cell(self, reference: str | None) -> None:
        column = _column_number(reference.rstrip("0123456789")) if reference else self._column + 1
        if column <= self._column:
            raise damaged()
        self._column = column
        if column > self._limits.columns:
            raise too_many_columns(column, self._limits, f"第 {self._row} 行")

    def _next_row(self, number: str | None) -> None:
        row = self._row + 1 if number is None else int(number) if number.isdecimal() else 0
        if not self._row < row <= LAST_ROW:
            raise damaged()
        self._row, self._column = row, 0

    def _merge(self, reference: str) -> None:
        matched = _RANGE.fullmatch(reference)
        if matched is None:
            raise damaged()
        if len(self.merges) >= MOST_MERGES:
            raise Invalid(
                f"工作表里的合并单元格超过 {MOST_MERGES} 处，请取消合并并逐行填写。", code="too_many_merges"
            )
        columns = _column_number(matched[1]), _column_number(matched[3])
        self.merges.append(Merge(reference, int(matched[2]), int(matched[4]), *columns))


def _column_number(letters: str) -> int:
    """Counted from 1; 0 for what is no name of a column."""
    number = 0
    for char in letters[:4]:
        if not "A" <= char <= "Z":
            return 0
        number = number * 26 + ord(char) - ord("A") + 1
    return number


def count_strings(file: BinaryIO, part: str, limits: Limits) -> None:
    """Refuses a table of strings with more pieces than so many rows could use."""
    most = min(limits.rows * limits.columns, MOST_STRINGS)
    pieces = 0

    def opened(_: str, __: dict[str, str]) -> None:
        nonlocal pieces
        pieces += 1
        if pieces > most:
            raise too_many_rows(limits)

    _walk(file, part, opened)


def _walk(file: BinaryIO, part: str, opened: Callable[[str, dict[str, str]], None]) -> None:
    """Feeds a part to a parser that builds nothing and takes no document types, so no entities either."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = opened
    parser.StartDoctypeDeclHandler = _refuse_doctype
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as package, package.open(part) as source:
            while piece := source.read(_PIECE):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
    except (*_UNREADABLE, expat.ExpatError, KeyError) as error:
        raise damaged() from error


def _refuse_doctype(*_: object) -> None:
    raise Invalid("工作簿里有不该有的文档类型声明（DOCTYPE），不予读取。", code="damaged_file")


def damaged() -> Invalid:
    return Invalid(
        "工作簿已损坏或格式不合规范，无法读取。请用 Excel 或 WPS 打开后另存为 .xlsx，再重新导入。",
        code="damaged_file",
    )
