"""Following a change of the calendar through what units and the centre owe the knowledge base."""

from collections import Counter

from kb_service.core import audit, outbox
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.calendar.counted import VERIFY, Counted, KnowledgeMove, counted, moved_by
from kb_service.knowledge.calendar.rules import recounted
from kb_service.knowledge.corrections.service.records import unit_people, verifiers
from kb_service.knowledge.reviewing import sharing
from kb_service.notices.service import notify
from kb_service.regulations import changes
from kb_service.regulations import service as regulations
from kb_service.regulations.calendar import Due, WorkingCalendar
from kb_service.regulations.model import CalendarChange

BATCH = 100
NOTICE = "knowledge.task.moved"


def follow(session: WriteSession, ctx: Context, limit: int = BATCH) -> int:
    """Moves so many due times by the oldest change that is not followed to its end; 0 when none waits."""
    rows = outbox.waiting(session, changes.TOPIC, 1)
    if not rows:
        return 0
    change = changes.find(session, int(rows[0].key))
    before, after = changes.calendars(change)
    moved = 0
    for each in list(counted(session, change.at, change.id)):
        if (due := _moved(each, before, after)) is not None:
            each.move(session, ctx, change, due)
            moved += 1
            if moved == limit:
                return moved
    session.flush()
    outbox.mark_drained(session, [rows[0].id], ctx.now)
    turns = sharing.recount(session, ctx)
    _tell(session, ctx, change, turns)
    return max(1, moved)


def _moved(each: Counted, before: WorkingCalendar, after: WorkingCalendar) -> Due | None:
    due = recounted(each.start, each.due_at, each.due_day, before, after)
    return None if due is None or due.due == each.due_at else due


def _tell(session: WriteSession, ctx: Context, change: CalendarChange, turns: int) -> None:
    """Each unit once with its number, and the centre what it has to verify."""
    found = moved_by(session, change)
    if found or turns:
        audit.record(
            session, ctx, "calendar.knowledge_followed", f"change:{change.id}",
            after={"moved": len(found), "reviews": turns}, reason=change.reason,
        )  # fmt: skip
    subject, link = f"calendar:{change.id}", f"/calendar/changes/{change.id}"
    title = "工作日历调整，{}的期限有变化：" + change.reason
    for unit_id, number in sorted(Counter(each.unit_id for each in found if each.label != VERIFY).items()):
        told = title.format(f"本单位{number}项知识纠错和任务")
        notify(session, ctx, unit_people(session, unit_id), NOTICE, told, link, subject)
    if verifying := sum(each.label == VERIFY for each in found):
        told = title.format(f"{verifying}件纠错核实")
        notify(session, ctx, verifiers(session), NOTICE, told, link, subject)


def moved(session: ReadSession, ctx: Context, change_id: int) -> list[KnowledgeMove]:
    """What a change moved of the units that the actor works for; of everybody's for the centre."""
    found = moved_by(session, changes.find(session, change_id))
    return [each for each in found if ctx.actor.in_scope(each.unit_id)]


def following(session: ReadSession, change_id: int) -> bool:
    """Whether the change is still to be followed to its end."""
    return any(row.key == str(change_id) for row in outbox.waiting(session, changes.TOPIC, BATCH))


def foreseen(session: ReadSession, ctx: Context, after: WorkingCalendar) -> list[tuple[Counted, Due]]:
    """What a calendar that is not in force yet would move."""
    before = regulations.calendar(session)
    found = ((each, _moved(each, before, after)) for each in counted(session, ctx.now))
    return [(each, due) for each, due in found if due is not None and ctx.actor.in_scope(each.unit_id)]
