"""Conversations, decisions with every step that led to them, and the register of what was shown."""

from datetime import datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Conversation(Base):
    __tablename__ = "answering_conversation"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10))
    region_code: Mapped[str | None] = mapped_column(String(12))
    created_at: Mapped[datetime]


class Decision(Base):
    """`question` is kept with personal data masked; `outcome` is what the caller was given."""

    __tablename__ = "answering_decision"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("answering_conversation.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    channel: Mapped[str] = mapped_column(String(10))
    question: Mapped[str] = mapped_column(Text)
    decision: Mapped[str] = mapped_column(String(12), index=True)
    confidence: Mapped[float] = mapped_column(Float)
    outcome: Mapped[dict[str, Any]]
    steps: Mapped[list[Any]]
    profile_id: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[int | None] = mapped_column(BigInt)
    helpful: Mapped[bool | None]


class Shown(Base):
    """One version shown to one person: which, on which channel, when, and whether a person told it on.

    `ticket_code`, where the person has registered a ticket, leads to who they are.
    """

    __tablename__ = "answering_shown"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(32))
    version: Mapped[int]
    channel: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("answering_decision.id"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(String(36))
    account_id: Mapped[int | None] = mapped_column(BigInt)
    question: Mapped[str] = mapped_column(Text, default="")
    ticket_code: Mapped[str | None] = mapped_column(String(20))

    __table_args__ = (Index("ix_answering_shown_version", "code", "version", "at"),)
