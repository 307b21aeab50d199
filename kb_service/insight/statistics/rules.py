"""What is counted, and the words for it. Pure.

A figure is a count, or a share with its numerator and denominator. What it is counted from are tickets
registered in a period, or marks: something that came of a ticket on a day, for or against a unit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Final

from kb_service.insight.statistics.periods import Period
from kb_service.regulations.schema import Profile
from kb_service.regulations.schema.oversight import Report


@dataclass(frozen=True)
class Scope:
    """Whose figures: of a unit with its subordinates, of a region with those inside it, else of the city.

    Codes. What an account may not see is left out besides.
    """

    unit: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class Kind:
    """`good` says which of the marks make the numerator; a count has no denominator.

    `better`: whether more is better (1), worse (-1) or neither (0).
    """

    name: str
    label: str
    share: bool
    how: str
    better: int = 0
    clauses: tuple[str, ...] = ()


KINDS: Final[Mapping[str, Kind]] = {
    each.name: each
    for each in (
        Kind("volume", "受理量", False, "统计期内登记的工单件数。", 0, ("ST-20.2", "SG-26", "XT-24")),
        Kind(
            "instant_rate", "即时答复率", True,
            "统计期内登记的工单中，由热线当场答复、没有转派的件数 ÷ 登记件数。", 1,
        ),
        Kind(
            "completion_rate", "办结率", True,
            "统计期内登记、应当办理的工单中，到查询之时已经办结（含即时答复）的件数 ÷ 应当办理的件数；"
            "不予受理、转紧急热线、拆分、并入的不计。", 1, ("ST-20.2",),
        ),
        Kind(
            "sign_in_time", "按时签收率", True,
            "签收时限在统计期内了结的：期限内签收的次数 ÷ 应签收的次数；视为签收的不算按时签收。", 1,
            ("MZ-12.2",),
        ),
        Kind(
            "reply_in_time", "按时回复率", True,
            "办理时限在统计期内了结的：期限内答复诉求人或者提交办理情况的次数 ÷ 应回复的次数，延期获准的按延长后的期限。",
            1, ("MZ-12.2", "MZ-23"),
        ),
        Kind(
            "reply_rate", "回复率", True,
            "办理时限在统计期内了结的：到查询之时已经回复（含逾期回复）的次数 ÷ 应回复的次数。", 1, ("MZ-23",),
        ),
        Kind(
            "completion_in_time", "按时办结率", True,
            "办理时限在统计期内了结的：在期限内达到本市规则所说办结的次数 ÷ 应办结的次数，重办另计一次。", 1,
        ),
        Kind("returns", "退单次数", False, "统计期内申请退回的次数。", 0, ("MZ-23",)),
        Kind("late_returns", "逾期退单次数", False, "统计期内申请退回时已经超过退回期限的次数。", -1),
        Kind("extensions", "延期次数", False, "统计期内申请延期并获准的次数。"),
        Kind("redos", "重办次数", False, "统计期内发回重办的次数。", -1),
        Kind("urgings", "催办次数", False, "统计期内由人工催办或者逾期自动催办的次数。", -1, ("MZ-23",)),
        Kind("supervisions", "督办次数", False, "统计期内启动督办的次数。", -1),
        Kind("yellow_cards", "黄牌次数", False, "统计期内逾期天数达到亮黄牌条件的次数。", -1),
        Kind("red_cards", "红牌次数", False, "统计期内逾期天数达到亮红牌条件的次数。", -1),
        Kind(
            "satisfaction", "满意率", True,
            "统计期内作出、计入考核的评价中，基本满意以上的件数 ÷ 评价件数，每次办理以最后一次评价为准；"
            "行政调解、执法办案类按本市规则不计，申诉成立的不计。", 1, ("SG-27", "XT-20.2", "MZ-23"),
        ),
        Kind(
            "solved_rate", "解决率", True,
            "统计期内回访问明是否解决的：答已解决的件数 ÷ 问明的件数，每次办理以最后一次回访为准；"
            "不计入满意率的同样不计。", 1,
        ),
        Kind("knowledge_in_time", "知识报送及时率", True, "统计期内知识履责台账：按时的条数 ÷ 应完成的条数。", 1),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Value:
    """A count (`of` None), or a share. `excluded` are those left out by a rule of the city."""

    number: int
    of: int | None = None
    excluded: int = 0

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.number, self.of) if self.of else None

    @property
    def percent(self) -> str | None:
        """Of 100, with one decimal, rounded half up; None for a count, or where there was nothing."""
        if self.share is None:
            return None
        tenths = (self.share * 2_000 + 1) // 2
        return f"{tenths // 10}.{tenths % 10}"

    @property
    def shown(self) -> str:
        return str(self.number) if self.of is None else f"{self.percent}%" if self.percent else "—"


# What each figure is counted from, where it is counted from marks.
MARKED: Final[Mapping[str, str]] = {
    "sign_in_time": "sign",
    "reply_in_time": "reply",
    "reply_rate": "reply",
    "completion_in_time": "completion",
    "returns": "return",
    "late_returns": "return",
    "extensions": "extension",
    "redos": "redo",
    "urgings": "urging",
    "supervisions": "supervision",
    "yellow_cards": "yellow",
    "red_cards": "red",
    "satisfaction": "satisfaction",
    "solved_rate": "solved",
}


# What the rules of a city call some of the figures.
_IN_RULES: Final[Mapping[str, str]] = {"urging": "urgings", "callbacks": "satisfaction"}
_USUALLY_WATCHED: Final = ("reply_rate", "reply_in_time", "satisfaction", "urgings", "returns")


def watched(profile: Profile) -> tuple[str, ...]:
    """The figures that the city's rules have watched without a break; where they name none, the usual ones."""
    for report in profile.reports.values():
        if report.every == "continuous":
            found = told_in(report)
            if found:
                return found
    return _USUALLY_WATCHED


def told_in(report: Report) -> tuple[str, ...]:
    """The figures that a report of the city must contain, of those that are numbers."""
    names = [_IN_RULES.get(each, each) for each in report.figures]
    return tuple(dict.fromkeys(name for name in names if name in KINDS))


@dataclass(frozen=True)
class Tally:
    """So many marks that say the same."""

    good: bool
    done: bool
    left_out: str
    number: int = 1


def for_figure(name: str, mark: Tally) -> tuple[bool, bool]:
    """Whether a mark belongs to a figure (to its denominator, for a share), and whether to its numerator."""
    if mark.left_out:
        return False, False
    if name == "late_returns":
        return not mark.good, not mark.good
    good = mark.done if name == "reply_rate" else mark.good
    return True, good or not KINDS[name].share


def value_of(name: str, marks: Iterable[Tally]) -> Value:
    """A figure from the marks it is counted from."""
    number = of = excluded = 0
    for each in marks:
        belongs, good = for_figure(name, each)
        number += each.number * good
        of += each.number * belongs
        excluded += each.number * bool(each.left_out)
    return Value(number, of if KINDS[name].share else None, excluded)


def together(parts: Iterable[Value], name: str) -> Value:
    """The figure of several units or places as one."""
    each = list(parts)
    of = sum(part.of or 0 for part in each) if KINDS[name].share else None
    return Value(sum(part.number for part in each), of, sum(part.excluded for part in each))


@dataclass(frozen=True)
class Figure:
    """`before`: in the period before; `year_ago`: in the same period of the year before."""

    kind: Kind
    value: Value
    before: Value
    year_ago: Value

    @property
    def name(self) -> str:
        return self.kind.name


@dataclass(frozen=True)
class Row:
    """`key` is a code (of a class, a unit …), empty where the ticket has none."""

    key: str
    label: str
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Table:
    """`columns` are names of figures; what has the most comes first."""

    dimension: str
    label: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


DIMENSIONS: Final[Mapping[str, str]] = {
    "class": "诉求类型",
    "field": "领域",
    "region": "区域",
    "channel": "渠道",
    "unit": "承办单位",
}


@dataclass(frozen=True)
class Figures:
    """`tables` by dimension: `class`, `field`, `region`, `channel`, `unit`. `known_at`: as known then."""

    period: Period
    scope: Scope
    known_at: datetime
    figures: Mapping[str, Figure]
    tables: Mapping[str, Table] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether the period has ended, so that its counts are whole."""
        return self.period.end <= self.known_at
