"""What a cell says: text, lists, dates and instants, in the forms people write them. Pure.

Each reader of a cell raises `BadCell` with a stable code and Chinese words.
"""

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from ingestion.rules import pieces
from kb_service.core.clock import CITY
from kb_service.knowledge.content import AUDIENCES, TYPE_NAMES
from kb_service.knowledge.supersession.rules import articles_in

LIST_SEPARATORS = "\n|｜"
REPLACED_SEPARATORS = ";；\n|｜"
KEYWORD_SEPARATORS = ",，、;；\n|"
ROLE_SEPARATORS = ";；,，、\n|"
SPREADSHEET_EPOCH = date(1899, 12, 30)
# A day count in this range is a date from 1954 to 2119; outside it, it is some other number.
SERIALS = range(20_000, 80_001)

_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_PLAIN_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME = re.compile(
    r"[T\s]*(\d{1,2})\s*[:：时点]\s*(\d{1,2})?\s*分?(?:[:：]?(\d{1,2})(?:\.\d+)?秒?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_REPLACED = re.compile(r"([A-Za-z0-9_-]{1,32})(?:[\s:：，,]+(.*))?", re.DOTALL)
_BETWEEN = re.compile(r"[、，,和及与\s]+")
_UNKEEPABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class BadCell(ValueError):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value == []


def text_of(value: object) -> str:
    """Numbers, dates and yes or no in the words a person would have typed."""
    text = ""
    match value:
        case None:
            pass
        case str():
            text = _kept(value.replace("\r\n", "\n").replace("\r", "\n").strip())
        case bool():
            text = "是" if value else "否"
        case int():
            text = _whole(value)
        case float():
            text = _number(value)
        case datetime():
            text = value.strftime("%Y-%m-%d %H:%M")
        case date():
            text = value.isoformat()
        case _:
            raise BadCell("not_text", "应为文字，不能是列表或嵌套的对象")
    return text


def path_of(value: object) -> str:
    """The way to a category, its names joined by `/`."""
    return re.sub("[／>＞]", "/", text_of(value)).strip("/ ")


def _whole(value: int) -> str:
    if abs(value) >= 10**18:
        raise BadCell("not_text", "数字过大；编号、号码请作为文字填写")
    return str(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise BadCell("not_text", "不是有效的数字")
    return _whole(int(value)) if value.is_integer() else repr(value)


def _kept(text: str) -> str:
    if found := _UNKEEPABLE.search(text):
        raise BadCell(
            "bad_characters",
            f"第 {found.start() + 1} 个字符（编码 {ord(found[0]):#06x}）是无法保存的控制字符，请删去",
        )
    return text


def list_of(value: object, separators: str) -> list[str]:
    """From a JSON list its items, from text the parts between separators."""
    if not isinstance(value, list):
        return list(pieces(text_of(value), separators))
    items = []
    for at, item in enumerate(value, 1):
        if isinstance(item, list | dict):
            raise BadCell("not_text", f"第 {at} 项应为文字，不能再嵌套")
        if text := text_of(item):
            items.append(text)
    return items


def type_of(value: object) -> str:
    """The code of a type of knowledge given by code or Chinese name."""
    return _choice(text_of(value), TYPE_NAMES, "unknown_type", "知识类型")


def audience_of(value: object) -> str:
    return _choice(text_of(value), AUDIENCES, "unknown_audience", "使用范围")


def _choice(text: str, names: Mapping[str, str], code: str, what: str) -> str:
    for key, name in names.items():
        if text.lower() == key or text == name:
            return key
    known = "、".join(names.values())
    raise BadCell(code, f"没有“{text[:30]}”这种{what}，只能是{known}")


def date_of(value: object) -> date:
    """2026-01-31, 2026/1/31, 2026.1.31, 2026年1月31日, 20260131, or a spreadsheet's count of days."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = text_of(value)
    serial = _serial(text)
    if serial is not None:
        return SPREADSHEET_EPOCH + timedelta(days=int(serial))
    matched = _DATE.match(text) or _PLAIN_DATE.fullmatch(text)
    if matched is None or not _midnight(text[matched.end() :]):
        raise BadCell("bad_date", f"“{text[:30]}”不是日期，应如 2026-01-31")
    return _date(matched, text)


def instant_of(value: object) -> datetime:
    """A date with or without a time of day, which is the city's unless the text names its zone."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=CITY)
    if isinstance(value, date):
        return datetime.combine(value, time.min, CITY)
    text = text_of(value)
    serial = _serial(text)
    if serial is not None:
        start = datetime.combine(SPREADSHEET_EPOCH, time.min, CITY)
        return start + timedelta(minutes=round(serial * 24 * 60))
    matched = _DATE.match(text)
    rest = text[matched.end() :].strip() if matched else ""
    clock = _TIME.fullmatch(rest) if rest else None
    if matched is None or (rest and clock is None):
        raise BadCell("bad_time", f"“{text[:40]}”不是时间，应如 2026-01-31 09:00")
    return _instant(_date(matched, text), clock, text)


def _serial(text: str) -> float | None:
    if not re.fullmatch(r"\d{5}(\.\d{1,12})?", text):
        return None
    number = float(text)
    return number if int(number) in SERIALS else None


def _date(matched: re.Match[str], text: str) -> date:
    year, month, day = (int(part) for part in matched.groups())
    try:
        return date(year, month, day)
    except ValueError:
        reason = _why_not(year, month, day)
        raise BadCell("no_such_date", f"日期“{text[:30]}”不存在：{reason}") from None


def _why_not(year: int, month: int, day: int) -> str:
    if not 1 <= year <= 9999:
        return "年份应在 0001 到 9999 之间"
    if not 1 <= month <= 12:
        return f"没有 {month} 月"
    first_of_next = date(year + month // 12, month % 12 + 1, 1) if (year, month) < (9999, 12) else date.max
    last = (first_of_next - timedelta(days=1)).day if first_of_next != date.max else 31
    return f"{year} 年 {month} 月只有 {last} 天" if day else "没有 0 日"


def _midnight(rest: str) -> bool:
    """A time of day behind a date is no part of it; midnight is how spreadsheets write a date."""
    return not rest.strip(" T0:.")


def _instant(day: date, clock: re.Match[str] | None, text: str) -> datetime:
    if clock is None:
        return datetime.combine(day, time.min, CITY)
    hour, minute, second, zone = clock.groups()
    try:
        moment = datetime.combine(day, time(int(hour), int(minute or 0), int(second or 0)), CITY)
        return moment.replace(tzinfo=_zone(zone).tzinfo) if zone else moment
    except ValueError:
        raise BadCell("bad_time", f"时间“{text[:40]}”不存在，应如 2026-01-31 09:00") from None


def _zone(text: str) -> datetime:
    """An instant of any day in that zone, which the standard library reads from text."""
    return datetime.fromisoformat(f"2000-01-01T00:00:00{text}")


def replacements_of(value: object) -> list[dict[str, object]]:
    """Points that are replaced, each by its code, followed by articles where only those are: K000012 第三条、第五条."""
    found: list[dict[str, object]] = []
    for text in list_of(value, REPLACED_SEPARATORS):
        match = _REPLACED.fullmatch(text.strip())
        articles = [each for each in _BETWEEN.split(match.group(2) or "") if each] if match else []
        if match is None or any(articles_in(each) != (each,) for each in articles):
            raise BadCell(
                "bad_replaces",
                f"“{text[:40]}”应写成知识编码，只替代部分条文时后面写条文，如“K000012 第三条、第五条”",
            )
        found.append({"code": match.group(1), "articles": articles})
    return found
