"""Which ticket is whose: the numbers of other platforms, and files that wait for their confirmation."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class PlatformTicket(Base):
    """A ticket under the number another platform gave it. `fingerprint` is of what was sent, to know it again."""

    __tablename__ = "tickets_platform"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets_ticket.id"), primary_key=True)
    platform: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("platform", "number"),)


class PlatformBatch(Base):
    """Rows of a file that were checked and not confirmed yet; encrypted, and forgotten after a day."""

    __tablename__ = "tickets_platform_batch"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    platform: Mapped[str] = mapped_column(String(40))
    file_name: Mapped[str] = mapped_column(String(200))
    account_id: Mapped[int | None] = mapped_column(BigInt)
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    content: Mapped[str] = mapped_column(Text)
