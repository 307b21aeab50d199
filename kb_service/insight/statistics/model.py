"""Facts about tickets, made from their histories and from nothing else, so that they can be made anew."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class TicketFact(Base):
    """One row a ticket: what its volume is counted by. `seq` and `derived_at` tell what history it was made of.

    `disposal`: `instant` answered by the hotline itself, `handled` (to be) handled by a unit, `none` neither
    (not accepted, put through, split, merged). `unit_id` has it now, or had it last.
    """

    __tablename__ = "insight_ticket_fact"

    ticket_id: Mapped[int] = mapped_column(BigInt, ForeignKey("tickets_ticket.id"), primary_key=True)
    registered_day: Mapped[date]
    request_class: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(10))
    region_code: Mapped[str] = mapped_column(String(32))
    field: Mapped[str | None] = mapped_column(String(80))
    category_code: Mapped[str | None] = mapped_column(String(32))
    matter_code: Mapped[str | None] = mapped_column(String(32))
    unit_id: Mapped[int | None] = mapped_column(BigInt)
    disposal: Mapped[str] = mapped_column(String(8))
    done_at: Mapped[datetime | None]
    seq: Mapped[int]
    derived_at: Mapped[datetime]

    __table_args__ = (Index("ix_insight_ticket_fact_registered_day", "registered_day"),)


class TicketMark(Base):
    """Something that came of a ticket on a day, for or against the unit that had it.

    `name` is what is marked: `sign`, `reply`, `completion` (a limit that was settled that day, `good`: in time),
    `satisfaction`, `solved` (`good`: yes), `return` (`good`: in time), and `extension`, `redo`, `urging`,
    `supervision`, `yellow`, `red`, of which there are only counts. `done`: what was owed has come, if late.
    Not `counted`: left out of the assessment by a rule of the city, or by an appeal.
    """

    __tablename__ = "insight_ticket_mark"

    ticket_id: Mapped[int] = mapped_column(BigInt, ForeignKey("tickets_ticket.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(12))
    day: Mapped[date]
    unit_id: Mapped[int | None] = mapped_column(BigInt)
    region_code: Mapped[str] = mapped_column(String(32))
    good: Mapped[bool]
    done: Mapped[bool]
    counted: Mapped[bool]

    __table_args__ = (Index("ix_insight_ticket_mark_day", "day", "unit_id"),)
