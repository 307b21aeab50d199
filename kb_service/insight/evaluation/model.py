"""Weights that a city has set, and scores as they were published. Rows are only added."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class EvaluationScheme(Base):
    """In place of the profile's own weights, for periods that begin on `valid_from` or later."""

    __tablename__ = "insight_evaluation_scheme"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    valid_from: Mapped[date] = mapped_column(index=True)
    scheme: Mapped[dict[str, Any]]
    basis: Mapped[str] = mapped_column(String(500))
    set_at: Mapped[datetime]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))


class EvaluationScore(Base):
    """A unit's score as it was published: `inputs_hash` shows whether a recomputation saw the same."""

    __tablename__ = "insight_evaluation_score"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    period_from: Mapped[date]
    period_to: Mapped[date]
    known_at: Mapped[datetime]
    score: Mapped[str | None] = mapped_column(String(8))
    items: Mapped[list[Any]]
    scheme: Mapped[dict[str, Any]]
    inputs_hash: Mapped[str] = mapped_column(String(64))
    published_by: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    published_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("unit_id", "period_from", "period_to", "published_at"),)
