"""The life of a correction. Pure: `now` and the calendar are arguments.

reported ──confirm──> confirmed ──its version goes live──> corrected
   │                   │    ↑ └──the point is withdrawn──> withdrawn
   ├─reject─> rejected │    └──overrule──┐
   └─retract─> retracted └──object──> objected ──uphold──> dismissed
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from kb_service.core.clauses import rule
from kb_service.regulations.calendar import Due, Period, WorkingCalendar
from kb_service.regulations.knowledge_rules import CorrectionRules

Grade = Literal["general", "serious"]
Hold = Literal["none", "warn", "suspend"]
Way = Literal["audit", "agent", "unit", "chat", "callback", "check"]


class Status(StrEnum):
    REPORTED = "reported"
    CONFIRMED = "confirmed"
    OBJECTED = "objected"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    DISMISSED = "dismissed"
    RETRACTED = "retracted"


OPEN: Final = frozenset({Status.REPORTED, Status.CONFIRMED, Status.OBJECTED})
STATUS_NAMES: Final = {
    Status.REPORTED: "待核实",
    Status.CONFIRMED: "待改正",
    Status.OBJECTED: "单位有异议",
    Status.CORRECTED: "已改正",
    Status.WITHDRAWN: "知识已下架",
    Status.REJECTED: "不属实",
    Status.DISMISSED: "异议成立",
    Status.RETRACTED: "报错人撤回",
}
MOVES: Final = {
    Status.REPORTED: frozenset({Status.CONFIRMED, Status.REJECTED, Status.RETRACTED, Status.WITHDRAWN}),
    Status.CONFIRMED: frozenset({Status.OBJECTED, Status.CORRECTED, Status.WITHDRAWN}),
    Status.OBJECTED: frozenset({Status.CONFIRMED, Status.DISMISSED, Status.CORRECTED, Status.WITHDRAWN}),
}
KINDS: Final = {
    "wrong": "内容错误",
    "outdated": "内容过时",
    "incomplete": "内容不全",
    "unclear": "表述不清",
    "dead_link": "链接失效",
    "wrong_contact": "电话或地址不对",
    "contradiction": "与其他知识矛盾",
}
GRADES: Final = {"general": "一般信息", "serious": "重大或突发事件类"}
HOLDS: Final = {"none": "照常使用", "warn": "加注提示后使用", "suspend": "暂停自动答复"}
WAYS: Final = {
    "audit": "知识审计",
    "agent": "话务员",
    "unit": "其他单位",
    "chat": "市民在线反馈",
    "callback": "回访不满意",
    "check": "夜间检查",
}
# Whom the service knows. What strangers report changes nothing that others see before it was verified.
STAFF_WAYS: Final = frozenset({"audit", "agent", "unit", "callback", "check"})
REMIND_DAY_BEFORE, REMIND_HOURS_BEFORE = timedelta(hours=24), timedelta(hours=4)


def may_move(status: str, to: Status) -> bool:
    return to in MOVES.get(Status(status), frozenset())


@rule("SG-28.4", neutral=lambda periods, grade: periods.general)  # noqa: ARG005 - the rule's own arguments
def period_of(periods: CorrectionRules, grade: Grade) -> Period:
    """How long the unit has: longer for general information than in a major or sudden event."""
    return periods.serious if grade == "serious" else periods.general


def due(
    periods: CorrectionRules,
    calendar: WorkingCalendar,
    grade: Grade,
    received_at: datetime,
    day_ends: timedelta,
) -> Due:
    """When the repair is due, counted from when the unit received the result of the verification."""
    return calendar.due(received_at, period_of(periods, grade), day_ends)


def remind_at(received_at: datetime, due_at: datetime) -> datetime:
    """A day before a longer time runs out, four hours before a short one; never before the notice itself."""
    short = due_at - received_at <= REMIND_DAY_BEFORE
    return max(received_at, due_at - (REMIND_HOURS_BEFORE if short else REMIND_DAY_BEFORE))


@rule("TA-19.4", "SG-28.4", neutral=False)
def overdue(
    due_at: datetime | None, now: datetime, *, overdue_at: datetime | None, objected_at: datetime | None
) -> bool:
    """Whether the unit let its time pass. Once so it stays so; an objection raised in time waits for the centre."""
    if overdue_at is not None:
        return True
    if due_at is None or now < due_at:
        return False
    return objected_at is None or objected_at >= due_at


def ignored(urged_at: datetime | None, patience: datetime | None, now: datetime) -> bool:
    """Whether a unit that was urged has still done nothing when the time given with the urging is over."""
    return urged_at is not None and patience is not None and patience <= now


@rule("XT-26.6", neutral=frozenset())
def facets(kind: str, *, late: bool, unheeded: bool) -> frozenset[str]:
    """Which of the cases that are recorded against a unit a correction is: incomplete, late, uncooperative."""
    found = set()
    if late:
        found.add("incomplete" if kind == "incomplete" else "late")
    if unheeded:
        found.add("uncooperative")
    return frozenset(found)


FACETS: Final = {
    "incomplete": "知识库信息上传不全，且未按期补齐",
    "late": "知识库信息更新不及时",
    "uncooperative": "经催办仍不配合",
}


def reported_hold(ways: Iterable[tuple[str, bool]]) -> Hold:
    """What a correction nobody has verified does to its version, by the ways and gravity of its reports."""
    return "warn" if any(serious and way in STAFF_WAYS for way, serious in ways) else "none"


def confirmed_hold(grade: Grade, wanted: Hold | None) -> Hold:
    """A serious one is never used without at least a warning; unless the centre says otherwise it is suspended."""
    if grade == "serious":
        return "suspend" if wanted in (None, "none") else wanted
    return wanted or "none"


@dataclass(frozen=True)
class Held:
    """An open correction that stands on a version."""

    code: str
    number: int
    hold: Hold


def strongest(held: Sequence[Held]) -> Held | None:
    order = ("none", "warn", "suspend")
    return max(held, key=lambda each: (order.index(each.hold), each.code), default=None)


@dataclass(frozen=True)
class Live:
    """The version of a point that is live now, and when it was begun."""

    number: int
    begun_at: datetime


def settles(
    live: Live | None, *, stands_on: int, received_at: datetime, fix_number: int | None
) -> Status | None:
    """Whether what is live now ends a confirmed correction, and how; None: it goes on.

    A later version repairs it when it is the one the unit named, or was begun after the unit was told;
    one that was under way before may know nothing of the mistake, and the correction moves on to it.
    """
    if live is None:
        return Status.WITHDRAWN
    if live.number == stands_on:
        return None
    named = fix_number is not None and live.number >= fix_number
    return Status.CORRECTED if named or live.begun_at >= received_at else None
