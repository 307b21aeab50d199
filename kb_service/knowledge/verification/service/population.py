"""The live points at an instant, as a sample is drawn from them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select

from kb_service.core.clock import local_day
from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.model import Matter, Point, Version
from kb_service.knowledge.searches.model import Use
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.verification.sampling import Candidate


def population(session: ReadSession, at: datetime) -> list[Candidate]:
    """From history alone, so that it is the same whenever it is asked for; `used` counts the days before."""
    live = (
        select(Point.id, Point.code, Unit.code, Point.type, Matter.risk)
        .join(Version, and_(Version.point_id == Point.id, live_at(at)))
        .join(Unit, Unit.id == Point.unit_id)
        .outerjoin(Matter, Matter.code == Version.matter_code)
    )
    changes = _counts(
        session,
        select(Version.point_id, func.count(Version.id))
        .where(Version.approved_at <= at)
        .group_by(Version.point_id),
    )
    corrections = _counts(
        session,
        select(Correction.point_id, func.count(Correction.id))
        .where(Correction.received_at <= at)
        .group_by(Correction.point_id),
    )
    used = _counts(
        session,
        select(Use.point_id, func.sum(Use.chosen + Use.shown))
        .where(Use.day < local_day(at))
        .group_by(Use.point_id),
    )
    return [
        Candidate(
            code=code,
            unit=unit,
            type=type_,
            risk=risk or "normal",
            changes=changes.get(point_id, 1),
            corrections=corrections.get(point_id, 0),
            used=used.get(point_id, 0),
        )
        for point_id, code, unit, type_, risk in session.execute(live)
    ]


def _counts(session: ReadSession, statement: Select[Any]) -> dict[int, int]:
    return {row[0]: int(row[1]) for row in session.execute(statement)}
