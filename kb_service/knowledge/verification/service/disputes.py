"""Corrections that stand open against points. What strangers report counts once the centre has confirmed it."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, case, exists, func, or_, select

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


_SERIOUS = or_(Correction.grade == "serious", (Correction.grade == "") & Correction.serious_claimed.is_(True))
_CONFIRMED = Correction.received_at.is_not(None)
_BY_STAFF = exists().where(
    CorrectionReport.correction_id == Correction.id, CorrectionReport.way.in_(sorted(STAFF_WAYS))
)
# Made once: each key of an agent who types runs it.
_OPEN = (
    select(
        Correction.point_code,
        func.count(Correction.id),
        func.max(case((_SERIOUS, 1), else_=0)),
        func.max(case((_CONFIRMED, 1), else_=0)),
    )
    .where(
        Correction.point_code.in_(bindparam("codes", expanding=True)),
        Correction.closed_at.is_(None),
        or_(_CONFIRMED, _BY_STAFF),
    )
    .group_by(Correction.point_code)
)


def disputes_of(session: ReadSession, codes: Collection[str]) -> dict[str, Dispute]:
    found: dict[str, Dispute] = {}
    for part in chunks(sorted(set(codes))):
        rows = session.execute(_OPEN, {"codes": part})
        found |= {row[0]: Dispute(row[1], row[2] == 1, row[3] == 1) for row in rows}
    return found
