"""What people say about finding: editors of a point, and whoever looks after search of the ranking."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Guidance(Base):
    """`words` in normal form: those that a query must hold, or with `whole` the query itself; of kind `negative`
    the question that the point does not answer. In force in `[from_at, until_at)` unless it was ended.

    What one says stays as it was said: to change it is to end it and say another.
    """

    __tablename__ = "knowledge_guidance"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    point_id: Mapped[int] = mapped_column(ForeignKey("knowledge_point.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    words: Mapped[str] = mapped_column(String(200))
    whole: Mapped[bool] = mapped_column(default=False)
    factor: Mapped[float] = mapped_column(Float, default=1.0)
    from_at: Mapped[datetime | None]
    until_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(300))
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"), index=True)
    ended_reason: Mapped[str] = mapped_column(String(300), default="")

    __table_args__ = (
        CheckConstraint("kind IN ('pin', 'boost', 'stop', 'negative')", name="kind"),
        CheckConstraint("until_at IS NULL OR from_at IS NULL OR until_at > from_at", name="window"),
        CheckConstraint("factor > 0", name="factor"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
        Index("ix_knowledge_guidance_standing", "ended_at", "point_id"),
    )


class ServedRanking(Base):
    """Weights of ranking that a person put in use; the newest row counts, and one without weights stands for those
    that ship. `about` tells what they were learnt from."""

    __tablename__ = "knowledge_served_ranking"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    weights: Mapped[dict[str, Any]]
    about: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(String(300))
