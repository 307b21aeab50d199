"""What each unit has to tell of itself, and has not."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import NotFound
from kb_service.identity.model import Unit
from kb_service.knowledge.content import AgencyContent
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import DUTIES, DUTY_NAMES, missing_duties
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.service.views import CONTENT


@dataclass(frozen=True)
class Duty:
    code: str
    name: str


@dataclass(frozen=True)
class DutyReport:
    unit_code: str
    unit_name: str
    reported: list[Duty]
    missing: list[Duty]


def duties_of(session: ReadSession, ctx: Context, unit_code: str) -> DutyReport:
    """By the agency points of the unit that are live now."""
    unit = session.execute(select(Unit).where(Unit.code == unit_code)).scalar_one_or_none()
    if unit is None:
        raise NotFound(f"没有编码为“{unit_code}”的单位。", code="unknown_unit")
    return _reports(session, ctx, [unit])[0]


def units_lacking(session: ReadSession, ctx: Context) -> list[DutyReport]:
    """Active units in the actor's scope that have not reported everything."""
    statement = select(Unit).where(Unit.active.is_(True)).order_by(Unit.level, Unit.id)
    if ctx.actor.unit_scope is not None:
        statement = statement.where(Unit.id.in_(ctx.actor.unit_scope))
    units = list(session.execute(statement).scalars())
    return [report for report in _reports(session, ctx, units) if report.missing]


def _reports(session: ReadSession, ctx: Context, units: list[Unit]) -> list[DutyReport]:
    told: dict[int, list[AgencyContent]] = defaultdict(list)
    statement = (
        select(Point.unit_id, Version.content)
        .join(Version, Version.point_id == Point.id)
        .where(Point.type == "agency", Point.unit_id.in_([unit.id for unit in units]), live_at(ctx.now))
    )
    for unit_id, stored in session.execute(statement):
        content = CONTENT.validate_python(stored)
        if isinstance(content, AgencyContent):
            told[unit_id].append(content)
    return [_report(unit, missing_duties(told[unit.id])) for unit in units]


def _report(unit: Unit, missing: list[str]) -> DutyReport:
    return DutyReport(
        unit_code=unit.code,
        unit_name=unit.name,
        reported=[Duty(code, DUTY_NAMES[code]) for code in DUTIES if code not in missing],
        missing=[Duty(code, DUTY_NAMES[code]) for code in missing],
    )
