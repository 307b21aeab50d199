"""Leaders' days and special seats: who sits where, and the list by which their calls are followed."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, not_, select

from kb_service.core import paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit
from kb_service.notices import roster
from kb_service.regulations import rules as regulation
from kb_service.regulations import service as regulations
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life.words import DONE, STATUS_NAMES
from kb_service.tickets.seats import schemas
from kb_service.tickets.seats.following_up import sitters
from kb_service.tickets.seats.model import SeatCall
from kb_service.tickets.service import seeing

# Ended without a unit having handled it: nothing is left to follow but to tell the result.
_ENDED = sorted(DONE | {"refused", "put_through", "split", "merged"})


def _followed() -> ColumnElement[bool]:
    return and_(SeatCall.followed_at.is_not(None), Ticket.status.in_(_ENDED))


def seats(session: ReadSession, ctx: Context) -> list[schemas.SeatOut]:
    """The seats of the city's rules, with who sits there now and how many calls are being followed."""
    waiting = (
        select(SeatCall.seat, func.count(SeatCall.ticket_id))
        .join(Ticket, Ticket.id == SeatCall.ticket_id)
        .where(*seeing.in_scope(ctx), not_(_followed()))
        .group_by(SeatCall.seat)
    )
    counts = dict(session.execute(waiting).tuples().all())
    found = []
    for key, rule in regulations.standing_profile(session).seats.items():
        clause, article = regulation.cited(rule)
        duty = f"{roster.SEAT}{key}" if rule.rota else ""
        there = roster.on_duty(session, duty, ctx.now) if duty else []
        found.append(
            schemas.SeatOut(
                id=key,
                label=rule.label,
                clause=clause,
                article=article,
                duty=duty,
                sitting=sitters(session, ctx, key),
                mine=ctx.actor.account_id in there,
                waiting=counts.get(key, 0),
            )
        )
    return found


def calls(
    session: ReadSession,
    ctx: Context,
    *,
    seat: str = "",
    followed: bool = False,
    since: datetime | None = None,
    cursor: str = "",
    limit: int = 20,
) -> paging.Page[schemas.SeatCallOut]:
    """Calls being followed, or those that were followed to their end; the newest first."""
    rows = (
        select(SeatCall, Ticket, Unit.name)
        .join(Ticket, Ticket.id == SeatCall.ticket_id)
        .outerjoin(Unit, Unit.id == Ticket.unit_id)
        .where(*seeing.in_scope(ctx), _followed() if followed else not_(_followed()))
        .order_by(SeatCall.ticket_id.desc())
    )
    rows = rows.where(SeatCall.seat == seat) if seat else rows
    rows = rows.where(SeatCall.taken_at >= since) if since else rows
    rows = rows.where(SeatCall.ticket_id < paging.decode_cursor(cursor, [int])[0]) if cursor else rows
    found = [tuple(row) for row in session.execute(rows.limit(limit + 1))]
    page = paging.page_of(found, limit, lambda row: [row[0].ticket_id])
    names = {key: rule.label for key, rule in regulations.standing_profile(session).seats.items()}
    items = [_out(call, ticket, unit or "", names) for call, ticket, unit in page.items]
    return paging.Page(items, page.next)


def _out(call: SeatCall, ticket: Ticket, unit: str, names: dict[str, str]) -> schemas.SeatCallOut:
    return schemas.SeatCallOut(
        code=ticket.code,
        title=ticket.title,
        seat=call.seat,
        seat_label=names.get(call.seat, call.seat),
        sitting=call.sitting,
        taken_at=call.taken_at,
        status=ticket.status,
        status_label=STATUS_NAMES[ticket.status],
        unit_name=unit,
        due_at=ticket.due_at,
        result=call.result,
        followed=call.followed_at is not None and ticket.status in _ENDED,
    )
