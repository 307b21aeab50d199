"""Whose requests somebody looks at when they look for matters: the city's, their place's, their unit's."""

from sqlalchemy import ColumnElement, and_, or_, select

from kb_service.core.clauses import rule
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.model import Region, Unit
from kb_service.tickets.model import Ticket
from kb_service.tickets.service import seeing

LOCAL = frozenset({"county", "town"})


@rule("TA-26", neutral=False)
def answers_for_its_place(kind: str) -> bool:
    """A district, town or street sees what is asked in its place, whoever handles it."""
    return kind in LOCAL


def place(session: ReadSession, ctx: Context) -> frozenset[str] | None:
    """The regions all of whose requests the actor looks at; None: the whole city, empty: none as such."""
    actor = ctx.actor
    if actor.unit_scope is None:
        return None
    unit = session.get(Unit, actor.unit_id) if actor.unit_id else None
    if unit is not None and answers_for_its_place(unit.kind):
        return actor.region_scope
    return frozenset()


def tickets(session: ReadSession, ctx: Context) -> list[ColumnElement[bool]]:
    """The requests that matters are counted from. Confidential ones are never among them."""
    open_to_all: list[ColumnElement[bool]] = [Ticket.confidential.is_(False)]
    regions = place(session, ctx)
    if regions is None:
        return open_to_all
    inside = Ticket.region_code.in_(sorted(regions))
    return [*open_to_all, or_(inside, and_(*seeing.in_scope(ctx)))]


def city(session: ReadSession) -> str:
    """The code of the region above all others."""
    root = select(Region.code).where(Region.parent_code.is_(None)).order_by(Region.code).limit(1)
    return session.execute(root).scalar_one_or_none() or ""
