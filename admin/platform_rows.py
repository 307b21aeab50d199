"""From the rows of a platform's file to what it says of each ticket. Pure."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from pydantic import ValidationError

from ingestion.readers.table import RawRow
from kb_service.core.errors import Invalid
from kb_service.core.web import invalid_from
from kb_service.tickets.platforms.schemas import PlatformTicketIn
from kb_service.tickets.platforms.service import Item

# The heading of a column, and the place it fills; dots lead inside.
COLUMNS: Final[Mapping[str, str]] = {
    "平台编号": "number",
    "诉求类型": "class",
    "行政区划": "region",
    "标题": "title",
    "内容": "text",
    "姓名": "requester.name",
    "电话": "requester.phone",
    "地址": "requester.address",
    "承办单位": "unit",
    "事项": "matter",
    "时限工作日": "special.within.working_days",
    "时限小时": "special.within.hours",
    "办结日期": "special.until",
    "时限依据": "special.basis",
    "突发": "sudden",
    "保密": "confidential",
    "隐去身份": "hidden",
}
NEEDED: Final = ("平台编号", "诉求类型", "行政区划", "标题", "内容")
_SWITCHES: Final = frozenset({"sudden", "confidential", "hidden"})
_NUMBERS: Final = frozenset({"special.within.working_days", "special.within.hours"})
_YES, _NO = frozenset({"是", "1", "true", "y"}), frozenset({"否", "0", "false", "n", ""})


def check_headers(headers: Iterable[str]) -> None:
    """Raises Invalid for a column nobody knows and for one that is missing."""
    found = list(headers)
    if missing := [name for name in NEEDED if name not in found]:
        raise Invalid(f"文件缺少这些列：{'、'.join(missing)}。", code="columns_missing")
    if unknown := [name for name in found if name not in COLUMNS]:
        known = "、".join(COLUMNS)
        raise Invalid(f"不认识列“{unknown[0]}”，可用：{known}。", code="unknown_column")


def items_of(rows: Iterable[RawRow]) -> list[Item]:
    return [_item(row) for row in rows if any(_text(cell) for cell in row.cells.values())]


def _item(row: RawRow) -> Item:
    values: dict[str, Any] = {}
    number = _text(row.cells.get("平台编号"))
    try:
        for heading, place in COLUMNS.items():
            if text := _text(row.cells.get(heading)):
                _put(values, place, _value(heading, place, text))
        return Item(row.number, PlatformTicketIn.model_validate_json(json.dumps(values)), number)
    except ValidationError as error:
        problem = "；".join(
            f"{_heading(each['pointer'])}：{each['detail']}"
            for each in invalid_from([dict(one) for one in error.errors()]).pointers
        )
    except Invalid as error:
        problem = error.detail
    return Item(row.number, None, number, problem)


def _text(cell: object) -> str:
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _value(heading: str, place: str, text: str) -> object:
    if place in _SWITCHES:
        if text.lower() in _YES:
            return True
        if text.lower() in _NO:
            return False
        raise Invalid(f"“{heading}”应为 是 或 否，现为“{text}”。", code="bad_cell")
    if place in _NUMBERS:
        if not text.isdigit():
            raise Invalid(f"“{heading}”应为整数，现为“{text}”。", code="bad_cell")
        return int(text)
    return text


def _put(values: dict[str, Any], place: str, value: object) -> None:
    *parents, last = place.split(".")
    for each in parents:
        values = values.setdefault(each, {})
    values[last] = value


def _heading(pointer: str) -> str:
    place = pointer.strip("/").replace("/", ".")
    return next((name for name, each in COLUMNS.items() if each == place or place.startswith(each)), place)
