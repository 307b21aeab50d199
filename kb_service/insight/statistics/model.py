"""Facts about tickets, made from their histories and from nothing else, so that they can be made anew."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class TicketFact(Base):
    """One row a ticket: what its volume is counted by.

    `disposal`: `instant` answered by the hotline on the spot, `handled` (to be) handled otherwise, `none` not
    to be handled (not accepted, put through, split, merged). `unit_id` has it now, or had it last. `last_at` is
    the instant of its newest event; `derived_at` is when the history was read.
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
    last_at: Mapped[datetime] = mapped_column(index=True)
    derived_at: Mapped[datetime]

    __table_args__ = (Index("ix_insight_ticket_fact_registered_day", "registered_day", "unit_id"),)


class TicketMark(Base):
    """Something that came of a ticket on a day, for or against the unit that had it.

    `name` and `good`: see `facts`. `done`: what was owed has come, if late. `stay` is the number of the stay
    with a unit, from 1, 0 before the first; `nth` the number among those of the name in the stay. `left_out`:
    why it does not count in an assessment, `kind` (of the matter) or `appeal`; else empty.
    """

    __tablename__ = "insight_ticket_mark"

    ticket_id: Mapped[int] = mapped_column(BigInt, ForeignKey("tickets_ticket.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(12), primary_key=True)
    stay: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    nth: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    day: Mapped[date]
    unit_id: Mapped[int | None] = mapped_column(BigInt)
    region_code: Mapped[str] = mapped_column(String(32))
    good: Mapped[bool]
    done: Mapped[bool]
    left_out: Mapped[str] = mapped_column(String(8))

    __table_args__ = (Index("ix_insight_ticket_mark_day", "day", "unit_id"),)
