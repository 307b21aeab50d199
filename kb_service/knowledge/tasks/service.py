"""Asking units to do something about their knowledge, and seeing that it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Select, and_, or_, select

from kb_service.core import audit, paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound, Pointer
from kb_service.identity.model import Account, AccountRole, Role, Unit
from kb_service.knowledge.tasks import rules
from kb_service.knowledge.tasks.model import Task
from kb_service.notices.service import notify, settle

NOTICE = "knowledge.task"
REMINDER = "knowledge.task_due"
EDIT = "knowledge.edit"
Outcome = Literal["done", "dropped"]
_NOTE: Pointer = {"pointer": "/note", "detail": "请写明办理情况"}


@dataclass(frozen=True)
class TaskView:
    id: int
    kind: str
    subject: str
    unit_code: str
    unit_name: str
    title: str
    link: str
    evidence: Mapping[str, Any]
    clause: str | None
    opened_at: datetime
    due_at: datetime | None
    due_day: date | None
    closed_at: datetime | None
    outcome: str | None
    note: str
    state: str
    state_name: str
    may_close: bool = False


def open_task(
    session: WriteSession,
    ctx: Context,
    *,
    kind: str,
    subject: str,
    unit_id: int,
    title: str,
    link: str,
    evidence: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
    due_day: date | None = None,
    clause: str | None = None,
) -> Task:
    """Opens a task and tells the unit's editors; where one of the kind is open on the subject, gives that."""
    standing = _standing(session, kind, subject)
    if standing is not None:
        return standing
    task = Task(
        kind=kind,
        subject=subject,
        unit_id=unit_id,
        title=title[:200],
        link=link,
        evidence=dict(evidence or {}),
        clause=clause,
        opened_at=ctx.now,
        due_at=due_at,
        due_day=due_day,
    )
    session.add(task)
    session.flush()
    notify(session, ctx, editors_of(session, unit_id), NOTICE, task.title, link, _about(task))
    audit.record(session, ctx, "task.opened", _about(task), after={"kind": kind, "subject": subject})
    return task


def close_task(
    session: WriteSession, ctx: Context, kind: str, subject: str, outcome: Outcome, note: str = ""
) -> bool:
    """Closes the open task of the kind on the subject; False where there is none."""
    task = _standing(session, kind, subject)
    if task is None:
        return False
    _close(session, ctx, task, outcome, note)
    return True


def close_by_id(session: WriteSession, ctx: Context, task_id: int, outcome: Outcome, note: str) -> TaskView:
    """By a person of the unit, who says what was done or why nothing is to be done; what a rule asks for by the
    centre alone, lest a word take the place of the deed.
    """
    task = session.execute(select(Task).where(Task.id == task_id).with_for_update()).scalar_one_or_none()
    if task is None or not ctx.actor.in_scope(task.unit_id):
        raise NotFound("没有这项任务。", code="unknown_task")
    if not ctx.actor.may(EDIT):
        raise Forbidden("您没有办理知识任务的权限。", extra={"permission": EDIT})
    if task.closed_at is not None:
        raise Conflict("这项任务已经办结。", code="task_closed")
    if not rules.may_close(task.clause, ctx.actor.unit_scope):
        raise Forbidden(
            "依规定交办的任务在事项办完后自行办结，不能由本单位手工办结；确实无须办理的，请联系热线中心。",
            code="set_by_rule", extra={"clause": task.clause},
        )  # fmt: skip
    if len(note.strip()) < 2:
        raise Invalid("请写明怎样办理的，或为何无须办理。", code="note_required", pointers=[_NOTE])
    _close(session, ctx, task, outcome, note.strip())
    return _view(task, *_unit(session, task.unit_id), ctx)


def tasks_of(
    session: ReadSession,
    ctx: Context,
    *,
    unit_code: str = "",
    kind: str = "",
    closed: bool = False,
    cursor: str = "",
    limit: int = 20,
) -> paging.Page[TaskView]:
    """Tasks of the units in the actor's scope; open ones by what is due first, closed ones newest first."""
    statement: Select[Any] = select(Task, Unit.code, Unit.name).join(Unit, Unit.id == Task.unit_id)
    if ctx.actor.unit_scope is not None:
        statement = statement.where(Task.unit_id.in_(ctx.actor.unit_scope))
    if unit_code:
        statement = statement.where(Unit.code == unit_code)
    if kind:
        statement = statement.where(Task.kind == kind)
    statement = statement.where(Task.closed_at.is_not(None) if closed else Task.closed_at.is_(None))
    rows = session.execute(_ordered(statement, closed, cursor).limit(limit + 1)).all()
    views = [_view(task, code, name, ctx) for task, code, name in rows]
    return paging.page_of(views, limit, lambda view: _key(view, closed))


def _ordered(statement: Select[Any], closed: bool, cursor: str) -> Select[Any]:
    if closed:
        if cursor:
            statement = statement.where(Task.id < paging.decode_cursor(cursor, [int])[0])
        return statement.order_by(Task.id.desc())
    if cursor:
        due, task_id = paging.decode_cursor(cursor, [str, int])
        statement = statement.where(_after(due, task_id))
    return statement.order_by(Task.due_at.is_(None), Task.due_at, Task.id)


def _after(due: str, task_id: int) -> Any:
    if not due:
        return and_(Task.due_at.is_(None), Task.id > task_id)
    try:
        instant = datetime.fromisoformat(due)
    except ValueError:
        raise Invalid("翻页位置（cursor）无效，请从第一页重新查询。", code="bad_cursor") from None
    later = or_(Task.due_at > instant, and_(Task.due_at == instant, Task.id > task_id))
    return or_(Task.due_at.is_(None), later)


def _key(view: TaskView, closed: bool) -> list[Any]:
    return [view.id] if closed else [view.due_at.isoformat() if view.due_at else "", view.id]


def editors_of(session: ReadSession, unit_id: int) -> list[int]:
    """Active accounts of the unit whose role lets them write its knowledge."""
    roles = [role.code for role in session.execute(select(Role)).scalars() if EDIT in role.permissions]
    rows = (
        select(Account.id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.unit_id == unit_id, Account.active.is_(True), AccountRole.role_code.in_(roles))
        .distinct()
    )
    return list(session.execute(rows).scalars())


def _standing(session: WriteSession, kind: str, subject: str) -> Task | None:
    wanted = (Task.kind == kind, Task.subject == subject, Task.closed_at.is_(None))
    return session.execute(select(Task).where(*wanted).with_for_update()).scalar_one_or_none()


def _close(session: WriteSession, ctx: Context, task: Task, outcome: Outcome, note: str) -> None:
    task.closed_at, task.outcome, task.note = ctx.now, outcome, note
    task.closed_by = ctx.actor.account_id
    settle(session, ctx, _about(task), NOTICE)
    settle(session, ctx, _about(task), REMINDER)
    audit.record(session, ctx, f"task.{outcome}", _about(task), reason=note)


def _about(task: Task) -> str:
    return f"task:{task.id}"


def _unit(session: ReadSession, unit_id: int) -> tuple[str, str]:
    unit = session.get_one(Unit, unit_id)
    return unit.code, unit.name


def _view(task: Task, unit_code: str, unit_name: str, ctx: Context) -> TaskView:
    state = rules.state(task.due_at, task.closed_at, task.outcome, ctx.now)
    return TaskView(
        id=task.id,
        kind=task.kind,
        subject=task.subject,
        unit_code=unit_code,
        unit_name=unit_name,
        title=task.title,
        link=task.link,
        evidence=task.evidence,
        clause=task.clause,
        opened_at=task.opened_at,
        due_at=task.due_at,
        due_day=task.due_day,
        closed_at=task.closed_at,
        outcome=task.outcome,
        note=task.note,
        state=state,
        state_name=rules.STATES[state],
        may_close=task.closed_at is None
        and ctx.actor.may(EDIT)
        and rules.may_close(task.clause, ctx.actor.unit_scope),
    )
