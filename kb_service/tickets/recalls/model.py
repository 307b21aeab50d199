"""Recalls, and the people to be told."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Recall(Base):
    """`unit_id` is the unit that answers for the point. `shown` answers were given, `anonymous` of them to
    people whom nobody can reach.
    """

    __tablename__ = "tickets_recall"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    correction_code: Mapped[str] = mapped_column(String(32), unique=True)
    point_code: Mapped[str] = mapped_column(String(32), index=True)
    first_number: Mapped[int]
    last_number: Mapped[int]
    title: Mapped[str] = mapped_column(String(128))
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    message: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(80))
    shown: Mapped[int] = mapped_column(default=0)
    anonymous: Mapped[int] = mapped_column(default=0)
    refreshed_at: Mapped[datetime]


class RecallContact(Base):
    """One person to be told, once, however often the answer reached them."""

    __tablename__ = "tickets_recall_contact"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    recall_id: Mapped[int] = mapped_column(ForeignKey("tickets_recall.id"))
    requester_id: Mapped[str] = mapped_column(ForeignKey("identity_requester.id"))
    person: Mapped[str] = mapped_column(String(64))
    ticket_code: Mapped[str] = mapped_column(String(20))
    confidential: Mapped[bool] = mapped_column(default=False)
    channel: Mapped[str] = mapped_column(String(10))
    version: Mapped[int]
    shown_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(12), default="open")
    attempts: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(Text, default="")
    contacted_at: Mapped[datetime | None]
    contacted_by: Mapped[str] = mapped_column(String(80), default="")

    __table_args__ = (
        UniqueConstraint("recall_id", "person"),
        CheckConstraint("status IN ('open', 'done', 'unreachable')", name="status"),
        Index("ix_tickets_recall_contact_status", "recall_id", "status", "id"),
    )
