"""Stretches of whole days of the city that figures are counted over. Pure."""

import re
from datetime import date, timedelta

from kb_service.core.errors import Invalid
from kb_service.knowledge.duties.rules import Period, this_quarter

__all__ = ["Period", "before", "kind_of", "label", "month", "parse", "quarter", "year", "year_ago"]

LONGEST_DAYS = 366
_ONE_DAY = timedelta(days=1)
_NAMED = re.compile(r"(\d{4})(?:-(\d{2})|-?[Qq]([1-4]))?")


def month(year: int, number: int) -> Period:
    first = date(year, number, 1)
    return Period(first, _next_month(first) - _ONE_DAY)


def quarter(year: int, number: int) -> Period:
    return this_quarter(date(year, 3 * number - 2, 1))


def year(number: int) -> Period:
    return Period(date(number, 1, 1), date(number, 12, 31))


def parse(text: str) -> Period:
    """`2026-03`, `2026Q1`, `2026`, or `2026-03-05/2026-03-20`; Invalid otherwise."""
    found = _NAMED.fullmatch(text.strip())
    try:
        if found is None:
            first, _, last = text.strip().partition("/")
            return from_to(date.fromisoformat(first), date.fromisoformat(last))
        number, of_year, of_quarter = int(found[1]), found[2], found[3]
        if of_year:
            return month(number, int(of_year))
        return quarter(number, int(of_quarter)) if of_quarter else year(number)
    except ValueError as error:
        raise _bad() from error


def from_to(first: date, last: date) -> Period:
    if last < first or (last - first).days >= LONGEST_DAYS:
        raise _bad()
    return Period(first, last)


def _bad() -> Invalid:
    return Invalid(
        "统计期写作 2026-03（月）、2026Q1（季）、2026（年），"
        f"或者 2026-03-05/2026-03-20（起止日，最长 {LONGEST_DAYS} 天）。",
        code="bad_period",
    )


def kind_of(period: Period) -> str:
    """`month`, `quarter` or `year` where it is a whole one, else `days`."""
    first = period.first
    whole = {
        "month": month(first.year, first.month),
        "quarter": this_quarter(first),
        "year": year(first.year),
    }
    return next((kind for kind, each in whole.items() if each == period), "days")


def label(period: Period) -> str:
    first, kind = period.first, kind_of(period)
    if kind == "month":
        return f"{first.year}年{first.month}月"
    if kind == "quarter":
        return f"{first.year}年第{'一二三四'[first.month // 3]}季度"
    return f"{first.year}年" if kind == "year" else f"{period.first} 至 {period.last}"


def before(period: Period) -> Period:
    """The one before it: of the same kind, else of as many days."""
    last, kind = period.first - _ONE_DAY, kind_of(period)
    if kind == "month":
        return month(last.year, last.month)
    if kind == "quarter":
        return this_quarter(last)
    return year(last.year) if kind == "year" else Period(last - (period.last - period.first), last)


def year_ago(period: Period) -> Period:
    """The same days a year earlier; a month that ends in February is a whole month there too."""
    if kind_of(period) == "month":
        return month(period.first.year - 1, period.first.month)
    return Period(_a_year_back(period.first), _a_year_back(period.last))


def _a_year_back(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)
