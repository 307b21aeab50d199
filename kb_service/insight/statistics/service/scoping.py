"""Whose tickets are counted: what was asked for, within what the actor may see."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Forbidden, NotFound
from kb_service.identity.model import Region, Unit
from kb_service.identity.rules import descendants
from kb_service.identity.service import people
from kb_service.insight.statistics.model import TicketFact, TicketMark
from kb_service.insight.statistics.rules import Scope


@dataclass(frozen=True)
class Reach:
    """Ids of units and codes of regions; None means all."""

    units: frozenset[int] | None
    regions: frozenset[str] | None

    def facts(self) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.units is not None:
            conditions.append(TicketFact.unit_id.in_(sorted(self.units)))
        if self.regions is not None:
            conditions.append(TicketFact.region_code.in_(sorted(self.regions)))
        return conditions

    def marks(self) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.units is not None:
            conditions.append(TicketMark.unit_id.in_(sorted(self.units)))
        if self.regions is not None:
            conditions.append(TicketMark.region_code.in_(sorted(self.regions)))
        return conditions


def reach(session: ReadSession, ctx: Context, scope: Scope) -> Reach:
    """Raises NotFound for what does not exist, Forbidden for a unit outside the actor's scope."""
    units = ctx.actor.unit_scope
    if scope.unit is not None:
        root = people.unit_by_code(session, scope.unit)
        if not ctx.actor.in_scope(root.id):
            raise Forbidden(f"您不能查看“{root.name}”的统计。", code="out_of_scope")
        parents = dict(session.execute(select(Unit.id, Unit.parent_id)).tuples().all())
        below = descendants([root.id], parents)
        units = below if units is None else below & units
    return Reach(units, _regions(session, scope.region))


def _regions(session: ReadSession, code: str | None) -> frozenset[str] | None:
    if code is None:
        return None
    if session.get(Region, code) is None:
        raise NotFound(f"没有编码为“{code}”的行政区划。", code="unknown_region")
    return descendants([code], dict(session.execute(select(Region.code, Region.parent_code)).tuples().all()))
