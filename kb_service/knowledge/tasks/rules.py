"""When a task is urgent or late. Pure."""

from datetime import datetime, timedelta
from typing import Final

REMIND_BEFORE: Final = timedelta(hours=24)
STATES: Final = {
    "open": "待办",
    "soon": "即将到期",
    "overdue": "已逾期",
    "done": "已完成",
    "late": "逾期完成",
    "dropped": "已取消",
}


def may_close(clause: str | None, unit_scope: frozenset[int] | None) -> bool:
    """What a rule asks of a unit closes by itself once it is done; by hand only the centre, whose scope is None."""
    return clause is None or unit_scope is None


def state(due_at: datetime | None, closed_at: datetime | None, outcome: str | None, now: datetime) -> str:
    """One of STATES; what was closed too late stays late."""
    if outcome == "dropped":
        return "dropped"
    if closed_at is not None:
        return "late" if due_at is not None and closed_at >= due_at else "done"
    if due_at is None:
        return "open"
    if now >= due_at:
        return "overdue"
    return "soon" if now >= due_at - REMIND_BEFORE else "open"
