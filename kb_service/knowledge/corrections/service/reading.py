"""Reading corrections: queues, one with its history, what became of one's reports."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select, true

from kb_service.core import paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit
from kb_service.knowledge.corrections import rules
from kb_service.knowledge.corrections.model import Correction, CorrectionEvent, CorrectionReport
from kb_service.knowledge.corrections.rules import OPEN, Status
from kb_service.knowledge.corrections.service import records
from kb_service.regulations.calendar import shown
from kb_service.regulations.clauses import cite
from kb_service.supervision import service as supervision

CENTRE = (Status.REPORTED, Status.OBJECTED)
UNITS = (Status.CONFIRMED,)
OWN_TARGET = "热线中心自定目标"


@dataclass(frozen=True)
class CorrectionView:
    """`clock` is the time that runs now, `due` when it runs out, `basis` on what it rests."""

    row: Correction
    unit_code: str
    unit_name: str
    reports: int
    clock: str
    due_at: datetime | None
    due_shown: str
    late: bool
    basis: str

    @property
    def code(self) -> str:
        return self.row.code

    @property
    def status_name(self) -> str:
        return rules.STATUS_NAMES[Status(self.row.status)]

    @property
    def kind_name(self) -> str:
        return rules.KINDS[self.row.kind]

    @property
    def grade_name(self) -> str:
        return rules.GRADES.get(self.row.grade, "")


@dataclass(frozen=True)
class Detail:
    """`supervision` is the code of what is open on it, if anything."""

    view: CorrectionView
    reports: list[CorrectionReport]
    events: list[CorrectionEvent]
    supervision: str | None


def queue(
    session: ReadSession,
    ctx: Context,
    *,
    stage: str = "",
    unit: str = "",
    point: str = "",
    cursor: str = "",
    limit: int = 20,
) -> paging.Page[CorrectionView]:
    """`stage`: `verify` (for the centre), `correct` (for units), `closed`, `mine` (one's own reports) or empty
    for all that is open. What is due first stands first; what is closed, the latest first.
    """
    where = [_concerns(ctx), _stage(ctx, stage)]
    if unit:
        where.append(Unit.code == unit)
    if point:
        where.append(Correction.point_code == point)
    ended = stage in ("closed", "mine")
    due = func.coalesce(Correction.due_at, Correction.verify_due_at)
    rows = select(Correction, Unit.code, Unit.name).join(Unit, Unit.id == Correction.unit_id).where(*where)
    offset = paging.decode_cursor(cursor, [int])[0] if cursor else 0
    order = (Correction.id.desc(),) if ended else (due, Correction.id)
    found = session.execute(rows.order_by(*order).offset(max(0, offset)).limit(limit + 1)).all()
    counts = _report_counts(session, [row[0].id for row in found])
    views = [view_of(row[0], row[1], row[2], counts.get(row[0].id, 0), ctx.now) for row in found]
    more = len(views) > limit
    return paging.Page(views[:limit], paging.encode_cursor([offset + limit]) if more else None)


def _stage(ctx: Context, stage: str) -> ColumnElement[bool]:
    if stage == "verify":
        return Correction.status.in_(CENTRE)
    if stage == "correct":
        return Correction.status.in_(UNITS)
    if stage == "closed":
        return Correction.closed_at.is_not(None)
    if stage == "mine":
        return _reported_by(ctx)
    return Correction.status.in_(OPEN)


def _reported_by(ctx: Context) -> ColumnElement[bool]:
    return exists().where(
        CorrectionReport.correction_id == Correction.id,
        CorrectionReport.account_id == ctx.actor.account_id,
        CorrectionReport.account_id.is_not(None),
    )


def _concerns(ctx: Context) -> ColumnElement[bool]:
    """The centre sees all, a unit what concerns its points, and everybody what they reported."""
    ctx.actor.require("knowledge.read_internal")
    if ctx.actor.may(records.VERIFY):
        return true()
    if not ctx.actor.may("knowledge.edit") and not ctx.actor.may("supervision.read"):
        return _reported_by(ctx)
    scope = ctx.actor.unit_scope
    return true() if scope is None else or_(Correction.unit_id.in_(scope), _reported_by(ctx))


def counts(session: ReadSession, ctx: Context) -> dict[str, int]:
    """How many corrections stand at each stage, of those that concern the actor."""
    rows = (
        select(Correction.status, func.count(Correction.id))
        .where(_concerns(ctx), Correction.closed_at.is_(None))
        .group_by(Correction.status)
    )
    found = dict(session.execute(rows).tuples().all())
    return {
        "verify": sum(found.get(status, 0) for status in CENTRE),
        "correct": sum(found.get(status, 0) for status in UNITS),
    }


def _report_counts(session: ReadSession, ids: list[int]) -> dict[int, int]:
    rows = (
        select(CorrectionReport.correction_id, func.count(CorrectionReport.id))
        .where(CorrectionReport.correction_id.in_(ids), CorrectionReport.retracted_at.is_(None))
        .group_by(CorrectionReport.correction_id)
    )
    return dict(session.execute(rows).tuples().all())


def view_of(row: Correction, unit_code: str, unit_name: str, reports: int, now: datetime) -> CorrectionView:
    clock, due_at, due_shown, late, basis = "", None, "", False, ""
    if row.status in CENTRE:
        clock, basis = "核实", OWN_TARGET
        if row.status == Status.REPORTED:
            due_at, due_shown = row.verify_due_at, shown(row.verify_due_at, row.verify_due_day)
            late = row.verify_overdue_at is not None or now >= row.verify_due_at
    elif row.due_at is not None and row.due_day is not None:
        clock, due_at, due_shown = "改正", row.due_at, shown(row.due_at, row.due_day)
        basis = cite(row.due_clause) if row.due_clause else OWN_TARGET
    if row.status != Status.REPORTED:
        ended = row.closed_at or now
        late = row.overdue_at is not None or rules.overdue(
            row.due_at, ended, overdue_at=None, objected_at=row.objected_at
        )
    return CorrectionView(row, unit_code, unit_name, reports, clock, due_at, due_shown, late, basis)


def detail(session: ReadSession, ctx: Context, code: str) -> Detail:
    """Raises NotFound also for what does not concern the actor."""
    found = records.find(session, code)
    concerns = select(Correction.id).where(Correction.id == found.id, _concerns(ctx))
    if session.execute(concerns).first() is None:
        raise records.unknown(code)
    unit = session.get_one(Unit, found.unit_id)
    reports = records.reports_of(session, found)
    standing = sum(each.retracted_at is None for each in reports)
    events = select(CorrectionEvent).where(CorrectionEvent.correction_id == found.id)
    return Detail(
        view_of(found, unit.code, unit.name, standing, ctx.now),
        reports,
        list(session.execute(events.order_by(CorrectionEvent.seq)).scalars()),
        supervision.code_on(session, records.subject_of(found)),
    )


def of_point(session: ReadSession, ctx: Context, code: str) -> list[CorrectionView]:
    """Open corrections of a point, for whoever works with it inside the hotline."""
    ctx.actor.require("knowledge.read_internal")
    rows = (
        select(Correction, Unit.code, Unit.name)
        .join(Unit, Unit.id == Correction.unit_id)
        .where(Correction.point_code == code, Correction.closed_at.is_(None))
        .order_by(Correction.id)
    )
    found = session.execute(rows).all()
    numbers = _report_counts(session, [row[0].id for row in found])
    return [view_of(row[0], row[1], row[2], numbers.get(row[0].id, 0), ctx.now) for row in found]


@dataclass(frozen=True)
class Line:
    """What a citizen is told of what they reported in a conversation."""

    title: str
    status: str
    status_name: str


CITIZENS: dict[str, str] = {
    Status.REPORTED: "已收到，正在核实",
    Status.CONFIRMED: "确有问题，正由单位改正",
    Status.OBJECTED: "正在核实",
    Status.CORRECTED: "已改正，可以重新提问",
    Status.WITHDRAWN: "确有问题，这条内容已停用",
    Status.REJECTED: "经核实内容无误",
    Status.DISMISSED: "经核实内容无误",
    Status.RETRACTED: "已撤回",
}


def of_conversation(session: ReadSession, conversation: str) -> dict[int, Line]:
    """By the id of what was shown: how the correction it led to stands."""
    rows = (
        select(CorrectionReport.shown_id, Correction.title, Correction.status)
        .join(Correction, Correction.id == CorrectionReport.correction_id)
        .where(CorrectionReport.conversation_id == conversation, CorrectionReport.shown_id.is_not(None))
        .order_by(CorrectionReport.id)
    )
    return {row.shown_id: Line(row.title, row.status, CITIZENS[row.status]) for row in session.execute(rows)}
