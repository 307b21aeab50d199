"""What a unit has been asked to do about its knowledge."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt

_IS_OPEN = text("closed_at IS NULL")


class Task(Base):
    """`kind` and `subject` tell what it is about; no two open ones are about the same.

    `due_at` is the first instant that is too late, `due_day` the day people are told.
    """

    __tablename__ = "knowledge_task"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(160))
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"))
    title: Mapped[str] = mapped_column(String(200))
    link: Mapped[str] = mapped_column(String(300))
    evidence: Mapped[dict[str, Any]]
    clause: Mapped[str | None] = mapped_column(String(20))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    due_day: Mapped[date | None]
    reminded_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text, default="")
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))

    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'dropped')", name="outcome"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed"),
        Index(
            "uq_knowledge_task_open",
            "kind",
            "subject",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index("ix_knowledge_task_unit", "unit_id", "closed_at", "id"),
        Index("ix_knowledge_task_due", "closed_at", "due_at"),
    )
