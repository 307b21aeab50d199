"""Which tickets an actor may see."""

from sqlalchemy import ColumnElement, or_, select

from kb_service.core.clauses import rule
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import NotFound
from kb_service.supervision.service import subjects
from kb_service.tickets.model import Ticket, TicketTask, TicketUnit


def find(session: ReadSession, ctx: Context, code: str) -> Ticket:
    """The ticket, where the actor may see it; NotFound otherwise, so that nobody learns that it exists."""
    rows = select(Ticket).where(Ticket.code == code, *in_scope(ctx))
    ticket = session.execute(rows).scalar_one_or_none()
    if ticket is None:
        raise NotFound(f"没有编号为 {code} 的工单，或您无权查看。", code="unknown_ticket")
    return ticket


def _there(session: ReadSession, code: str) -> bool:
    return session.execute(select(Ticket.id).where(Ticket.code == code)).first() is not None


subjects.declare("ticket", _there)


def _everything(_ctx: Context) -> list[ColumnElement[bool]]:
    return []


@rule("MZ-20", neutral=_everything)
def in_scope(ctx: Context) -> list[ColumnElement[bool]]:
    """The rows the actor may see: their unit has the ticket, received it first, cooperates, or has
    a sub-task of it to do.
    """
    conditions: list[ColumnElement[bool]] = []
    if not ctx.actor.may("ticket.confidential"):
        conditions.append(Ticket.confidential.is_(False))
    if ctx.actor.unit_scope is not None:
        mine = sorted(ctx.actor.unit_scope)
        beside = select(TicketUnit.ticket_id).where(TicketUnit.unit_id.in_(mine))
        inside = select(TicketTask.ticket_id).where(
            TicketTask.unit_id.in_(mine), TicketTask.done_at.is_(None)
        )
        conditions.append(or_(Ticket.unit_id.in_(mine), Ticket.id.in_(beside), Ticket.id.in_(inside)))
    return conditions


def told_title(ticket: Ticket) -> str:
    """What a ticket is called where people may read it who may not see the ticket."""
    return "保密工单" if ticket.confidential else ticket.title
