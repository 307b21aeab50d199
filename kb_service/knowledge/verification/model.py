"""Intervals of verification, verifications, and audits of samples."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Interval(Base):
    """How many days a confirmation holds, from an instant on: of a type, or of one point.

    Rows are only added; `days` None takes a point's own interval away again.
    """

    __tablename__ = "knowledge_verification_interval"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    type: Mapped[str | None] = mapped_column(String(12))
    point_id: Mapped[int | None] = mapped_column(ForeignKey("knowledge_point.id"), index=True)
    days: Mapped[int | None]
    set_at: Mapped[datetime]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))

    __table_args__ = (
        CheckConstraint("(type IS NULL) <> (point_id IS NULL)", name="of_type_or_point"),
        CheckConstraint("days BETWEEN 1 AND 3660", name="days"),
    )


class Verification(Base):
    """A person of the owner unit says that a version is still right, until a day. Never changed."""

    __tablename__ = "knowledge_verification"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    point_id: Mapped[int] = mapped_column(ForeignKey("knowledge_point.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    until: Mapped[date]
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"))
    note: Mapped[str] = mapped_column(String(500), default="")


class Freshness(Base):
    """When the live version of a point has to be verified again: a projection that can be made anew.

    `stale`: an interval changed since it was worked out.
    """

    __tablename__ = "knowledge_freshness"

    point_id: Mapped[int] = mapped_column(ForeignKey("knowledge_point.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"))
    due_at: Mapped[datetime] = mapped_column(index=True)
    stale: Mapped[bool] = mapped_column(default=False)


class AuditPlan(Base):
    """A sample for auditors. `seed`, `strata` and `drawn_at` are all it takes to draw it again."""

    __tablename__ = "knowledge_audit_plan"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    period_from: Mapped[date]
    period_to: Mapped[date]
    strata: Mapped[list[Any]]
    seed: Mapped[str] = mapped_column(String(64))
    drawn_at: Mapped[datetime]
    population: Mapped[int]
    population_hash: Mapped[str] = mapped_column(String(64))
    auditors: Mapped[list[Any]]
    created_by: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    closed_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("period_to >= period_from", name="period"),)


class AuditItem(Base):
    """One version to be looked at by one auditor, who neither wrote nor reviewed it."""

    __tablename__ = "knowledge_audit_item"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("knowledge_audit_plan.id"))
    rank: Mapped[int]
    stratum: Mapped[str] = mapped_column(String(20))
    point_id: Mapped[int] = mapped_column(ForeignKey("knowledge_point.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    auditor_id: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"), index=True)
    result: Mapped[str | None] = mapped_column(String(8))
    severity: Mapped[str | None] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(16), default="")
    checks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    remark: Mapped[str] = mapped_column(String(1000), default="")
    at: Mapped[datetime | None]
    correction_code: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (
        UniqueConstraint("plan_id", "point_id"),
        UniqueConstraint("plan_id", "rank"),
        CheckConstraint("result IN ('right', 'wrong')", name="result"),
        CheckConstraint("severity IN ('general', 'serious')", name="severity"),
        CheckConstraint("(severity IS NULL) OR (result = 'wrong')", name="severity_of_wrong"),
        CheckConstraint("(result IS NULL) = (at IS NULL)", name="dated"),
        Index("ix_knowledge_audit_item_work", "plan_id", "auditor_id", "result"),
    )
