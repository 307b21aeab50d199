"""The checks by name, and the state of a finding. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

# Raised when a check reads texts differently, so that every version is looked at again.
RULES: Final = 1
NIGHT_BEGINS, NIGHT_ENDS = 1, 6
SOON: Final = timedelta(days=30)
LONGEST_WAIT: Final = timedelta(hours=30)

Severity = Literal["high", "medium", "low"]
Opens = Literal["nothing", "task"]
SEVERITY_NAMES: Final = {"high": "重要", "medium": "一般", "low": "提示"}
OPENS_NAMES: Final = {"nothing": "只列入清单", "task": "自动转任务"}


class State(StrEnum):
    OPEN = "open"
    DISMISSED = "dismissed"
    HANDED = "handed"
    GONE = "gone"


STATE_NAMES: Final = {
    State.OPEN: "待处理",
    State.DISMISSED: "已忽略",
    State.HANDED: "已转办",
    State.GONE: "已消失",
}


@dataclass(frozen=True)
class Check:
    id: str
    name: str
    severity: Severity
    about: str
    opens: Opens = "nothing"


CHECKS: Final[Mapping[str, Check]] = {
    check.id: check
    for check in (
        Check("contradiction", "内容矛盾", "high", "同一事项的两个知识点，对同一件事写了不同的数值"),
        Check("near_duplicate", "近似重复", "medium", "两个知识点说的几乎是同一段话"),
        Check("phone_impossible", "号码有误", "high", "电话号码的位数或开头不可能存在", "task"),
        Check("phone_personal", "公开个人手机号", "high", "公开知识里写有个人手机号码"),
        Check("phone_internal", "公开内部号码", "medium", "公开知识里写有内线、分机或短号"),
        Check("address_vague", "地址不明", "low", "办公地址里没有路名、门牌或楼宇"),
        Check("lapsed_basis", "依据已失效", "high", "引用的文件在知识库中已经失效或被替代"),
        Check("field_empty", "缺少内容", "medium", "这种知识应当写明的内容没有填写"),
        Check("dates_broken", "日期有误", "high", "日期不存在，或先后颠倒"),
        Check("expired", "已过有效期", "medium", "有效期已过，仍未更新或下架"),
        Check("expiring", "即将到期", "low", "三十天内有效期届满"),
        Check("link_dead", "链接失效", "medium", "文中的网址打不开"),
        Check("keyword_is_title", "关键词无用", "low", "关键词与标题相同，帮不了检索"),
    )
}
PAIRS: Final = frozenset({"contradiction", "near_duplicate"})
# Found again from the tables each night, whatever has changed.
DAILY: Final = frozenset({"expired", "expiring", "lapsed_basis", "link_dead"})


@dataclass(frozen=True)
class Seen:
    """A finding as it was when a check comes upon it again."""

    state: State
    digest: str


def state_when_found(before: Seen | None, digest: str) -> State:
    """A dismissal holds for the words it was about; what was handed over stays so until it is gone."""
    if before is None or before.state == State.GONE:
        return State.OPEN
    if before.state == State.DISMISSED and before.digest != digest:
        return State.OPEN
    return before.state


def state_when_not_found(before: State) -> State:
    """A dismissal outlives what it was about, lest the same words come back as new."""
    return State.DISMISSED if before == State.DISMISSED else State.GONE


def may_decide(state: State) -> bool:
    return state == State.OPEN


def is_overdue(last: datetime | None, now: datetime) -> bool:
    """Whether the last run was so long ago that the next does not wait for the night."""
    return last is None or now - last > LONGEST_WAIT


def is_night(local: datetime) -> bool:
    return NIGHT_BEGINS <= local.hour < NIGHT_ENDS
