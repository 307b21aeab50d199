"""JSONL: one object a line. A line that is not one is reported, and the others are still checked."""

import json
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

from ingestion.readers.encoding import NAMES, encoding_of, lines_of
from ingestion.readers.table import HEADER_LENGTH, Fault, Limits, RawRow, Table, printable, too_many_rows

_REASONS = {
    "Expecting value": "缺少值",
    "Expecting ',' delimiter": "缺少逗号",
    "Expecting ':' delimiter": "缺少冒号",
    "Expecting property name enclosed in double quotes": "键须用英文双引号括起来",
    "Extra data": "一行只能有一个对象",
    "Unterminated string starting at": "引号没有配对",
    "Invalid control character at": "字符串里有换行或控制字符",
    "Invalid \\escape": "反斜杠用错",
    "Illegal trailing comma": "最后一项后面多了逗号",
}


class _NotANumber(ValueError):
    pass


def read_jsonl(file: BinaryIO, limits: Limits) -> Table:
    encoding = encoding_of(file)
    return Table("jsonl", _rows(file, encoding, limits), notes=[f"编码：{NAMES[encoding]}"])


def _rows(file: BinaryIO, encoding: str, limits: Limits) -> Iterator[RawRow]:
    count = 0
    for number, line in enumerate(lines_of(file, encoding), 1):
        if not line.strip():
            continue
        count += 1
        if count > limits.rows:
            raise too_many_rows(limits)
        yield _row(number, line, limits)


def _row(number: int, line: str, limits: Limits) -> RawRow:
    try:
        value = json.loads(line, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        detail = f"不是合法的 JSON：第 {error.colno} 个字符处{_reason(error)}"
        return RawRow(number, {}, (Fault("", "bad_json", detail),))
    except (ValueError, RecursionError):
        detail = "不是合法的 JSON：有过大的数字、NaN 或过深的嵌套"
        return RawRow(number, {}, (Fault("", "bad_json", detail),))
    if not isinstance(value, dict):
        return RawRow(number, {}, (Fault("", "bad_json", '每行应为一个 JSON 对象，如 {"type": "faq", …}'),))
    if len(value) > limits.columns:
        detail = f"有 {len(value)} 项，最多 {limits.columns} 项"
        return RawRow(number, {}, (Fault("", "too_many_columns", detail),))
    return RawRow(number, {printable(key)[:HEADER_LENGTH]: cell for key, cell in value.items()})


def _reason(error: json.JSONDecodeError) -> str:
    if error.msg.startswith("Expecting") and error.doc[error.pos : error.pos + 1] in {"}", "]"}:
        return "前面多了逗号"
    return next((told for known, told in _REASONS.items() if error.msg.startswith(known)), "格式有误")


def _refuse(_: str) -> NoReturn:
    raise _NotANumber
