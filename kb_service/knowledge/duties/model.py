"""The scheme of scores, sudden events that need a script, published scores, appeals."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt

_OPEN = text("status = 'open'")


class DutyScheme(Base):
    """Weights and own targets of a city, for periods that begin on `valid_from` or later. Rows are only added."""

    __tablename__ = "knowledge_duty_scheme"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    valid_from: Mapped[date] = mapped_column(index=True)
    scheme: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(500), default="")
    set_at: Mapped[datetime]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))


class SuddenEvent(Base):
    """A major or sudden event on which a unit owes a script 应答口径 at once.

    `asked_at` is when it was recorded and the unit told. `point_id` is the script that answers it, filed at
    `answered_at`; `linked_at` is when that was seen.
    """

    __tablename__ = "knowledge_sudden_event"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    happened_at: Mapped[datetime]
    asked_at: Mapped[datetime] = mapped_column(index=True)
    target_minutes: Mapped[int]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    point_id: Mapped[int | None] = mapped_column(ForeignKey("knowledge_point.id"), index=True)
    answered_at: Mapped[datetime | None]
    linked_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("happened_at <= asked_at", name="order"),
        CheckConstraint("(point_id IS NULL) = (answered_at IS NULL)", name="answered"),
    )


class DutyAppeal(Base):
    """A unit says that an entry of its ledger should not count; the centre decides."""

    __tablename__ = "knowledge_duty_appeal"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    entry: Mapped[str] = mapped_column(String(120))
    entry_title: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text, default="")
    filed_by: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    filed_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str] = mapped_column(String(500), default="")

    __table_args__ = (
        CheckConstraint("status IN ('open', 'approved', 'rejected')", name="status"),
        CheckConstraint("(status = 'open') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("decided_by <> filed_by", name="four_eyes"),
        Index(
            "uq_knowledge_duty_appeal_open",
            "unit_id",
            "entry",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )


class PublishedScore(Base):
    """A unit's score as it was published: `inputs_hash` shows whether a recomputation saw the same."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    period_from: Mapped[date]
    period_to: Mapped[date]
    known_at: Mapped[datetime]
    score: Mapped[str | None] = mapped_column(String(8))
    scheme: Mapped[dict[str, Any]]
    inputs_hash: Mapped[str] = mapped_column(String(64))
    published_by: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    published_at: Mapped[datetime]


class DutyScore(PublishedScore):
    __tablename__ = "knowledge_duty_score"

    measures: Mapped[list[Any]]

    __table_args__ = (UniqueConstraint("unit_id", "period_from", "period_to", "published_at"),)
