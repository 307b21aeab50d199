"""Warnings, and how a city wants each rule."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt

_STANDS = text("handled_at IS NULL AND gone_at IS NULL")


class RiskWarning(Base):
    """`key` tells the same thing seen again: of each one stands at a time. `gone_at`: it passed by itself."""

    __tablename__ = "insight_warning"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    rule: Mapped[str] = mapped_column(String(30))
    key: Mapped[str] = mapped_column(String(160))
    level: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(String(200))
    evidence: Mapped[dict[str, Any]]
    link: Mapped[str] = mapped_column(String(300))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    region_code: Mapped[str | None] = mapped_column(ForeignKey("identity_region.code"))
    matter_id: Mapped[int | None] = mapped_column(ForeignKey("insight_matter.id"))
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    done: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        CheckConstraint("level IN ('high', 'medium')", name="level"),
        CheckConstraint("(handled_at IS NULL) OR (done <> '')", name="done"),
        Index(
            "uq_insight_warning_stands", "key", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS
        ),
        Index("ix_insight_warning_queue", "handled_at", "gone_at", "id"),
        Index("ix_insight_warning_key", "key", "id"),
    )


class WarningRule(Base):
    """What a city has changed of a rule: whether it runs, and from which number on it warns."""

    __tablename__ = "insight_warning_rule"

    rule: Mapped[str] = mapped_column(String(30), primary_key=True)
    runs: Mapped[bool]
    at_least: Mapped[int]
