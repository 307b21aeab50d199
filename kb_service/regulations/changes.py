"""Changes of the calendar as they are kept: due times under the calendar before and after can be compared."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from kb_service.core import outbox
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import NotFound
from kb_service.regulations.calendar import WorkingCalendar
from kb_service.regulations.model import CalendarChange

TOPIC = "calendar.changed"


def record(
    session: WriteSession,
    ctx: Context,
    kind: str,
    year: int,
    reason: str,
    before: WorkingCalendar,
    after: WorkingCalendar,
) -> CalendarChange | None:
    """Keeps a change; None where nothing is counted otherwise than before."""
    days = differing(before, after)
    if not days and before.announced_years == after.announced_years:
        return None
    row = CalendarChange(
        kind=kind,
        year=year,
        days={day.isoformat(): working for day, working in days.items()},
        before=_content(before),
        after=_content(after),
        reason=reason,
        by=ctx.actor.name,
        at=ctx.now,
    )
    session.add(row)
    session.flush()
    outbox.publish(session, ctx, TOPIC, str(row.id))
    return row


def differing(before: WorkingCalendar, after: WorkingCalendar) -> dict[date, bool]:
    """The days that the two count otherwise, with whether they are worked in the second."""
    named = sorted(before.overrides.keys() | after.overrides.keys())
    return {day: after.is_working(day) for day in named if before.is_working(day) != after.is_working(day)}


def calendars(change: CalendarChange) -> tuple[WorkingCalendar, WorkingCalendar]:
    """The calendar before the change and after it."""
    return _calendar(change.before), _calendar(change.after)


def find(session: ReadSession, change_id: int) -> CalendarChange:
    row = session.get(CalendarChange, change_id)
    if row is None:
        raise NotFound("没有这次日历调整。", code="change_not_found")
    return row


def latest(session: ReadSession, limit: int = 50) -> list[CalendarChange]:
    """The newest first."""
    rows = select(CalendarChange).order_by(CalendarChange.id.desc()).limit(limit)
    return list(session.execute(rows).scalars())


def _content(calendar: WorkingCalendar) -> dict[str, Any]:
    days = {day.isoformat(): working for day, working in sorted(calendar.overrides.items())}
    return {"days": days, "years": sorted(calendar.announced_years)}


def _calendar(content: Mapping[str, Any]) -> WorkingCalendar:
    days = {date.fromisoformat(day): bool(working) for day, working in content["days"].items()}
    return WorkingCalendar(days, frozenset(content["years"]))
