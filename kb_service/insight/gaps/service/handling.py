"""Gaps as people see them, and what they decide: a unit is asked to write it, or it is not for the base."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from kb_service.core import audit, paging
from kb_service.core.clock import day_start, local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit
from kb_service.identity.service import people
from kb_service.insight.gaps import rules
from kb_service.insight.gaps.model import Gap, GapQuestion
from kb_service.insight.gaps.service import asking, finding
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.tasks.service import open_task

READ = ("stats.read", "knowledge.edit")
MANAGE = "insight.manage"
EXAMPLES = 30


@dataclass(frozen=True)
class GapFilter:
    state: str = "open"
    unit: str = ""
    source: str = ""
    at_least: int = 1
    q: str = ""


@dataclass(frozen=True)
class GapRow:
    id: int
    question: str
    state: str
    state_name: str
    times: int
    unit: str
    unit_name: str
    unit_reason: str
    first_at: datetime
    last_at: datetime
    checked_at: datetime | None
    confidence: float | None
    answered_by: str | None
    closed_at: datetime | None


@dataclass(frozen=True)
class Said:
    source: str
    source_name: str
    ref: str
    question: str
    at: datetime


@dataclass(frozen=True)
class GapTask:
    id: int
    unit_name: str
    opened_at: datetime
    due_day: date | None
    closed_at: datetime | None
    outcome: str | None
    note: str


@dataclass(frozen=True)
class GapView(GapRow):
    sources: dict[str, int]
    questions: list[Said]
    task: GapTask | None
    reason: str
    may_manage: bool


@dataclass(frozen=True)
class OfUnit:
    """How many gaps a unit has open, with a task, and closed."""

    code: str
    name: str
    open: int
    task: int
    closed: int


def list_gaps(
    session: ReadSession, ctx: Context, wanted: GapFilter, cursor: str = "", limit: int = 20
) -> paging.Page[GapRow]:
    """What was asked most comes first."""
    rows = (
        select(Gap)
        .where(*_in_scope(ctx), *_conditions(session, wanted))
        .order_by(Gap.times.desc(), Gap.id.desc())
    )
    if cursor:
        times, gap_id = paging.decode_cursor(cursor, [int, int])
        rows = rows.where(or_(Gap.times < times, (Gap.times == times) & (Gap.id < gap_id)))
    units = {unit.id: unit for unit in people.all_units(session)}
    found = [
        _row(gap, units.get(gap.unit_id or 0)) for gap in session.execute(rows.limit(limit + 1)).scalars()
    ]
    return paging.page_of(found, limit, lambda row: [row.times, row.id])


def _in_scope(ctx: Context) -> list[ColumnElement[bool]]:
    if not any(ctx.actor.may(each) for each in READ):
        raise Forbidden("您没有查看知识缺口的权限。", extra={"permission": READ[0]})
    if ctx.actor.unit_scope is None:
        return []
    return [Gap.unit_id.in_(sorted(ctx.actor.unit_scope))]


def _conditions(session: ReadSession, wanted: GapFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Gap.times >= wanted.at_least]
    if wanted.state:
        found.append(Gap.state == wanted.state)
    if wanted.unit == "-":
        found.append(Gap.unit_id.is_(None))
    elif wanted.unit:
        found.append(Gap.unit_id == people.unit_by_code(session, wanted.unit).id)
    if wanted.source:
        found.append(Gap.id.in_(select(GapQuestion.gap_id).where(GapQuestion.source == wanted.source)))
    if wanted.q.strip():
        found.append(Gap.question.contains(wanted.q.strip().replace("%", "").replace("_", "")))
    return found


def by_unit(session: ReadSession, ctx: Context) -> list[OfUnit]:
    """The units with gaps of the last months, most open ones first; without a unit at the end."""
    rows = (
        select(Gap.unit_id, Gap.state, func.count(Gap.id))
        .where(*_in_scope(ctx))
        .group_by(Gap.unit_id, Gap.state)
    )
    counts: dict[int | None, Counter[str]] = {}
    for unit_id, state, number in session.execute(rows).tuples():
        counts.setdefault(unit_id, Counter())[state] = number
    names = {unit.id: (unit.code, unit.name) for unit in people.all_units(session)}
    found = [
        OfUnit(
            *(names[unit_id] if unit_id else ("-", "尚无建议单位")),
            each["open"],
            each["task"],
            each["closed"],
        )
        for unit_id, each in counts.items()
    ]
    return sorted(found, key=lambda each: (-(each.open + each.task), each.code))


def get_gap(session: ReadSession, ctx: Context, gap_id: int) -> GapView:
    gap = _find(session, ctx, gap_id)
    unit = session.get(Unit, gap.unit_id) if gap.unit_id else None
    rows = (
        select(GapQuestion)
        .where(GapQuestion.gap_id == gap_id)
        .order_by(GapQuestion.at.desc(), GapQuestion.ref)
    )
    sources = session.execute(
        select(GapQuestion.source, func.count())
        .where(GapQuestion.gap_id == gap_id)
        .group_by(GapQuestion.source)
    ).tuples()
    return GapView(
        **vars(_row(gap, unit)),
        sources={rules.SOURCE_NAMES[source]: number for source, number in sources},
        questions=[
            Said(each.source, rules.SOURCE_NAMES[each.source], each.ref, each.question, each.at)
            for each in session.execute(rows.limit(EXAMPLES)).scalars()
        ],
        task=_task(session, gap),
        reason=gap.reason,
        may_manage=ctx.actor.may(MANAGE),
    )


def _find(session: ReadSession, ctx: Context, gap_id: int) -> Gap:
    rows = select(Gap).where(Gap.id == gap_id, *_in_scope(ctx))
    gap = session.execute(rows).scalar_one_or_none()
    if gap is None:
        raise NotFound("没有这个知识缺口，或者它不属于您的单位。", code="unknown_gap")
    return gap


def _task(session: ReadSession, gap: Gap) -> GapTask | None:
    task = session.get(Task, gap.task_id) if gap.task_id else None
    if task is None:
        return None
    unit = session.get_one(Unit, task.unit_id)
    return GapTask(task.id, unit.name, task.opened_at, task.due_day, task.closed_at, task.outcome, task.note)


def to_task(
    session: WriteSession, ctx: Context, gap_id: int, unit_code: str, due_day: date | None = None
) -> GapView:
    """Asks a unit to write what is missing; its editors are told."""
    gap = _held(session, ctx, gap_id)
    if gap.state not in {"open", "task"} or (gap.state == "task" and _standing(session, gap)):
        raise Conflict(f"这个缺口{rules.STATE_NAMES[gap.state]}，不能再转任务。", code="gap_not_open")
    if not unit_code:
        raise Invalid(
            "请选择由哪个单位补充。",
            code="unit_required",
            pointers=[{"pointer": "/unit", "detail": "请选择单位"}],
        )
    if due_day is not None and due_day < local_day(ctx.now):
        detail = "截止日不能早于今天"
        raise Invalid(f"{detail}。", code="bad_due_day", pointers=[{"pointer": "/due_day", "detail": detail}])
    unit = people.unit_by_code(session, unit_code)
    questions = (
        select(GapQuestion.question).where(GapQuestion.gap_id == gap_id).order_by(GapQuestion.at.desc())
    )
    said: Sequence[str] = list(dict.fromkeys(session.execute(questions.limit(EXAMPLES)).scalars()))[:10]
    task = open_task(
        session,
        ctx,
        kind=finding.TASK,
        subject=finding.subject(gap.id),
        unit_id=unit.id,
        title=f"请补充知识：{gap.question}",
        link=f"/gaps/{gap.id}",
        evidence={"times": gap.times, "questions": list(said)},
        due_day=due_day,
        due_at=day_start(due_day + timedelta(days=1)) if due_day else None,
    )
    gap.state, gap.task_id, gap.unit_id = "task", task.id, unit.id
    gap.decided_by = ctx.actor.account_id
    audit.record(
        session, ctx, "gap.task", finding.subject(gap.id), after={"unit": unit.code, "task": task.id}
    )
    return get_gap(session, ctx, gap_id)


def _standing(session: ReadSession, gap: Gap) -> bool:
    task = session.get(Task, gap.task_id) if gap.task_id else None
    return task is not None and task.closed_at is None


def dismiss(session: WriteSession, ctx: Context, gap_id: int, reason: str) -> GapView:
    """Not for the base, and asked again it stays so."""
    gap = _held(session, ctx, gap_id)
    if gap.state != "open":
        raise Conflict(f"这个缺口{rules.STATE_NAMES[gap.state]}，不能再忽略。", code="gap_not_open")
    if len(reason.strip()) < 2:
        detail = "请写明为什么不入库"
        raise Invalid(
            f"{detail}。", code="reason_required", pointers=[{"pointer": "/reason", "detail": detail}]
        )
    gap.state, gap.reason, gap.decided_by = "dismissed", reason.strip(), ctx.actor.account_id
    audit.record(session, ctx, "gap.dismissed", finding.subject(gap.id), reason=gap.reason)
    return get_gap(session, ctx, gap_id)


def reopen(session: WriteSession, ctx: Context, gap_id: int) -> GapView:
    gap = _held(session, ctx, gap_id)
    if gap.state != "dismissed":
        raise Conflict("这个缺口没有被忽略。", code="gap_not_dismissed")
    gap.state, gap.reason, gap.checked_at = "open", "", None
    audit.record(session, ctx, "gap.reopened", finding.subject(gap.id))
    return get_gap(session, ctx, gap_id)


def ask_again(parts: Runtime, ctx: Context, gap_id: int) -> GapView:
    """Whether the question would be answered now; in transactions of its own, for the question leaves no trace."""
    with parts.database.read() as session:
        question = _find(session, ctx, gap_id).question
    told = asking.ask(parts, question)
    with parts.database.write() as session:
        finding.settle(session, ctx, gap_id, told)
        return get_gap(session, ctx, gap_id)


def _held(session: WriteSession, ctx: Context, gap_id: int) -> Gap:
    ctx.actor.require(MANAGE)
    _find(session, ctx, gap_id)
    rows = select(Gap).where(Gap.id == gap_id).with_for_update()
    return session.execute(rows.execution_options(populate_existing=True)).scalar_one()


def _row(gap: Gap, unit: Unit | None) -> GapRow:
    return GapRow(
        id=gap.id,
        question=gap.question,
        state=gap.state,
        state_name=rules.STATE_NAMES[gap.state],
        times=gap.times,
        unit=unit.code if unit else "",
        unit_name=unit.name if unit else "",
        unit_reason=gap.unit_reason,
        first_at=gap.first_at,
        last_at=gap.last_at,
        checked_at=gap.checked_at,
        confidence=gap.confidence,
        answered_by=gap.answered_by,
        closed_at=gap.closed_at,
    )
