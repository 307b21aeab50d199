"""Corrections that stand open against points. What strangers report counts once the centre has confirmed it."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import case, exists, func, or_, select

from kb_service.core.db import ReadSession
from kb_service.knowledge.corrections.model import Correction, CorrectionReport
from kb_service.knowledge.corrections.rules import STAFF_WAYS
from kb_service.knowledge.service.lookups import chunks


@dataclass(frozen=True)
class Dispute:
    """`confirmed`: the centre has found at least one of them right."""

    open: int
    serious: bool
    confirmed: bool


def disputes_of(session: ReadSession, codes: Collection[str]) -> dict[str, Dispute]:
    found: dict[str, Dispute] = {}
    serious = or_(
        Correction.grade == "serious", (Correction.grade == "") & Correction.serious_claimed.is_(True)
    )
    confirmed = Correction.received_at.is_not(None)
    by_staff = exists().where(
        CorrectionReport.correction_id == Correction.id, CorrectionReport.way.in_(sorted(STAFF_WAYS))
    )
    for part in chunks(sorted(set(codes))):
        rows = (
            select(
                Correction.point_code,
                func.count(Correction.id),
                func.max(case((serious, 1), else_=0)),
                func.max(case((confirmed, 1), else_=0)),
            )
            .where(Correction.point_code.in_(part), Correction.closed_at.is_(None), or_(confirmed, by_staff))
            .group_by(Correction.point_code)
        )
        found |= {row[0]: Dispute(row[1], row[2] == 1, row[3] == 1) for row in session.execute(rows)}
    return found
