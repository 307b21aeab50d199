"""Changes of units, planned and applied, and to whom each point belonged before."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class UnitChange(Base):
    """`plan` is what was asked for, by codes; `moved` counts what went to which unit when it was applied."""

    __tablename__ = "knowledge_unit_change"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(String(300))
    plan: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(10))
    effective_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    moved: Mapped[dict[str, Any] | None]
    problem: Mapped[str] = mapped_column(String(400), default="")

    __table_args__ = (
        CheckConstraint("kind IN ('rename', 'merge', 'split')", name="kind"),
        CheckConstraint("status IN ('planned', 'applied', 'cancelled', 'failed')", name="status"),
        Index("ix_knowledge_unit_change_due", "status", "effective_at"),
    )


class PointUnit(Base):
    """To which unit a point belonged until `until`; to which it belongs now stands with the point."""

    __tablename__ = "knowledge_point_unit"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    point_id: Mapped[int] = mapped_column(ForeignKey("knowledge_point.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    until: Mapped[datetime]
    change_id: Mapped[int] = mapped_column(ForeignKey("knowledge_unit_change.id"), index=True)

    __table_args__ = (Index("ix_knowledge_point_unit_asof", "point_id", "until"),)
