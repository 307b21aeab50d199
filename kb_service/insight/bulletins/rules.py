"""Which bulletins a city owes, about which periods, and when one may be issued. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from kb_service.core.clauses import rule
from kb_service.core.errors import Conflict
from kb_service.insight.bulletins.content import Content
from kb_service.insight.statistics import periods
from kb_service.insight.statistics.periods import Period
from kb_service.regulations.schema import Profile

# The figures of a profile that make a section, in the order of the paper.
SECTIONS: Final[Mapping[str, str]] = {
    "volume": "诉求受理情况",
    "completion_rate": "办结情况",
    "unit_handling": "承办单位办理情况",
    "callbacks": "回访和满意情况",
    "hot_issues": "热点诉求",
    "problems": "存在问题",
    "improvements": "改进工作意见",
}
# What no figure tells: a person writes it.
BY_HAND: Final = frozenset({"improvements"})
STATE_NAMES: Final[Mapping[str, str]] = {"draft": "草稿", "issued": "已印发", "dropped": "已作废"}
EVERY_NAMES: Final[Mapping[str, str]] = {
    "month": "每月", "quarter": "每季度", "year": "每年", "regular": "定期",
}  # fmt: skip
UNITS: Final = "各县（市、区）人民政府，市政府各部门、各有关单位"
GOVERNMENT: Final = "市人民政府"
# “定期”没有写明多久一次：按月编发，也可以按季、按年。
_PERIODS: Final[Mapping[str, tuple[str, ...]]] = {
    "month": ("month",),
    "quarter": ("quarter",),
    "year": ("year",),
    "regular": ("month", "quarter", "year"),
}
# So long after a period's end its bulletin should be under way.
GRACE: Final = timedelta(days=5)


@dataclass(frozen=True)
class Report:
    """An entry of the city's profile that is fulfilled by a bulletin. `kinds` of periods, the usual one first."""

    id: str
    label: str
    every: str
    kinds: tuple[str, ...]
    sections: tuple[str, ...]
    clause: tuple[str, ...]


def offered(profile: Profile) -> list[Report]:
    """Reports with at least one section, made at intervals; what is watched without a break is no paper."""
    found = []
    for report_id, report in profile.reports.items():
        sections = tuple(each for each in SECTIONS if each in report.figures)
        kinds = _PERIODS.get(report.every)
        if sections and kinds:
            found.append(Report(report_id, report.label, report.every, kinds, sections, report.clause))
    return found


@rule("ST-20.2", neutral=UNITS)
def addressee(report_id: str) -> str:
    """Shantou's statistics go to the city government; what others publish goes to everybody."""
    return GOVERNMENT if report_id == "statistics" else UNITS


def title(city: str, report: Report, period: Period) -> str:
    label = report.label.partition("（")[0]
    label = label if label.endswith("通报") else f"{label}报告"
    return f"{city}12345热线{periods.label(period)}{label}"


def latest(report: Report, today: date) -> Period:
    """The last whole period that has ended."""
    return periods.before(_containing(report.kinds[0], today))


def _containing(kind: str, day: date) -> Period:
    if kind == "month":
        return periods.month(day.year, day.month)
    return periods.quarter(day.year, (day.month + 2) // 3) if kind == "quarter" else periods.year(day.year)


def check_period(report: Report, period: Period, today: date) -> None:
    """Raises Conflict for a period of another kind, or one that has not ended."""
    kind = periods.kind_of(period)
    if kind not in report.kinds:
        wanted = "、".join(_KIND_NAMES[each] for each in report.kinds)
        raise Conflict(f"“{report.label}”按{wanted}编发，请选择完整的统计期。", code="wrong_period")
    if period.last >= today:
        raise Conflict(f"{periods.label(period)}还没有结束，不能编发。", code="period_not_over")


_KIND_NAMES: Final = {"month": "月", "quarter": "季", "year": "年"}


def unfinished(content: Content) -> list[str]:
    """Titles of sections in which nothing is said yet."""
    return [each.title for each in content.sections if not any(line.strip() for line in each.said)]


def check_issue(content: Content, *, editors: Sequence[int | None], issuer: int | None) -> None:
    """Raises Conflict where something is still to be written, or the issuer wrote it."""
    empty = unfinished(content)
    if empty:
        raise Conflict(
            f"{'、'.join(f'“{each}”' for each in empty)}还没有写，请先补充。", code="bulletin_unfinished"
        )
    if issuer is not None and issuer in editors:
        raise Conflict("起草、修改的人不能自己签发，请由另一人签发。", code="four_eyes")
