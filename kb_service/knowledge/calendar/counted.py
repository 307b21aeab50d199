"""What of the knowledge base is due by a number of working days, and what it means that it moved."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import select

from kb_service.core import audit
from kb_service.core.clock import CITY
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.attachments.rules import DOCUMENT_TASK
from kb_service.knowledge.candidates.model import Candidate
from kb_service.knowledge.candidates.service import records as candidates
from kb_service.knowledge.corrections import rules as correcting
from kb_service.knowledge.corrections.model import Correction, CorrectionEvent
from kb_service.knowledge.corrections.rules import Status
from kb_service.knowledge.corrections.service import records as corrections
from kb_service.knowledge.supersession import flagging
from kb_service.knowledge.tasks.model import Task
from kb_service.regulations import service as regulations
from kb_service.regulations.calendar import Due, shown
from kb_service.regulations.knowledge_rules import KnowledgeRules, knowledge_rules
from kb_service.regulations.model import CalendarChange
from kb_service.supervision import service as supervision

MOVED: Final = "moved"
VERIFY, CORRECT, TASK = "核实期限", "改正期限", "任务期限"
_IN_TIME: Final = "工作日历调整后未逾期"


@dataclass(frozen=True)
class Counted:
    """One due time, since when it runs, and how a change moves it."""

    label: str
    code: str
    title: str
    link: str
    unit_id: int
    start: datetime
    due_at: datetime
    due_day: date
    move: Callable[[WriteSession, Context, CalendarChange, Due], None]

    @property
    def shown(self) -> str:
        return shown(self.due_at, self.due_day)


@dataclass(frozen=True)
class KnowledgeMove:
    label: str
    code: str
    title: str
    link: str
    unit_id: int
    before: str
    after: str


def counted(session: ReadSession, until: datetime, followed: int = 0) -> Iterator[Counted]:
    """Everything open that ran at `until`, but for what has followed the change of this number already."""
    rules = knowledge_rules(regulations.standing_profile(session))
    yield from _corrections(session, rules, until, followed)
    yield from _tasks(session, rules, until, followed)


def _corrections(
    session: ReadSession, rules: KnowledgeRules, until: datetime, followed: int
) -> Iterator[Counted]:
    done = {event.correction_id for event in _moved_events(session, followed)} if followed else set()
    rows = select(Correction).where(Correction.closed_at.is_(None), Correction.reported_at <= until)
    for each in session.execute(rows.order_by(Correction.id)).scalars():
        if each.id in done:
            continue
        told = each.code, each.title, corrections.link_of(each), each.unit_id
        if each.status == Status.REPORTED:
            if rules.correction.verify.working_days is not None:
                due = each.reported_at, each.verify_due_at, each.verify_due_day
                yield Counted(VERIFY, *told, *due, partial(_move_verifying, each))
        elif each.received_at and each.due_at and each.due_day and each.received_at <= until:
            grade: correcting.Grade = "serious" if each.grade == "serious" else "general"
            if correcting.period_of(rules.correction, grade).working_days is not None:
                due = each.received_at, each.due_at, each.due_day
                yield Counted(CORRECT, *told, *due, partial(_move_correcting, each))


def _tasks(session: ReadSession, rules: KnowledgeRules, until: datetime, followed: int) -> Iterator[Counted]:
    kinds = {candidates.TASK, flagging.TASK}
    if rules.filing.document.working_days is not None:
        kinds.add(DOCUMENT_TASK)
    rows = select(Task).where(
        Task.closed_at.is_(None), Task.due_at.is_not(None), Task.opened_at <= until, Task.kind.in_(kinds)
    )
    for each in session.execute(rows.order_by(Task.id)).scalars():
        if each.due_at is None or each.due_day is None or followed in _changes_of(each):
            continue
        start = each.opened_at
        if each.kind == DOCUMENT_TASK:
            start = datetime.fromisoformat(each.evidence["release_at"])
        told = f"task:{each.id}", each.title, each.link, each.unit_id
        yield Counted(TASK, *told, start, each.due_at, each.due_day, partial(_move_task, each))


def _move_verifying(
    row: Correction, session: WriteSession, ctx: Context, change: CalendarChange, due: Due
) -> None:
    before = shown(row.verify_due_at, row.verify_due_day)
    row.verify_due_at, row.verify_due_day = due.due, due.due_day
    _note(session, ctx, change, row, VERIFY, before, due.shown)


def _move_correcting(
    row: Correction, session: WriteSession, ctx: Context, change: CalendarChange, due: Due
) -> None:
    before = shown(row.due_at, row.due_day) if row.due_at and row.due_day else ""
    row.due_at, row.due_day, row.provisional = due.due, due.due_day, due.provisional
    if row.overdue_at is None and due.due > ctx.now:
        row.reminded_at = None
    _note(session, ctx, change, row, CORRECT, before, due.shown)
    if row.overdue_at is not None and due.due > row.overdue_at:
        # Who was late once stays late; whether that holds, people decide, and they are told what has changed.
        title = f"改正期限随工作日历顺延，请复核已记的逾期：{row.title}"
        corrections.tell(session, ctx, row, corrections.verifiers(session), corrections.TO_VERIFY, title)


def _note(
    session: WriteSession,
    ctx: Context,
    change: CalendarChange,
    row: Correction,
    label: str,
    before: str,
    after: str,
) -> None:
    text = f"{label} {before} → {after}：{change.reason}"
    said = {"change": change.id, "label": label, "before": before, "after": after}
    corrections.note(session, ctx, row, MOVED, text, **said)


def _move_task(row: Task, session: WriteSession, ctx: Context, change: CalendarChange, due: Due) -> None:
    before = shown(row.due_at, row.due_day) if row.due_at and row.due_day else ""
    row.due_at, row.due_day = due.due, due.due_day
    subject, healed = f"task:{row.id}", row.overdue_at is not None and due.due > ctx.now
    if due.due > ctx.now:
        row.reminded_at = row.overdue_at = None
    told = {"change": change.id, "before": before, "after": due.shown, "reason": change.reason}
    row.evidence = {**row.evidence, "moves": [*row.evidence.get("moves", []), told]}
    if row.kind == candidates.TASK:
        code = row.subject.removeprefix("candidate:")
        candidate = session.execute(select(Candidate).where(Candidate.code == code)).scalar_one()
        candidate.due_at, candidate.due_day = due.due, due.due_day
    after = {"due_at": due.due.astimezone(CITY).isoformat(), "change": change.id}
    audit.record(
        session, ctx, "task.due_moved", subject, before={"due": before}, after=after, reason=change.reason
    )
    if healed:
        supervision.close_on(session, ctx, subject, "dropped", _IN_TIME)


def _changes_of(task: Task) -> set[int]:
    moves: list[dict[str, Any]] = task.evidence.get("moves", [])
    return {int(each["change"]) for each in moves}


def _moved_events(session: ReadSession, change_id: int) -> list[CorrectionEvent]:
    """They come after the change, which keeps the look short."""
    at = session.get_one(CalendarChange, change_id).at
    rows = select(CorrectionEvent).where(CorrectionEvent.kind == MOVED, CorrectionEvent.at >= at)
    found = session.execute(rows.order_by(CorrectionEvent.id)).scalars()
    return [event for event in found if event.data.get("change") == change_id]


def moved_by(session: ReadSession, change: CalendarChange) -> list[KnowledgeMove]:
    """What a change has moved, corrections before tasks, closed ones among them."""
    found = []
    for event in _moved_events(session, change.id):
        row = session.get_one(Correction, event.correction_id)
        told = row.code, row.title, corrections.link_of(row), row.unit_id
        found.append(
            KnowledgeMove(str(event.data["label"]), *told, event.data["before"], event.data["after"])
        )
    rows = select(Task).where(Task.due_at.is_not(None), Task.opened_at <= change.at)
    standing = rows.where(Task.closed_at.is_(None) | (Task.closed_at >= change.at)).order_by(Task.id)
    for task in session.execute(standing).scalars():
        for each in task.evidence.get("moves", []):
            if each["change"] == change.id:
                told = f"task:{task.id}", task.title, task.link, task.unit_id
                found.append(KnowledgeMove(TASK, *told, each["before"], each["after"]))
    return found
