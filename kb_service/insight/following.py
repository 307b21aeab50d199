"""Units are merged or split: what stands open for them here follows to their heirs."""

from sqlalchemy import select, update

from kb_service.core.db import affected
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit, UnitSuccessor
from kb_service.insight.gaps.model import Gap
from kb_service.insight.matters.model import Consultation, ConsultationUnit
from kb_service.insight.warnings.model import RiskWarning


def follow(parts: Runtime) -> int:
    """Hands on what is open of units that are no more; returns how many rows moved."""
    moved = 0
    with parts.database.write() as session:
        for old, new in session.execute(
            select(UnitSuccessor.old_unit_id, UnitSuccessor.new_unit_id)
            .join(Unit, Unit.id == UnitSuccessor.old_unit_id)
            .where(
                UnitSuccessor.how == "merge", Unit.active.is_(False), UnitSuccessor.since <= parts.clock.now()
            )
        ).tuples():
            open_one = select(Consultation.id).where(Consultation.closed_at.is_(None))
            statements = (
                update(Gap).where(Gap.unit_id == old, Gap.state == "open").values(unit_id=new),
                update(RiskWarning)
                .where(
                    RiskWarning.unit_id == old,
                    RiskWarning.handled_at.is_(None),
                    RiskWarning.gone_at.is_(None),
                )
                .values(unit_id=new),
                update(Consultation)
                .where(Consultation.lead_unit_id == old, Consultation.closed_at.is_(None))
                .values(lead_unit_id=new),
                update(ConsultationUnit)
                .where(
                    ConsultationUnit.unit_id == old,
                    ConsultationUnit.consultation_id.in_(open_one),
                    ConsultationUnit.consultation_id.not_in(
                        select(ConsultationUnit.consultation_id).where(ConsultationUnit.unit_id == new)
                    ),
                )
                .values(unit_id=new),
            )
            moved += sum(affected(session, each) for each in statements)
    return moved
