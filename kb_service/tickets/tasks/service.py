"""The queue of sub-tasks: kept in line with the histories, and read by those whose work it is."""

from typing import Literal

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from kb_service.core import paging, personal
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Forbidden, NotFound
from kb_service.identity.model import Unit
from kb_service.tickets.model import Ticket, TicketTask
from kb_service.tickets.rules.life import State
from kb_service.tickets.rules.life.words import WITH_UNIT
from kb_service.tickets.tasks.schemas import TaskCountsOut, TaskOut

Which = Literal["open", "overdue", "done"]


def project(session: WriteSession, ticket: Ticket, before: State, after: State) -> None:
    """Those of an earlier stay that nobody finished leave the queue; the history keeps them."""
    was, now = (each.leg.sub_tasks if each.leg is not None else () for each in (before, after))
    if was == now:
        return
    gone = {each.id for each in was} - {each.id for each in now}
    if gone:
        over = (TicketTask.ticket_id == ticket.id, TicketTask.name.in_(gone), TicketTask.done_at.is_(None))
        session.execute(delete(TicketTask).where(*over))
    codes = select(Unit.code, Unit.id).where(Unit.code.in_([each.to for each in now]))
    units = dict(session.execute(codes).tuples().all())
    for each in now:
        row = session.get(TicketTask, (ticket.id, each.id))
        if row is None and each.to in units:
            # Of those from before only the facts are known here.
            row = TicketTask(ticket_id=ticket.id, name=each.id, unit_id=units[each.to])
            row.title = personal.mask_said(each.title)
            session.add(row)
        if row is not None:
            row.opened_at, row.due_day = each.opened_at, each.due_day
            row.done_at = each.done_at
    session.flush()


def check_own(session: ReadSession, ctx: Context, ticket: Ticket, name: str) -> None:
    """Whoever sees the ticket for a sub-task only finishes no other's."""
    scope = ctx.actor.unit_scope
    row = session.get(TicketTask, (ticket.id, name))
    if scope is None or row is None or ticket.unit_id in scope or row.unit_id in scope:
        return
    raise Forbidden("这项子任务由别的科室办理。", code="other_unit")


def follow(session: WriteSession, old: int, new: int, ticket_id: int | None = None) -> None:
    """A unit's open sub-tasks, all or those of one ticket, go to who takes its place."""
    standing = [TicketTask.unit_id == old, TicketTask.done_at.is_(None)]
    if ticket_id is not None:
        standing.append(TicketTask.ticket_id == ticket_id)
    session.execute(update(TicketTask).where(*standing).values(unit_id=new))


def queue(
    session: ReadSession, ctx: Context, which: Which = "open", cursor: str = "", limit: int = 50
) -> paging.Page[TaskOut]:
    """What is due first comes first; of what is done, the latest."""
    ctx.actor.require("ticket.handle")
    rows = (
        select(TicketTask, Ticket, Unit)
        .join(Ticket, Ticket.id == TicketTask.ticket_id)
        .join(Unit, Unit.id == TicketTask.unit_id)
        .where(*_of(ctx, which))
    )
    if which == "done":
        rows = rows.order_by(TicketTask.done_at.desc(), TicketTask.ticket_id, TicketTask.name)
    else:
        rows = rows.order_by(TicketTask.due_day, TicketTask.ticket_id, TicketTask.name)
    if cursor:
        rows = rows.where(_after(session, which, cursor))
    found = session.execute(rows.limit(limit + 1)).tuples().all()
    page = paging.page_of(found, limit, lambda each: [each[0].ticket_id, each[0].name])
    return paging.Page([_out(ctx, *each) for each in page.items], page.next)


def _of(ctx: Context, which: Which) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if ctx.actor.unit_scope is not None:
        wanted.append(TicketTask.unit_id.in_(sorted(ctx.actor.unit_scope)))
    if not ctx.actor.may("ticket.confidential"):
        wanted.append(Ticket.confidential.is_(False))
    if which == "done":
        return [*wanted, TicketTask.done_at.is_not(None)]
    wanted += [TicketTask.done_at.is_(None), Ticket.status.in_(sorted(WITH_UNIT))]
    if which == "overdue":
        wanted.append(TicketTask.due_day < local_day(ctx.now))
    return wanted


def _after(session: ReadSession, which: Which, cursor: str) -> ColumnElement[bool]:
    ticket_id, name = paging.decode_cursor(cursor, [int, str])
    last = session.get(TicketTask, (ticket_id, name))
    if last is None:
        raise NotFound("翻页位置已不存在，请从第一页重新查询。", code="bad_cursor")
    later = or_(
        TicketTask.ticket_id > last.ticket_id,
        and_(TicketTask.ticket_id == last.ticket_id, TicketTask.name > last.name),
    )
    if which == "done":
        return or_(TicketTask.done_at < last.done_at, and_(TicketTask.done_at == last.done_at, later))
    return or_(TicketTask.due_day > last.due_day, and_(TicketTask.due_day == last.due_day, later))


def counts(session: ReadSession, ctx: Context) -> TaskCountsOut:
    def number(which: Which) -> int:
        rows = select(func.count()).select_from(TicketTask).join(Ticket, Ticket.id == TicketTask.ticket_id)
        return session.execute(rows.where(*_of(ctx, which))).scalar_one()

    return TaskCountsOut(open=number("open"), overdue=number("overdue"), done=number("done"))


def _out(ctx: Context, task: TicketTask, ticket: Ticket, unit: Unit) -> TaskOut:
    return TaskOut(
        ticket=ticket.code,
        ticket_title=ticket.title,
        id=task.name,
        title=task.title,
        unit=unit.code,
        unit_name=unit.name,
        opened_at=task.opened_at,
        due_day=task.due_day,
        overdue=task.done_at is None and task.due_day < local_day(ctx.now),
        ticket_due=ticket.due_at,
        done_at=task.done_at,
    )
