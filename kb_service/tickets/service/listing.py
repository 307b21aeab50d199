"""Lists of tickets: by keyset, what is due first before the rest."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, UnaryExpression, and_, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from kb_service.core import paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import NotFound
from kb_service.identity.model import Unit
from kb_service.identity.service import people
from kb_service.regulations.words import CLASS_NAMES
from kb_service.tickets import schemas
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life.words import OPEN, STATUS_NAMES
from kb_service.tickets.service import seeing

_NUMBER = re.compile(r"\d{4,8}(-\d*)?")
FRONT = 3_000
# As in the index of the migration.
TITLE_CHARACTERS = "to_tsvector('simple', regexp_replace(tickets_ticket.title, '(.)', '\\1 ', 'g'))"


@dataclass(frozen=True)
class TicketFilter:
    """`status` is one of them, or `open` for all that are not finished."""

    q: str = ""
    status: str = ""
    unit: str = ""
    region: str = ""
    request_class: str = ""
    overdue: bool = False
    card: str = ""


@dataclass(frozen=True)
class Names:
    """Names of the units and regions that rows refer to."""

    units: Mapping[int, Unit]
    regions: Mapping[str, str]

    @classmethod
    def load(cls, session: ReadSession) -> "Names":
        units = {unit.id: unit for unit in people.all_units(session)}
        return cls(units, {region.code: region.name for region in people.regions(session)})

    def unit(self, unit_id: int | None) -> tuple[str, str]:
        found = self.units.get(unit_id) if unit_id is not None else None
        return (found.code, found.name) if found else ("", "")


def list_tickets(
    session: ReadSession, ctx: Context, wanted: TicketFilter, cursor: str = "", limit: int = 20
) -> paging.Page[schemas.TicketRow]:
    """What is due first comes first; what is not due at all after it, the newest first."""
    rows = select(Ticket).where(*seeing.in_scope(ctx), *_conditions(session, ctx, wanted))
    if cursor:
        rows = rows.where(_after(session, cursor))
    found = _first(session, rows, wanted.q.replace("%", "").replace("_", "").strip(), limit + 1)
    page = paging.page_of(found, limit, lambda ticket: [ticket.id])
    names = Names.load(session)
    return paging.Page([row(ticket, names, ctx) for ticket in page.items], page.next)


def _after(session: ReadSession, cursor: str) -> ColumnElement[bool]:
    last = session.get(Ticket, paging.decode_cursor(cursor, [int])[0])
    if last is None:
        raise NotFound("翻页位置已不存在，请从第一页重新查询。", code="bad_cursor")
    older = Ticket.id < last.id
    if last.due_at is None:
        return and_(Ticket.due_at.is_(None), older)
    later = or_(Ticket.due_at > last.due_at, and_(Ticket.due_at == last.due_at, older))
    return or_(Ticket.due_at.is_(None), later)


def _conditions(session: ReadSession, ctx: Context, wanted: TicketFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.status == "open":
        conditions.append(Ticket.status.in_(sorted(OPEN)))
    elif wanted.status:
        conditions.append(Ticket.status == wanted.status)
    if wanted.unit:
        conditions.append(Ticket.unit_id == people.unit_by_code(session, wanted.unit).id)
    if wanted.region:
        conditions.append(Ticket.region_code == wanted.region)
    if wanted.request_class:
        conditions.append(Ticket.request_class == wanted.request_class)
    if wanted.card:
        conditions.append(Ticket.card == wanted.card)
    if wanted.overdue:
        conditions.append(Ticket.due_at <= ctx.now)
    return conditions


def _first(session: ReadSession, rows: Select[tuple[Ticket]], text: str, count: int) -> Sequence[Ticket]:
    """The first of them in the order of the list whose number begins so or whose title holds it."""
    if not text:
        return _in_turn(session, rows, Ticket, count)
    if _NUMBER.fullmatch(text):
        return _in_turn(session, rows.where(Ticket.code.between(text, f"{text}~")), Ticket, count)
    held = Ticket.title.contains(text)
    if session.dialect_name != "postgresql":
        return _in_turn(session, rows.where(held), Ticket, count)
    # What many titles hold is found sooner in the order of the list than by the index of titles.
    front = aliased(Ticket, rows.order_by(*_turn(Ticket)).limit(FRONT).subquery())
    found = _in_turn(session, select(front).where(front.title.contains(text)), front, count)
    if len(found) == count:
        return found
    # The index knows titles by their characters; what it finds is looked at once more.
    words = func.plainto_tsquery(literal_column("'simple'"), " ".join(text))
    return _in_turn(
        session, rows.where(literal_column(TITLE_CHARACTERS).op("@@")(words), held), Ticket, count
    )


def _in_turn(
    session: ReadSession, rows: Select[tuple[Ticket]], table: type[Ticket], count: int
) -> Sequence[Ticket]:
    return session.execute(rows.order_by(*_turn(table)).limit(count)).scalars().all()


def _turn(table: type[Ticket]) -> tuple[UnaryExpression[Any], UnaryExpression[Any]]:
    return table.due_at.asc().nulls_last(), table.id.desc()


def counts(session: ReadSession, ctx: Context) -> dict[str, int]:
    """How many tickets stand where, among those the actor may see; `overdue` besides."""
    by_status = (
        select(Ticket.status, func.count(Ticket.id)).where(*seeing.in_scope(ctx)).group_by(Ticket.status)
    )
    overdue = select(func.count(Ticket.id)).where(*seeing.in_scope(ctx), Ticket.due_at <= ctx.now)
    found = {status: int(number) for status, number in session.execute(by_status)}
    return found | {"overdue": session.execute(overdue).scalar_one()}


def row(ticket: Ticket, names: Names, ctx: Context) -> schemas.TicketRow:
    return schemas.TicketRow.model_validate(columns(ticket, names, ctx))


def columns(ticket: Ticket, names: Names, ctx: Context) -> dict[str, object]:
    code, name = names.unit(ticket.unit_id)
    return {
        "code": ticket.code,
        "title": ticket.title,
        "request_class": ticket.request_class,
        "class_label": CLASS_NAMES[ticket.request_class],
        "status": ticket.status,
        "status_label": STATUS_NAMES[ticket.status],
        "channel": ticket.channel,
        "region": ticket.region_code,
        "region_name": names.regions.get(ticket.region_code, ticket.region_code),
        "unit": code,
        "unit_name": name,
        "registered_at": ticket.registered_at,
        "due_at": ticket.due_at,
        "leading": ticket.leading or "",
        "card_colour": ticket.card or "",
        "overdue": ticket.due_at is not None and ticket.due_at <= ctx.now,
        "sudden": ticket.sudden,
        "confidential": ticket.confidential,
    }
