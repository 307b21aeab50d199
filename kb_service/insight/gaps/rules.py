"""Which questions count as not answered, and where a gap stands. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

Source = Literal["decision", "search", "ticket"]
SOURCE_NAMES: Final[Mapping[str, str]] = {
    "decision": "咨询未能答复",
    "search": "检索无果",
    "ticket": "咨询转了工单",
}
STATE_NAMES: Final[Mapping[str, str]] = {
    "open": "待处理",
    "task": "已转知识任务",
    "closed": "已补上",
    "dismissed": "不入库",
}
WINDOW: Final = timedelta(days=30)
# As long as searches themselves are kept.
KEEP: Final = timedelta(days=190)
# A search so often made without anything being chosen has led nowhere, though something was found.
OFTEN: Final = 3
SHORTEST: Final = 4


@dataclass(frozen=True)
class Asked:
    """One question that was not answered, personal data masked."""

    source: Source
    ref: str
    question: str
    at: datetime


def unanswered_search(hits: Sequence[str], chosen: str | None, *, often_unchosen: bool) -> bool:
    """Nothing was found, or again and again nothing of it was of use."""
    return chosen is None and (not hits or often_unchosen)


def unanswered_decision(decision: str, request_class: str) -> bool:
    """A consultation that the base could not answer and that was passed on."""
    return request_class == "consultation" and decision in {"dispatch", "human"}


def after_check(state: str, answered: bool, task_closed: bool) -> str:
    """Where a gap stands after it was asked again: a task that was done without closing it opens it anew."""
    if state == "dismissed":
        return state
    if answered:
        return "closed"
    if state == "task" and not task_closed:
        return "task"
    return "open"
