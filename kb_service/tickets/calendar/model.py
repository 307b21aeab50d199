"""How far a change of the calendar has been followed, and what it moved."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Following(Base):
    """The way of one change through the open tickets. `last_ticket_id` is the last that was compared."""

    __tablename__ = "tickets_calendar_following"

    change_id: Mapped[int] = mapped_column(ForeignKey("regulations_calendar_change.id"), primary_key=True)
    last_ticket_id: Mapped[int] = mapped_column(BigInt, default=0)
    compared: Mapped[int] = mapped_column(default=0)
    moved: Mapped[int] = mapped_column(default=0)
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class DueMove(Base):
    """A due time, or what is deemed at an instant, that a change of the calendar moved. Never changed.

    Without `before` it began to be owed or deemed by the change, without `after` it ceased to be. `unit_id`
    had the ticket then.
    """

    __tablename__ = "tickets_due_move"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    change_id: Mapped[int] = mapped_column(ForeignKey("regulations_calendar_change.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets_ticket.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(BigInt)
    name: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(120))
    clause: Mapped[str] = mapped_column(String(120))
    before: Mapped[datetime | None]
    before_day: Mapped[date | None]
    after: Mapped[datetime | None]
    after_day: Mapped[date | None]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_tickets_due_move_change", "change_id", "unit_id", "id"),)
