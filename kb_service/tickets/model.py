"""Tickets and their histories."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Ticket(Base):
    """What was registered, and a projection of the history for lists and queues.

    `text` is encrypted: citizens name people and places in it. `profile_revision` names the rules in
    force at registration, which the ticket keeps to its end. From `status` on the columns are copies of
    what the history came to at `derived_at`; at `next_at` they have to be made anew though nobody acts.
    """

    __tablename__ = "tickets_ticket"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    request_class: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(10))
    region_code: Mapped[str] = mapped_column(ForeignKey("identity_region.code"))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    category_code: Mapped[str | None] = mapped_column(String(32))
    matter_code: Mapped[str | None] = mapped_column(String(32))
    field: Mapped[str | None] = mapped_column(String(80))
    requester_id: Mapped[str | None] = mapped_column(ForeignKey("identity_requester.id"))
    confidential: Mapped[bool] = mapped_column(default=False)
    sudden: Mapped[bool] = mapped_column(default=False)
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("answering_decision.id"), index=True)
    profile_id: Mapped[str] = mapped_column(String(40))
    profile_revision: Mapped[str] = mapped_column(String(64))
    registered_at: Mapped[datetime]
    registered_by: Mapped[str] = mapped_column(String(80))

    # SQLite keeps no lengths, and would have to copy the table for another one.
    status: Mapped[str] = mapped_column(String(20).with_variant(String(12), "sqlite"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("identity_unit.id"))
    suggested_unit_id: Mapped[int | None] = mapped_column(ForeignKey("identity_unit.id"))
    due_at: Mapped[datetime | None]
    leading: Mapped[str | None] = mapped_column(String(40))
    card: Mapped[str | None] = mapped_column(String(10))
    restricted_until: Mapped[datetime | None]
    derived_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    last_seq: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index("ix_tickets_ticket_queue", "status", "due_at", "id"),
        Index("ix_tickets_ticket_unit", "unit_id", "status", "due_at"),
        Index("ix_tickets_ticket_requester", "requester_id"),
    )


class TicketUnit(Base):
    """Another unit that takes part: the body that received it first, and those that cooperate."""

    __tablename__ = "tickets_unit"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets_ticket.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), primary_key=True, index=True)


class TicketTask(Base):
    """A sub-task as the history tells it, for queues: who inside does it, by when, and when it was done."""

    __tablename__ = "tickets_task"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets_ticket.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"))
    title: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    due_day: Mapped[date]
    done_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_tickets_task_queue", "unit_id", "done_at", "due_day"),)


class TicketEvent(Base):
    """One accepted step of a ticket's life; never changed, but that its words are destroyed with the requester.

    Its number makes two people acting at once a conflict. `by` is whom the rules took the actor for,
    `event_id` the name another platform gave the event. `words` are what people wrote in it, sealed;
    `data` holds the facts beside them, and is all that the rules read.
    """

    __tablename__ = "tickets_event"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets_ticket.id"))
    seq: Mapped[int]
    type: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(200), server_default="system")
    event_id: Mapped[str] = mapped_column(String(64), server_default="")
    words: Mapped[str] = mapped_column("remark", Text, server_default="")
    account_id: Mapped[int | None] = mapped_column(BigInt)
    actor: Mapped[str] = mapped_column(String(80))
    unit_id: Mapped[int | None] = mapped_column(BigInt)
    data: Mapped[dict[str, Any]]

    __table_args__ = (UniqueConstraint("ticket_id", "seq"),)
