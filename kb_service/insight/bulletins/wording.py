"""Sentences from figures, as an office writes them. Pure: the same figures give the same words."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from kb_service.insight.statistics.rules import Figure, Row, Table, Value

# A unit is ranked where it had so many of what is judged.
FEWEST_JUDGED = 5
NAMED = 3


def tenths(share: Fraction) -> str:
    """Of 100, with one decimal, rounded half up."""
    sign = "-" if share < 0 else ""
    number = (abs(share) * 2_000 + 1) // 2
    return f"{sign}{number // 10}.{number % 10}"


def thousands(number: int) -> str:
    return f"{number:,}"


def change(word: str, now: Value, then: Value) -> str:
    """`环比上升3.2%`, `同比提高0.5个百分点`; empty where there is nothing to compare with."""
    if now.of is None:
        return _count_change(word, now.number, then.number)
    if now.share is None or then.share is None:
        return ""
    points = now.share - then.share
    if tenths(points) in {"0.0", "-0.0"}:
        return f"{word}持平"
    return f"{word}{'提高' if points > 0 else '降低'}{tenths(abs(points))}个百分点"


def _count_change(word: str, now: int, then: int) -> str:
    if then == 0:
        return ""
    share = Fraction(now - then, then)
    if now == then:
        return f"{word}持平"
    return f"{word}{'上升' if share > 0 else '下降'}{tenths(abs(share))}%"


def changes(figure: Figure) -> str:
    """Both comparisons after a comma, or nothing."""
    found = [change("环比", figure.value, figure.before), change("同比", figure.value, figure.year_ago)]
    return "".join(f"，{each}" for each in found if each)


def figure(which: Figure) -> str:
    """`按时回复率98.1%（环比提高0.5个百分点）`."""
    if which.value.of is not None and not which.value.of:
        return f"{which.kind.label}没有可统计的数据"
    shown = which.value.shown if which.value.of is not None else thousands(which.value.number)
    compared = "，".join(
        each
        for each in (
            change("环比", which.value, which.before),
            change("同比", which.value, which.year_ago),
        )
        if each
    )
    return f"{which.kind.label}{shown}{f'（{compared}）' if compared else ''}"


def leading(table: Table, whole: int) -> str:
    """`咨询类120件、占40.0%，投诉类…`: what there is most of, by volume."""
    rows = [row for row in table.rows if row.key and row.values["volume"].number][:NAMED]
    if not rows or not whole:
        return ""
    told = [
        f"{row.label}{thousands(row.values['volume'].number)}件、占{tenths(Fraction(row.values['volume'].number, whole))}%"
        for row in rows
    ]
    return "，".join(told)


def ranked(rows: Iterable[Row], name: str) -> list[Row]:
    """Units with enough of what is judged, the best share first; of equals the one with more first."""
    judged = [row for row in rows if row.key and (row.values[name].of or 0) >= FEWEST_JUDGED]
    return sorted(judged, key=lambda row: (-_share(row, name), -(row.values[name].of or 0), row.key))


def _share(row: Row, name: str) -> Fraction:
    return row.values[name].share or Fraction(0)


def best_and_last(rows: Sequence[Row], name: str, label: str) -> list[str]:
    """Who leads and who trails; nothing where too few can be compared, or all are alike."""
    order = ranked(rows, name)
    if len(order) < 2 or _share(order[0], name) == _share(order[-1], name):
        return [f"{label}可比的承办单位不足或者没有差别，不作排名。"] if order else []
    number = min(NAMED, len(order) // 2)
    first, last = order[:number], order[: -number - 1 : -1]
    told = f"{label}居前的是{_listed(first, name)}；居后的是{_listed(last, name)}"
    return [f"{told}（仅比较应计 {FEWEST_JUDGED} 次以上的单位）。"]


def _listed(rows: Sequence[Row], name: str) -> str:
    return "、".join(f"{row.label}（{row.values[name].shown}）" for row in rows)


def numbered(items: Sequence[str]) -> str:
    """`一是…；二是…。`"""
    return "；".join(f"{'一二三四五六七八九十'[at]}是{each}" for at, each in enumerate(items[:10])) + "。"
