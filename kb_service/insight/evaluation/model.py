"""Weights that a city has set, and scores as they were published. Rows are only added."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt
from kb_service.knowledge.duties.model import PublishedScore


class EvaluationScheme(Base):
    """In place of the profile's own weights, for periods that begin on `valid_from` or later."""

    __tablename__ = "insight_evaluation_scheme"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    valid_from: Mapped[date] = mapped_column(index=True)
    scheme: Mapped[dict[str, Any]]
    basis: Mapped[str] = mapped_column(String(500))
    set_at: Mapped[datetime]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))


class EvaluationScore(PublishedScore):
    __tablename__ = "insight_evaluation_score"

    items: Mapped[list[Any]]

    __table_args__ = (UniqueConstraint("unit_id", "period_from", "period_to", "published_at"),)
