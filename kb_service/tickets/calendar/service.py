"""Following a change of the calendar through the open tickets, and telling what it moved."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, or_, select

from kb_service.core import audit, paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.identity.model import Unit
from kb_service.identity.service import actors
from kb_service.notices.service import notify
from kb_service.regulations import changes
from kb_service.regulations import service as regulations
from kb_service.regulations.calendar import WorkingCalendar, shown
from kb_service.regulations.model import CalendarChange
from kb_service.supervision import service as supervision
from kb_service.tickets.calendar import schemas
from kb_service.tickets.calendar.comparing import Move, moves
from kb_service.tickets.calendar.model import DueMove, Following
from kb_service.tickets.model import Ticket
from kb_service.tickets.service import histories, seeing, sweeping

BATCH = 100
HANDLE, DISPATCH = "ticket.handle", "ticket.dispatch"


def follow(session: WriteSession, ctx: Context, limit: int = BATCH) -> int:
    """Compares so many tickets with the oldest change that is not followed to its end; returns how many.

    A change is followed in the order in which it was made, so that each move tells what that change did.
    """
    change = _waiting(session)
    if change is None:
        return 0
    following = session.get(Following, change.id)
    if following is None:
        following = Following(change_id=change.id, begun_at=ctx.now)
        session.add(following)
        session.flush()
    tickets = _tickets(session, change, following.last_ticket_id, limit)
    for ticket in tickets:
        following.last_ticket_id = ticket.id
        following.compared += 1
        following.moved += _compare(session, ctx, change, ticket)
    if len(tickets) < limit:
        _end(session, ctx, change, following)
    return max(1, len(tickets))


def _waiting(session: ReadSession) -> CalendarChange | None:
    rows = (
        select(CalendarChange)
        .outerjoin(Following, Following.change_id == CalendarChange.id)
        .where(Following.ended_at.is_(None))
        .order_by(CalendarChange.id)
        .limit(1)
    )
    return session.execute(rows).scalar_one_or_none()


def _tickets(session: WriteSession, change: CalendarChange, after: int, limit: int) -> Sequence[Ticket]:
    """Those of which anything is still owed or awaited, and that the change found there."""
    rows = select(Ticket).where(
        Ticket.id > after,
        Ticket.registered_at <= change.at,
        or_(Ticket.due_at.is_not(None), Ticket.next_at.is_not(None)),
    )
    return session.execute(rows.order_by(Ticket.id).limit(limit)).scalars().all()


def _compare(session: WriteSession, ctx: Context, change: CalendarChange, ticket: Ticket) -> bool:
    """Keeps what moved, and makes the ticket's columns anew where anything did."""
    found = _moves(session, change, ticket)
    session.add_all(
        DueMove(
            change_id=change.id,
            ticket_id=ticket.id,
            unit_id=ticket.unit_id,
            name=each.name,
            label=each.label,
            clause=each.clause,
            before=each.before,
            before_day=each.before_day,
            after=each.after,
            after_day=each.after_day,
            at=ctx.now,
        )
        for each in found
    )
    if found:
        sweeping.bring_up(session, ctx, [ticket])
    return bool(found)


def _moves(session: ReadSession, change: CalendarChange, ticket: Ticket) -> list[Move]:
    rows = [row for row in histories.rows_of(session, ticket) if row.at <= change.at]
    rules = histories.rules_of(session, ticket)
    return moves(rules, [histories.event_of(row) for row in rows], change.at, *changes.calendars(change))


def _end(session: WriteSession, ctx: Context, change: CalendarChange, following: Following) -> None:
    """Supervisions follow, and everybody who holds a ticket that moved is told once, with the list."""
    following.ended_at = ctx.now
    session.flush()
    supervised = supervision.recount(session, ctx)
    audit.record(
        session,
        ctx,
        "calendar.followed",
        f"change:{change.id}",
        after={"compared": following.compared, "moved": following.moved, "supervisions": supervised},
        reason=change.reason,
    )
    if not following.moved:
        return
    subject, link = f"calendar:{change.id}", f"/calendar/changes/{change.id}"
    for unit_id, number in _by_unit(session, change.id):
        people = [account.id for account in actors.holders(session, HANDLE, [unit_id])]
        title = f"工作日历调整，本单位{number}件工单的期限有变化：{change.reason}"
        notify(session, ctx, people, "ticket.due_moved", title, link, subject)
    centre = [account.id for account in actors.holders(session, DISPATCH)]
    title = f"工作日历调整，{following.moved}件工单的期限有变化：{change.reason}"
    notify(session, ctx, centre, "ticket.due_moved", title, link, subject)


def _by_unit(session: ReadSession, change_id: int) -> list[tuple[int, int]]:
    """Units that had a ticket the change moved, with how many."""
    rows = (
        select(DueMove.unit_id, func.count(DueMove.ticket_id.distinct()))
        .where(DueMove.change_id == change_id, DueMove.unit_id.is_not(None))
        .group_by(DueMove.unit_id)
        .order_by(DueMove.unit_id)
    )
    return [(unit_id, number) for unit_id, number in session.execute(rows).tuples() if unit_id is not None]


def foreseen(
    session: ReadSession, ctx: Context, after: WorkingCalendar, limit: int = 0
) -> tuple[list[tuple[Ticket, list[Move]]], int]:
    """What a calendar that is not in force yet would move now, and how many tickets were compared.

    `limit` 0 compares every ticket of which anything is owed.
    """
    before = regulations.calendar(session)
    rows = select(Ticket).where(
        *seeing.in_scope(ctx), or_(Ticket.due_at.is_not(None), Ticket.next_at.is_not(None))
    )
    rows = rows.order_by(Ticket.id)
    found, compared = [], 0
    for ticket in session.execute(rows.limit(limit) if limit else rows).scalars():
        compared += 1
        events = [histories.event_of(row) for row in histories.rows_of(session, ticket)]
        at = max([ctx.now, *(each.at for each in events[-1:])])
        if moved := moves(histories.rules_of(session, ticket), events, at, before, after):
            found.append((ticket, moved))
    return found, compared


def year_of(session: ReadSession, ctx: Context, year: int) -> schemas.YearOut:
    """The days of a year that are not worked as the plain week says, each with what it rests on."""
    calendar = regulations.calendar(session)
    known = year in calendar.known_years
    return schemas.YearOut(
        year=year,
        announced=known,
        provisional=[] if known else [year],
        days=[schemas.DayOut.model_validate(each) for each in regulations.special_days(session, year)],
        unannounced=regulations.provisional_years(session, ctx),
    )


def changes_out(session: ReadSession, limit: int = 50) -> list[schemas.ChangeOut]:
    found = changes.latest(session, limit)
    ids = [change.id for change in found]
    rows = select(Following).where(Following.change_id.in_(ids))
    followed = {row.change_id: row for row in session.execute(rows).scalars()}
    return [_change(change, followed.get(change.id)) for change in found]


def change_out(session: ReadSession, change_id: int) -> schemas.ChangeOut:
    return _change(changes.find(session, change_id), session.get(Following, change_id))


def _change(change: CalendarChange, following: Following | None) -> schemas.ChangeOut:
    return schemas.ChangeOut(
        id=change.id,
        kind=change.kind,
        year=change.year,
        days={date.fromisoformat(day): working for day, working in change.days.items()},
        reason=change.reason,
        by=change.by,
        at=change.at,
        followed=following is not None and following.ended_at is not None,
        compared=following.compared if following else 0,
        moved=following.moved if following else 0,
    )


def moved(
    session: ReadSession, ctx: Context, change_id: int, cursor: str = "", limit: int = 20
) -> paging.Page[schemas.MoveOut]:
    """What a change moved among the tickets the actor may see, in the order in which they were compared."""
    changes.find(session, change_id)
    rows = (
        select(DueMove, Ticket, Unit.name)
        .join(Ticket, Ticket.id == DueMove.ticket_id)
        .outerjoin(Unit, Unit.id == DueMove.unit_id)
        .where(DueMove.change_id == change_id, *seeing.in_scope(ctx))
        .order_by(DueMove.id)
    )
    if cursor:
        rows = rows.where(DueMove.id > paging.decode_cursor(cursor, [int])[0])
    found = [tuple(row) for row in session.execute(rows.limit(limit + 1))]
    page = paging.page_of(found, limit, lambda row: [row[0].id])
    return paging.Page([_move(row, ticket, unit or "") for row, ticket, unit in page.items], page.next)


def moves_of(session: ReadSession, ticket: Ticket) -> list[schemas.MoveOut]:
    """What changes of the calendar did to one ticket, the newest first."""
    rows = select(DueMove).where(DueMove.ticket_id == ticket.id).order_by(DueMove.id.desc())
    found = session.execute(rows).scalars().all()
    reasons = {
        change_id: changes.find(session, change_id).reason for change_id in {m.change_id for m in found}
    }
    return [_move(row, ticket, "").model_copy(update={"reason": reasons[row.change_id]}) for row in found]


def _move(row: DueMove, ticket: Ticket, unit: str) -> schemas.MoveOut:
    return schemas.MoveOut(
        change=row.change_id,
        code=ticket.code,
        title=ticket.title,
        unit_name=unit,
        name=row.name,
        label=row.label,
        clause=row.clause,
        before=row.before,
        after=row.after,
        before_shown=shown(row.before, row.before_day) if row.before and row.before_day else "",
        after_shown=shown(row.after, row.after_day) if row.after and row.after_day else "",
        at=row.at,
    )
