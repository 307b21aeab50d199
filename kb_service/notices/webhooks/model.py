"""Who follows, and what is on its way to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Webhook(Base):
    """A subscription. `events` are event types or `family.*`; `platform` narrows it to that platform's tickets.

    The secret is kept encrypted; after a change the one before signs beside it until `secret_before_until`.
    Until `rests_until` nothing is tried: the address failed a moment ago.
    """

    __tablename__ = "notices_webhook"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    url: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]]
    platform: Mapped[str | None] = mapped_column(String(40))
    secret: Mapped[str] = mapped_column(Text)
    secret_before: Mapped[str | None] = mapped_column(Text)
    secret_before_until: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))
    failures: Mapped[int] = mapped_column(default=0)
    rests_until: Mapped[datetime | None]


class WebhookDelivery(Base):
    """One event for one subscriber: `waiting`, `sent`, `dropped` (subscription ended) or `dead` (given up).

    `subject` is what the event is about: deliveries about one subject go out in the order of their ids.
    """

    __tablename__ = "notices_webhook_delivery"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("notices_webhook.id"))
    type: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(80))
    body: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(8), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    answer: Mapped[int | None]
    problem: Mapped[str] = mapped_column(String(200), default="")

    # AUTOINCREMENT: the order of what is told about a subject is the order of its numbers.
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'sent', 'dropped', 'dead')", name="status"),
        Index("ix_notices_webhook_delivery_list", "webhook_id", "status", "id"),
        Index(
            "ix_notices_webhook_delivery_waiting",
            "webhook_id",
            "subject",
            "id",
            sqlite_where=text("status = 'waiting'"),
            postgresql_where=text("status = 'waiting'"),
        ),
        {"sqlite_autoincrement": True},
    )
