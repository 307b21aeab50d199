"""The sections of a bulletin from figures and matters of its period. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kb_service.insight.bulletins import rules, wording
from kb_service.insight.bulletins.content import Cell, Chart, Section, Series, Table
from kb_service.insight.statistics import periods
from kb_service.insight.statistics.rules import Figures, Row

_TOP: Final = 10
_HANDLING: Final = ("sign_in_time", "reply_in_time", "completion_in_time", "returns", "extensions", "redos")
_UNIT_COLUMNS: Final = ("volume", "sign_in_time", "reply_in_time", "completion_rate", "satisfaction")


@dataclass(frozen=True)
class Hot:
    """A matter in the period, and in the one before it."""

    name: str
    tickets: int
    before: int
    units: list[str]
    places: list[str]


@dataclass(frozen=True)
class Month:
    label: str
    tickets: int


@dataclass(frozen=True)
class Told:
    """All that the sections are made of. `coming`: matters foreseen; `gaps`: questions the base lacks."""

    figures: Figures
    hot: Sequence[Hot]
    coming: Sequence[str]
    months: Sequence[Month]
    gaps: int

    @property
    def period(self) -> str:
        return periods.label(self.figures.period)

    @property
    def units(self) -> list[Row]:
        return [row for row in self.figures.tables["unit"].rows if row.key]


def build(wanted: Sequence[str], told: Told) -> list[Section]:
    found = []
    for key in wanted:
        made, tables, charts = _MAKERS[key](told)
        found.append(
            Section(
                key=key,
                title=rules.SECTIONS[key],
                made=made,
                said=list(made),
                by_hand=key in rules.BY_HAND,
                tables=tables,
                charts=charts,
            )
        )
    return found


Made = tuple[list[str], list[Table], list[Chart]]


def _volume(told: Told) -> Made:
    found, tables = told.figures.figures, told.figures.tables
    volume = found["volume"]
    whole = volume.value.number
    instant = wording.figure(found["instant_rate"])
    received = f"全市12345热线共受理诉求{wording.thousands(whole)}件{wording.changes(volume)}"
    made = [
        f"{told.period}，{received}。其中，{instant}。",
    ]
    for dimension, words in (
        ("class", "从诉求类型看"), ("field", "从涉及领域看"), ("region", "从诉求地区看"), ("channel", "从受理渠道看"),
    ):  # fmt: skip
        said = wording.leading(tables[dimension], whole)
        if said:
            made.append(f"{words}，{said}。")
    shown = [_counted(told, "class", "诉求类型情况"), _counted(told, "field", "涉及领域情况")]
    charts = []
    if len(told.months) > 1:
        charts.append(
            Chart(
                kind="line",
                title="近13个月受理量（件）",
                categories=[each.label for each in told.months],
                series=[Series(name="受理量", values=[each.tickets for each in told.months])],
            )
        )
    charts += _bars(shown[0], "诉求类型（件）")
    return made, [each for each in shown if each.rows], charts


def _counted(told: Told, dimension: str, title: str) -> Table:
    table = told.figures.tables[dimension]
    rows: list[list[Cell]] = [
        [
            row.label,
            row.values["volume"].number,
            row.values["instant_rate"].shown,
            row.values["completion_rate"].shown,
        ]
        for row in table.rows[:_TOP]
    ]
    return Table(title=title, head=[table.label, "受理量", "即时答复率", "办结率"], rows=rows)


def _bars(table: Table, title: str) -> list[Chart]:
    rows = [row for row in table.rows if isinstance(row[1], int)]
    if len(rows) < 2:
        return []
    values = [row[1] for row in rows if isinstance(row[1], int)]
    series = [Series(name=table.head[1], values=values)]
    return [Chart(kind="bar", title=title, categories=[str(row[0]) for row in rows], series=series)]


def _completion(told: Told) -> Made:
    found = told.figures.figures
    made = [f"{told.period}受理的诉求中，{wording.figure(found['completion_rate'])}。"]
    made += wording.best_and_last(told.units, "completion_rate", "办结率")
    rows: list[list[Cell]] = [
        [row.label, row.values["volume"].number, row.values["completion_rate"].shown]
        for row in told.units[:_TOP]
    ]
    return (
        made,
        [Table(title="办结情况", head=["承办单位", "受理量", "办结率"], rows=rows)] if rows else [],
        [],
    )


def _handling(told: Told) -> Made:
    found = told.figures.figures
    made = [f"{told.period}，{'；'.join(wording.figure(found[name]) for name in _HANDLING)}。"]
    made += wording.best_and_last(told.units, "reply_in_time", "按时回复率")
    made += wording.best_and_last(told.units, "sign_in_time", "按时签收率")
    labels = told.figures.figures
    rows: list[list[Cell]] = [
        [at, row.label, row.values["volume"].number, *(row.values[name].shown for name in _UNIT_COLUMNS[1:])]
        for at, row in enumerate(told.units, 1)
    ]
    head = ["序号", "承办单位", "承办量", *(labels[name].kind.label for name in _UNIT_COLUMNS[1:])]
    table = Table(title="承办单位办理情况", head=head, rows=rows)
    few = Table(
        title="",
        head=["承办单位", "承办量"],
        rows=[[row.label, row.values["volume"].number] for row in told.units[:_TOP]],
    )
    return made, [table] if rows else [], _bars(few, "承办量居前的单位（件）")


def _callbacks(told: Told) -> Made:
    found = told.figures.figures
    made = [
        f"{told.period}，{wording.figure(found['satisfaction'])}；{wording.figure(found['solved_rate'])}。"
    ]
    made += wording.best_and_last(told.units, "satisfaction", "满意率")
    if found["satisfaction"].value.excluded:
        made.append(f"按规定不计入满意率的评价有{found['satisfaction'].value.excluded}件。")
    return made, [], []


def _hot(told: Told) -> Made:
    if not told.hot:
        return ["本期没有达到聚合条件的热点诉求。"], [], []
    items = [
        f"“{each.name}”{wording.thousands(each.tickets)}件{_against(each)}，主要涉及{'、'.join(each.places[:2])}"
        for each in told.hot[:5]
    ]
    made = [f"本期反映较为集中的诉求：{wording.numbered(items)}"]
    if told.coming:
        made.append(f"据上年同期情况预判，近期需关注：{'、'.join(f'“{each}”' for each in told.coming[:5])}。")
    rows: list[list[Cell]] = [
        [
            at,
            each.name,
            each.tickets,
            each.before,
            "、".join(each.places[:3]),
            "、".join(each.units[:3]) or "—",
        ]
        for at, each in enumerate(told.hot[:_TOP], 1)
    ]
    head = ["序号", "热点诉求", "本期件数", "上期件数", "主要地区", "主要承办单位"]
    return made, [Table(title="热点诉求", head=head, rows=rows)], []


def _against(each: Hot) -> str:
    if each.before == 0:
        return "（上期没有）"
    return f"（上期{wording.thousands(each.before)}件）"


def _problems(told: Told) -> Made:
    found = told.figures.figures
    items = []
    if (late := _missed(told, "reply_in_time")) is not None:
        items.append(f"部分诉求没有按时回复，{late}")
    if (late := _missed(told, "sign_in_time")) is not None:
        items.append(f"部分工单没有按时签收，{late}")
    for name, words in (
        ("yellow_cards", "黄牌"), ("red_cards", "红牌"), ("redos", "重办"), ("late_returns", "逾期退单"),
    ):  # fmt: skip
        if found[name].value.number:
            items.append(f"{words}{found[name].value.number}次{wording.changes(found[name])}")
    bad = found["satisfaction"].value
    if bad.of and bad.of > bad.number:
        items.append(f"评价不满意{bad.of - bad.number}件")
    if told.gaps:
        items.append(f"知识库尚有{told.gaps}类群众常问的问题没有现成答案")
    return [wording.numbered(items) if items else "本期各项指标没有发现突出问题。"], [], []


def _missed(told: Told, name: str) -> str | None:
    """How many were missed in all, and by whom most."""
    value = told.figures.figures[name].value
    missed = (value.of or 0) - value.number
    if missed <= 0:
        return None
    worst = sorted(
        told.units, key=lambda row: (row.values[name].number - (row.values[name].of or 0), row.key)
    )
    named = [
        f"{row.label}{(row.values[name].of or 0) - row.values[name].number}次"
        for row in worst[:3]
        if (row.values[name].of or 0) > row.values[name].number
    ]
    return f"共{missed}次" + (f"，其中{'、'.join(named)}" if named else "")


def _by_hand(_: Told) -> Made:
    return [], [], []


_MAKERS: Mapping[str, Callable[[Told], Made]] = {
    "volume": _volume,
    "completion_rate": _completion,
    "unit_handling": _handling,
    "callbacks": _callbacks,
    "hot_issues": _hot,
    "problems": _problems,
    "improvements": _by_hand,
}
