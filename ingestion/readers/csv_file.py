"""CSV: encoding and delimiter found out, quotes taken at their word."""

import csv
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from ingestion.readers.encoding import NAMES, encoding_of, lines_of
from ingestion.readers.table import Fault, Limits, RawRow, Table, header_names, letter, too_many_rows
from kb_service.core.errors import Invalid

DELIMITERS = (",", "\t", ";")
LONGEST_CELL = 1_200_000
_GUARDED = ("'=", "'+", "'-", "'@")

csv.field_size_limit(LONGEST_CELL)


def read_csv(file: BinaryIO, limits: Limits) -> Table:
    encoding = encoding_of(file)
    delimiter = _delimiter(file, encoding)
    records = _records(file, encoding, delimiter)
    header = next(((number, cells) for number, cells in records if any(map(str.strip, cells))), None)
    if header is None:
        raise Invalid("文件里只有空行，没有任何内容。", code="empty_file")
    number, cells = header
    names = header_names(cells, limits, f"第 {number} 行（表头）")
    return Table("csv", _rows(records, names, limits), names, notes=[f"编码：{NAMES[encoding]}"])


def _delimiter(file: BinaryIO, encoding: str) -> str:
    """The one that cuts the first line into most cells."""
    first = next((line for line in lines_of(file, encoding) if line.strip()), "")
    return max(DELIMITERS, key=lambda each: _width(first, each))


def _width(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return 0


def _records(file: BinaryIO, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines_of(file, encoding), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        begun = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _bad(number, begun, error) from error
        if cells is None:
            return
        yield number, cells


def _bad(number: int, line: int, error: csv.Error) -> Invalid:
    reason = "引号不配对，或引号后面还有文字"
    if "field larger" in str(error):
        reason = f"有单元格超过 {LONGEST_CELL} 个字符，可能是缺了一个右引号"
    return Invalid(
        f"第 {number} 行（文件的第 {line} 行文字起）不合 CSV 格式：{reason}。请改正后重新导入，没有导入任何内容。",
        code="bad_csv",
        extra={"row": number, "line": line},
    )


def _rows(records: Iterator[tuple[int, list[str]]], names: Sequence[str], limits: Limits) -> Iterator[RawRow]:
    count = 0
    for number, cells in records:
        if not any(map(str.strip, cells)):
            continue
        count += 1
        if count > limits.rows:
            raise too_many_rows(limits)
        extra = [letter(at) for at, cell in enumerate(cells) if at >= len(names) and cell.strip()]
        faults = (_beyond(extra),) if extra else ()
        values: dict[str, object] = {
            name: cell[1:] if cell.startswith(_GUARDED) else cell
            for name, cell in zip(names, cells, strict=False)
        }
        yield RawRow(number, values, faults)


def _beyond(letters: list[str]) -> Fault:
    detail = f"{'、'.join(letters[:3])} 列有内容，表头却没有这些列；可能是文字中的逗号没有用引号括起来"
    return Fault("", "extra_cells", detail)
