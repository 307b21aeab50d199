"""The tickets behind a figure, so that whoever is counted can check it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from kb_service.core import paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid, NotFound
from kb_service.identity.model import Unit
from kb_service.insight.statistics.model import TicketFact, TicketMark
from kb_service.insight.statistics.periods import Period
from kb_service.insight.statistics.rules import KINDS, MARKED, Scope, Tally, for_figure
from kb_service.insight.statistics.service import scoping
from kb_service.regulations.words import CLASS_NAMES
from kb_service.tickets.model import Ticket

Side = Literal["all", "counted", "missed", "left_out"]
SIDES: dict[Side, str] = {
    "all": "全部",
    "counted": "计入分子",
    "missed": "未计入分子",
    "left_out": "按规则不计",
}


@dataclass(frozen=True)
class Behind:
    """A ticket behind a figure: the day it counts on, for whom, and whether it is in the numerator.

    `key` names what was marked, for an appeal; empty for what is counted by registration. `left_out`: by
    which rule it does not count; else empty.
    """

    ticket: str
    title: str
    class_label: str
    unit_code: str
    unit_name: str
    day: date
    counted: bool
    left_out: str
    key: str


def behind(
    session: ReadSession,
    ctx: Context,
    period: Period,
    scope: Scope,
    figure: str,
    side: Side = "all",
    cursor: str = "",
    limit: int = 20,
) -> paging.Page[Behind]:
    """The newest first. Needs `stats.read` and `ticket.read`; confidential tickets are shown to those who may.

    Raises NotFound for an unknown figure, Invalid for one that is not counted from tickets.
    """
    ctx.actor.require("stats.read")
    ctx.actor.require("ticket.read")
    if figure not in KINDS:
        raise NotFound(f"没有“{figure}”这个指标，可用：{'、'.join(KINDS)}。", code="unknown_figure")
    reach = scoping.reach(session, ctx, scope)
    if figure in MARKED:
        return _marks(session, ctx, period, reach, figure, side, cursor, limit)
    if figure in {"volume", "instant_rate", "completion_rate"}:
        return _registered(session, ctx, period, reach, figure, side, cursor, limit)
    raise Invalid("知识报送及时率不由工单计算，请在单位履责台账查看明细。", code="not_of_tickets")


def _visible(ctx: Context) -> list[ColumnElement[bool]]:
    return [] if ctx.actor.may("ticket.confidential") else [Ticket.confidential.is_(False)]


def _registered(
    session: ReadSession,
    ctx: Context,
    period: Period,
    reach: scoping.Reach,
    figure: str,
    side: Side,
    cursor: str,
    limit: int,
) -> paging.Page[Behind]:
    counted: ColumnElement[bool] = TicketFact.ticket_id.is_not(None)
    belongs = counted
    if figure == "instant_rate":
        counted = TicketFact.disposal == "instant"
    elif figure == "completion_rate":
        belongs = TicketFact.disposal != "none"
        counted = and_(belongs, TicketFact.done_at.is_not(None))
    rows = (
        select(Ticket, TicketFact.registered_day, Unit.code, Unit.name, counted.label("counted"))
        .join(TicketFact, TicketFact.ticket_id == Ticket.id)
        .outerjoin(Unit, Unit.id == TicketFact.unit_id)
        .where(TicketFact.registered_day.between(period.first, period.last), *reach.facts(), *_visible(ctx))
        .order_by(Ticket.id.desc())
    )
    sides: dict[Side, ColumnElement[bool]] = {
        "all": belongs, "counted": counted, "missed": and_(belongs, ~counted), "left_out": ~belongs,
    }  # fmt: skip
    rows = rows.where(sides[side])
    if cursor:
        rows = rows.where(Ticket.id < paging.decode_cursor(cursor, [int])[0])
    found = session.execute(rows.limit(limit + 1)).all()
    page = paging.page_of(found, limit, lambda row: [row[0].id])
    items = [
        Behind(
            ticket.code,
            ticket.title,
            CLASS_NAMES[ticket.request_class],
            code or "",
            name or "",
            day,
            yes,
            "",
            "",
        )
        for ticket, day, code, name, yes in page.items
    ]
    return paging.Page(items, page.next)


def _marks(
    session: ReadSession,
    ctx: Context,
    period: Period,
    reach: scoping.Reach,
    figure: str,
    side: Side,
    cursor: str,
    limit: int,
) -> paging.Page[Behind]:
    rows = _marked(figure, side).where(
        TicketMark.day.between(period.first, period.last), *reach.marks(), *_visible(ctx)
    )
    if cursor:
        ticket_id, stay, nth = paging.decode_cursor(cursor, [int, int, int])
        mine = TicketMark.ticket_id == ticket_id
        later = or_(TicketMark.stay > stay, and_(TicketMark.stay == stay, TicketMark.nth > nth))
        rows = rows.where(or_(TicketMark.ticket_id < ticket_id, and_(mine, later)))
    found = session.execute(rows.limit(limit + 1)).all()
    page = paging.page_of(found, limit, lambda row: [row[0].ticket_id, row[0].stay, row[0].nth])
    items = [_behind(figure, mark, ticket, code, name) for mark, ticket, code, name in page.items]
    return paging.Page(items, page.next)


def _marked(figure: str, side: Side) -> Select[tuple[TicketMark, Ticket, str, str]]:
    good = TicketMark.done if figure == "reply_rate" else TicketMark.good
    kept, share = TicketMark.left_out == "", KINDS[figure].share
    rows = (
        select(TicketMark, Ticket, Unit.code, Unit.name)
        .join(Ticket, Ticket.id == TicketMark.ticket_id)
        .outerjoin(Unit, Unit.id == TicketMark.unit_id)
        .where(TicketMark.name == MARKED[figure])
        .order_by(TicketMark.ticket_id.desc(), TicketMark.stay, TicketMark.nth)
    )
    if figure == "late_returns":
        rows = rows.where(TicketMark.good.is_(False))
    sides: dict[Side, list[ColumnElement[bool]]] = {
        "all": [],
        "counted": [kept, *([good.is_(True)] if share else [])],
        "missed": [kept, good.is_(False) if share else false()],
        "left_out": [~kept],
    }
    return rows.where(*sides[side])


def _behind(figure: str, mark: TicketMark, ticket: Ticket, code: str | None, name: str | None) -> Behind:
    return Behind(
        ticket=ticket.code,
        title=ticket.title,
        class_label=CLASS_NAMES[ticket.request_class],
        unit_code=code or "",
        unit_name=name or "",
        day=mark.day,
        counted=for_figure(figure, Tally(mark.good, mark.done, mark.left_out))[1],
        left_out=mark.left_out,
        key=key_of(ticket.code, mark),
    )


def key_of(ticket_code: str, mark: TicketMark) -> str:
    """Names a mark for ever."""
    return f"ticket:{ticket_code}:{mark.name}:{mark.stay}:{mark.nth}"


def mark_of(session: ReadSession, key: str) -> TicketMark | None:
    """The mark that a key names; None for one that is not there any more."""
    parts = key.split(":")
    if len(parts) != 5 or parts[0] != "ticket" or not (parts[3] + parts[4]).isdigit():
        return None
    rows = (
        select(TicketMark)
        .join(Ticket, Ticket.id == TicketMark.ticket_id)
        .where(
            Ticket.code == parts[1],
            TicketMark.name == parts[2],
            TicketMark.stay == int(parts[3]),
            TicketMark.nth == int(parts[4]),
        )
    )
    return session.execute(rows).scalar_one_or_none()
