"""Urgings, supervisions with their histories, cards, clues handed on, and accountability records.

Each row keeps the clause it rests on as it stood that day; an empty clause says that the regulation is
silent and the service's own rule applies. `subject` is `point:CODE`, `correction:CODE`, `ticket:CODE`,
`unit:CODE`, `task:ID` or `feed:CODE`.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt
from kb_service.core.steps import Step

_IS_OPEN = text("closed_at IS NULL")


class Urging(Base):
    """A unit was reminded that something is late or lacking."""

    __tablename__ = "supervision_urging"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    subject: Mapped[str] = mapped_column(String(80), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    link: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(500))
    clause: Mapped[str] = mapped_column(String(120), default="")
    article: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(BigInt)
    actor: Mapped[str] = mapped_column(String(80))


class Supervision(Base):
    """One supervision 督办. `due_at` is the first instant that is too late; without it no limit is stated.

    `overdue_at`, once set, stays. `escalated_to` names the body that got what stayed unsolved.
    """

    __tablename__ = "supervision_supervision"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    subject: Mapped[str] = mapped_column(String(80), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    trigger: Mapped[str] = mapped_column(String(40))
    trigger_label: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(40))
    kind_label: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(200))
    link: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    profile_id: Mapped[str] = mapped_column(String(40))
    profile_revision: Mapped[str] = mapped_column(String(64))
    clause: Mapped[str] = mapped_column(String(120))
    article: Mapped[str] = mapped_column(String(200))
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(80))
    due_at: Mapped[datetime | None]
    due_day: Mapped[date | None]
    due_clause: Mapped[str] = mapped_column(String(120), default="")
    provisional: Mapped[bool] = mapped_column(default=False)
    extensions: Mapped[int] = mapped_column(default=0)
    reply: Mapped[str] = mapped_column(Text, default="")
    replied_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    escalated_to: Mapped[str] = mapped_column(String(120), default="")
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(12), default="")
    last_seq: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint("outcome IN ('', 'solved', 'dropped')", name="outcome"),
        CheckConstraint("(closed_at IS NULL) = (outcome = '')", name="closed"),
        CheckConstraint("due_at IS NULL OR due_at > opened_at", name="due"),
        Index(
            "uq_supervision_supervision_open",
            "subject",
            "trigger",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index("ix_supervision_supervision_due", "closed_at", "due_at"),
    )


class SupervisionEvent(Step):
    """One step of a supervision: opened, replied, extended, overdue, escalated or closed. Never changed."""

    __tablename__ = "supervision_event"

    supervision_id: Mapped[int] = mapped_column(ForeignKey("supervision_supervision.id"))

    __table_args__ = (UniqueConstraint("supervision_id", "seq"),)


class CardMark(Base):
    """A card 亮牌 that a subject was shown for one of its clocks; each colour is noted once."""

    __tablename__ = "supervision_card"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    subject: Mapped[str] = mapped_column(String(80))
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    clock: Mapped[str] = mapped_column(String(20))
    colour: Mapped[str] = mapped_column(String(8))
    overdue_days: Mapped[int]
    clause: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("subject", "unit_id", "clock", "colour"),
        CheckConstraint("colour IN ('green', 'yellow', 'red')", name="colour"),
    )


class Referral(Base):
    """A clue of misconduct handed on to another body, and what came of it."""

    __tablename__ = "supervision_referral"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    subject: Mapped[str] = mapped_column(String(80), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    clue: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(200))
    to: Mapped[str] = mapped_column(String(120))
    clause: Mapped[str] = mapped_column(String(120))
    article: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(BigInt)
    actor: Mapped[str] = mapped_column(String(80))
    outcome: Mapped[str] = mapped_column(Text, default="")
    outcome_at: Mapped[datetime | None]


class Accountability(Base):
    """What was recorded against a unit. A machine only records; a person upholds or drops it.

    `facet` tells which of several cases of one ground it was, e.g. `incomplete`, `late`, `uncooperative`.
    """

    __tablename__ = "supervision_accountability"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    subject: Mapped[str] = mapped_column(String(80))
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    ground: Mapped[str] = mapped_column(String(40))
    facet: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(200))
    clause: Mapped[str] = mapped_column(String(120))
    article: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(String(200))
    evidence: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    decision: Mapped[str] = mapped_column(String(8), default="")
    decision_note: Mapped[str] = mapped_column(String(500), default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(80), default="")

    __table_args__ = (
        UniqueConstraint("subject", "unit_id", "ground", "facet"),
        CheckConstraint("decision IN ('', 'upheld', 'dropped')", name="decision"),
    )
