"""What each unit has to tell of itself, and has not."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import NotFound
from kb_service.identity.model import Unit
from kb_service.knowledge.content import AgencyContent
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import DUTIES, DUTY_NAMES, missing_duties
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.service.lookups import chunks
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


def unit_by_code(session: ReadSession, code: str) -> Unit:
    unit = session.execute(select(Unit).where(Unit.code == code)).scalar_one_or_none()
    if unit is None:
        raise NotFound(f"没有编码为“{code}”的单位。", code="unknown_unit")
    return unit


def duties_of(session: ReadSession, ctx: Context, unit_code: str) -> DutyReport:
    """By the agency points of the unit that are live now."""
    return _reports(session, ctx, [unit_by_code(session, unit_code)])[0]


def units_lacking(session: ReadSession, ctx: Context) -> list[DutyReport]:
    """Active units in the actor's scope that have not reported everything."""
    statement = select(Unit).where(Unit.active.is_(True)).order_by(Unit.level, Unit.id)
    if ctx.actor.unit_scope is not None:
        statement = statement.where(Unit.id.in_(ctx.actor.unit_scope))
    units = list(session.execute(statement).scalars())
    return [report for report in _reports(session, ctx, units) if report.missing]


def missing_at(session: ReadSession, unit_ids: Collection[int], at: datetime) -> dict[int, list[str]]:
    """Codes of what each unit had not told at an instant."""
    told: dict[int, list[AgencyContent]] = defaultdict(list)
    for part in chunks(sorted(unit_ids)):
        statement = (
            select(Point.unit_id, Version.content)
            .join(Version, Version.point_id == Point.id)
            .where(Point.type == "agency", Point.unit_id.in_(part), live_at(at))
        )
        for unit_id, stored in session.execute(statement):
            content = CONTENT.validate_python(stored)
            if isinstance(content, AgencyContent):
                told[unit_id].append(content)
    return {unit_id: missing_duties(told[unit_id]) for unit_id in unit_ids}


def _reports(session: ReadSession, ctx: Context, units: list[Unit]) -> list[DutyReport]:
    missing = missing_at(session, [unit.id for unit in units], ctx.now)
    return [_report(unit, missing[unit.id]) for unit in units]


def _report(unit: Unit, missing: list[str]) -> DutyReport:
    return DutyReport(
        unit_code=unit.code,
        unit_name=unit.name,
        reported=[Duty(code, DUTY_NAMES[code]) for code in DUTIES if code not in missing],
        missing=[Duty(code, DUTY_NAMES[code]) for code in missing],
    )
