"""Gaps, and the questions each is made of."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Gap(Base):
    """Questions alike that the base did not answer. `question` is the one nearest to all, personal data masked.

    `state`: `open`, `task` (a unit was asked to write it), `closed` (the question would now be answered, by
    `answered_by`), `dismissed` (not for the base).
    """

    __tablename__ = "insight_gap"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    question: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    unit_reason: Mapped[str] = mapped_column(String(200), default="")
    centre: Mapped[bytes] = mapped_column(LargeBinary)
    encoder: Mapped[str] = mapped_column(String(80))
    times: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    found_at: Mapped[datetime]
    task_id: Mapped[int | None] = mapped_column(ForeignKey("knowledge_task.id"))
    checked_at: Mapped[datetime | None]
    confidence: Mapped[float | None] = mapped_column(Float)
    answered_by: Mapped[str | None] = mapped_column(String(32))
    closed_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))

    __table_args__ = (
        CheckConstraint("state IN ('open', 'task', 'closed', 'dismissed')", name="state"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        Index("ix_insight_gap_queue", "state", "times", "id"),
    )


class GapQuestion(Base):
    """One time it was asked: `source` is `decision`, `search` or `ticket`, `ref` the number there."""

    __tablename__ = "insight_gap_question"

    source: Mapped[str] = mapped_column(String(10), primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), primary_key=True)
    gap_id: Mapped[int] = mapped_column(ForeignKey("insight_gap.id"), index=True)
    question: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]

    __table_args__ = (CheckConstraint("source IN ('decision', 'search', 'ticket')", name="source"),)
