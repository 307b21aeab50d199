"""Times in spoken words, and the days they name. Pure: `today` is an argument."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

NUMBER = "[0-9一二三四五六七八九十百两半几]"
_DAY = r"(?:大前天|大后天|前天|昨天|昨晚|昨|今天|今早|今晚|当天|明天|前几天|这几天|这两天|最近|刚才|刚刚)"
_WEEK = r"(?:(?:上上?|这|本|下)(?:个)?(?:周|星期|礼拜)(?:[一二三四五六日天末])?|(?:周|星期|礼拜)[一二三四五六日天])"
_MONTH = (
    rf"(?:(?:去年|前年|今年|上上?个?月|这个月|本月|{NUMBER}{{1,5}}年(?:前)?)?的?{NUMBER}{{1,3}}月份?(?:{NUMBER}{{1,3}}[日号])?"
    r"|上上?个月|这个月|去年|前年|今年)"
)
_AGO = rf"(?:{NUMBER}{{1,3}}(?:多)?(?:个)?(?:天|年|月|星期|礼拜|周|小时|钟头|分钟)(?:多)?(?:以?前|之前)?)"
_PART = r"(?:凌晨|清早|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|夜晚|半夜|深夜)"
_CLOCK = rf"(?:{NUMBER}{{1,3}}(?:点|时)(?:半|多|钟|{NUMBER}{{1,3}}分?|[0-9]{{2}})?)"
_TIMES = re.compile(
    rf"(?:每天|天天|每晚)(?:{_PART}(?:{_CLOCK}(?:到{_CLOCK})?)?|{_CLOCK})|每晚"
    rf"|[0-9]{{4}}年[0-9]{{1,2}}月(?:[0-9]{{1,2}}[日号])?(?:{_PART})?(?:{_CLOCK})?"
    rf"|(?:{_DAY}|{_WEEK}|{_MONTH})(?:{_PART})?(?:{_CLOCK})?(?:左右)?"
    rf"|{_PART}(?:{_CLOCK})?|{_AGO}"
)
_WEEKDAYS = {char: place for place, char in enumerate("一二三四五六日")} | {"天": 6}
_DIGITS = {char: place for place, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}


@dataclass(frozen=True)
class Mention:
    """`start` and `end` count characters of the text in its normal form; `day` where one is named."""

    text: str
    start: int
    end: int
    day: date | None = None


def times_in(text: str, today: date) -> list[Mention]:
    return [
        Mention(match.group(), match.start(), match.end(), day_of(match.group(), today))
        for match in _TIMES.finditer(text)
        if not _amount(match)
    ]


def _amount(match: re.Match[str]) -> bool:
    """“一个小时十块” tells a price, “三个月前” a time."""
    said = match.group()
    return said.endswith(("小时", "钟头", "分钟")) and not said.endswith("前")


def day_of(phrase: str, today: date) -> date | None:
    """The day a phrase names; None where it names none."""
    for word, back in (("大前天", 3), ("前天", 2), ("昨", 1), ("今", 0), ("刚", 0)):
        if phrase.startswith(word) and not phrase.startswith(("今年", "前几")):
            return today - timedelta(days=back)
    if match := re.match(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]", phrase):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := re.match(rf"(去年|今年)?的?({NUMBER}{{1,3}})月份?({NUMBER}{{1,3}})[日号]", phrase):
        month, day = number(match[2]), number(match[3])
        return _last_such(today, month, day, past=match[1] == "去年")
    if match := re.match(r"(上上|上|这|本)?个?(?:周|星期|礼拜)([一二三四五六日天])", phrase):
        weeks = {"上上": 2, "上": 1}.get(match[1] or "", 0)
        monday = today - timedelta(days=today.weekday())
        day_found = monday - timedelta(weeks=weeks) + timedelta(days=_WEEKDAYS[match[2]])
        # A bare weekday that is still to come was last week's: one calls about what has happened.
        return day_found if weeks or day_found <= today or match[1] else day_found - timedelta(weeks=1)
    if match := re.match(rf"({NUMBER}{{1,3}})天(?:以|之)?前", phrase):
        return today - timedelta(days=number(match[1]))
    return None


def number(text: str) -> int:
    """Of digits or Chinese numerals below a hundred; 0 where it is none."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.partition("十")
    if ten:
        return (_DIGITS.get(tens, 0) or 1) * 10 + _DIGITS.get(ones, 0)
    return _DIGITS.get(text, 0)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _last_such(today: date, month: int, day: int, *, past: bool) -> date | None:
    this = _date(today.year, month, day)
    if this is not None and (past or this > today + timedelta(days=31)):
        return _date(today.year - 1, month, day)
    return this
