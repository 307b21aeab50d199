"""Calls that were taken on a leader's day or at a special seat."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base


class SeatCall(Base):
    """A ticket that a seat registered. `sitting` names who was on its rota; `result` is what came of it."""

    __tablename__ = "tickets_seat_call"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets_ticket.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(64))
    sitting: Mapped[str] = mapped_column(String(200), default="")
    taken_at: Mapped[datetime]
    result: Mapped[str] = mapped_column(Text, default="")
    followed_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_tickets_seat_call_seat", "seat", "followed_at", "taken_at"),)
