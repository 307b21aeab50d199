"""Reading the yearly notice on holidays: a table of days, or the notice's own sentences. Pure.

A table has one day or span a line, `2027-02-05至2027-02-11,放假` or `2027-02-06,上班`. Sentences are
read as the State Council writes them: 1月1日（周五）至3日（周日）放假，1月4日（周一）上班。
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

_ONE = r"(?:(?:\d{4})[年/.-])?\d{1,2}[月/.-]\d{1,2}日?(?:（周[一二三四五六日天]）)?"
_LATER = r"(?:(?:(?:\d{4})[年/.-])?\d{1,2}[月/.-])?\d{1,2}日?(?:（周[一二三四五六日天]）)?"
_SPAN = re.compile(rf"({_ONE})(?:\s*(?:至|到|—|~|～)\s*({_LATER}))?")
_PARTS = re.compile(r"(?:(?:(\d{4})[年/.-])?(\d{1,2})[月/.-])?(\d{1,2})日?(?:（周([一二三四五六日天])[）)])?")
_BRACKETS = re.compile(r"[（(](?:[^）)]*(?:周|星期)([一二三四五六日天])|[^）)]*)[）)]")
_RESTS = re.compile("放假|休息|补休|调休|休$")
_WORKS = re.compile("上班|补班|工作日|班$")
_WEEKDAYS = "一二三四五六日"
_LONGEST = timedelta(days=15)


@dataclass
class Notice:
    """`days` are those named, with whether they are worked; `problems` say line and cause in Chinese."""

    year: int
    days: dict[date, bool] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems


def parse_notice(text: str, year: int) -> Notice:
    """Every day that the text names; what cannot be read, or contradicts itself, becomes a problem."""
    notice = Notice(year)
    for number, line in enumerate(text.splitlines(), start=1):
        for clause in _clauses(line):
            try:
                _read(clause, notice)
            except ValueError as error:
                notice.problems.append(f"第{number}行“{clause}”：{error}")
    if not notice.days and not notice.problems:
        notice.problems.append("没有读到任何日期，请写成“2027-01-01,放假”或者照通知原文录入")
    return notice


def _clauses(line: str) -> Iterator[str]:
    """Pieces that each say what some days are: cut after 放假 and 上班, so that dates stay with them."""
    text = _BRACKETS.sub(lambda found: f"（周{found[1]}）" if found[1] else "", line)
    text = re.sub(r"^\s*[一二三四五六七八九十]+、", "", text)
    text = re.sub(r"^[^\d，,：:]*[：:]", "", text.strip())
    for part in re.split(r"[。；;]|(?<=上班)|(?<=放假)|(?<=补班)", text):
        cleaned = part.strip(" ，,、\t")
        if _SPAN.search(cleaned):
            yield cleaned


def _read(clause: str, notice: Notice) -> None:
    rests, works = _RESTS.search(clause), _WORKS.search(clause)
    if bool(rests) == bool(works):
        raise ValueError("看不出是放假还是上班，请写“放假”或“上班”")
    for found in _SPAN.finditer(clause):
        for day in _span(found[1], found[2], notice.year):
            _note(notice, day, works is not None)


def _span(first: str, last: str | None, year: int) -> Iterator[date]:
    start = _day(first, year, None)
    end = start if last is None else _day(last, year, start.month)
    if not timedelta(0) <= end - start <= _LONGEST:
        raise ValueError(f"{start}至{end}不像是一个假期")
    day = start
    while day <= end:
        yield day
        day += timedelta(days=1)


def _day(text: str, year: int, month: int | None) -> date:
    found = _PARTS.fullmatch(text.strip())
    if found is None or (found[2] is None and month is None):
        raise ValueError(f"“{text}”不是日期")
    stated = int(found[1] or year)
    try:
        day = date(stated, int(found[2] or month or 0), int(found[3]))
    except ValueError:
        raise ValueError(f"没有“{text}”这一天") from None
    if found[4] and _WEEKDAYS[day.weekday()] != found[4].replace("天", "日"):
        raise ValueError(f"{day}是周{_WEEKDAYS[day.weekday()]}，不是周{found[4]}")
    return day


def _note(notice: Notice, day: date, working: bool) -> None:
    if day.year != notice.year:
        raise ValueError(f"{day}不在{notice.year}年，请在那一年的通知里录入")
    if notice.days.setdefault(day, working) != working:
        raise ValueError(f"{day}又放假又上班，前后矛盾")
    if working and day.isoweekday() <= 5:
        raise ValueError(f"{day}本来就是周一至周五，不需要补班")
