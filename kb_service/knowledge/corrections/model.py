"""Corrections, every report that led to one, and their histories."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt
from kb_service.core.steps import Step

_IS_OPEN = text("closed_at IS NULL")


class Correction(Base):
    """What is said to be wrong with one version: reports on the same kind and field of it are one correction.

    `number` is the version that was reported; the warning stands on `stands_on`, the version live since.
    `received_at` is when the unit received the centre's notice, from which its time runs to `due_at`.
    `overdue_at` and `verify_overdue_at`, once set, stay. `fix_number` is the version that answers it.
    """

    __tablename__ = "knowledge_correction"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    point_id: Mapped[int] = mapped_column(ForeignKey("knowledge_point.id"), index=True)
    point_code: Mapped[str] = mapped_column(String(32))
    number: Mapped[int]
    stands_on: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    field: Mapped[str] = mapped_column(String(60), default="")
    title: Mapped[str] = mapped_column(String(128))
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    status: Mapped[str] = mapped_column(String(12))
    serious_claimed: Mapped[bool] = mapped_column(default=False)
    grade: Mapped[str] = mapped_column(String(8), default="")
    hold: Mapped[str] = mapped_column(String(8), default="none")
    profile_id: Mapped[str] = mapped_column(String(40))
    reported_at: Mapped[datetime]
    verify_due_at: Mapped[datetime]
    verify_due_day: Mapped[date]
    verify_overdue_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[str] = mapped_column(String(80), default="")
    finding: Mapped[str] = mapped_column(Text, default="")
    received_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    due_day: Mapped[date | None]
    due_clause: Mapped[str | None] = mapped_column(String(40))
    provisional: Mapped[bool] = mapped_column(default=False)
    reminded_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    urged_at: Mapped[datetime | None]
    ignored_at: Mapped[datetime | None]
    objection: Mapped[str] = mapped_column(Text, default="")
    objected_at: Mapped[datetime | None]
    fix_number: Mapped[int | None]
    closed_at: Mapped[datetime | None]
    outcome_note: Mapped[str] = mapped_column(Text, default="")
    last_seq: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint(
            "status IN ('reported', 'confirmed', 'objected', 'corrected', 'withdrawn', 'rejected',"
            " 'dismissed', 'retracted')",
            name="status",
        ),
        CheckConstraint(
            "(closed_at IS NULL) = (status IN ('reported', 'confirmed', 'objected'))", name="closed"
        ),
        CheckConstraint("grade IN ('', 'general', 'serious')", name="grade"),
        CheckConstraint("hold IN ('none', 'warn', 'suspend')", name="hold"),
        CheckConstraint("due_at IS NULL OR due_at > received_at", name="due"),
        Index(
            "uq_knowledge_correction_open",
            "point_id",
            "number",
            "kind",
            "field",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index(
            "ix_knowledge_correction_standing",
            "point_code",
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index("ix_knowledge_correction_queue", "status", "reported_at"),
    )


class CorrectionReport(Base):
    """One person's or check's report. Reporters keep theirs whatever it is merged into.

    `shown_id` is what of the register of answers was wrong; `conversation_id` and `ticket_code` name the
    citizen's conversation or ticket it came from. `told_at` is when the reporter was told the outcome.
    """

    __tablename__ = "knowledge_correction_report"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    correction_id: Mapped[int] = mapped_column(ForeignKey("knowledge_correction.id"), index=True)
    at: Mapped[datetime]
    way: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    reporter: Mapped[str] = mapped_column(String(80))
    conversation_id: Mapped[str | None] = mapped_column(String(36), index=True)
    ticket_code: Mapped[str | None] = mapped_column(String(20), index=True)
    shown_id: Mapped[int | None] = mapped_column(BigInt)
    remark: Mapped[str] = mapped_column(Text)
    serious: Mapped[bool] = mapped_column(default=False)
    evidence: Mapped[dict[str, Any]]
    retracted_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("way IN ('audit', 'agent', 'unit', 'chat', 'callback', 'check')", name="way"),
    )


class CorrectionEvent(Step):
    """One step in a correction's life; never changed."""

    __tablename__ = "knowledge_correction_event"

    correction_id: Mapped[int] = mapped_column(ForeignKey("knowledge_correction.id"))

    __table_args__ = (UniqueConstraint("correction_id", "seq"),)
