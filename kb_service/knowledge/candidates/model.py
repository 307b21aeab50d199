"""Candidates, where they came from, in what words they were asked, and who confirmed them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt
from kb_service.core.steps import Step


class Candidate(Base):
    """A question that nobody could answer from the base, or an answer that stands in no point yet.

    `unit_id` is whose turn it is, None while the centre has yet to name one. `hits` are the points nearest to
    the question when it was first asked. All texts are kept without personal data.
    """

    __tablename__ = "knowledge_candidate"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    question: Mapped[str] = mapped_column(String(300))
    answer: Mapped[str] = mapped_column(Text, default="")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    hint: Mapped[str] = mapped_column(String(12), default="")
    hits: Mapped[list[str]] = mapped_column(default=list)
    status: Mapped[str] = mapped_column(String(12))
    times: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    hands: Mapped[int] = mapped_column(default=0)
    designated_at: Mapped[datetime | None]
    placed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    due_day: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    outcome_note: Mapped[str] = mapped_column(Text, default="")
    point_code: Mapped[str | None] = mapped_column(String(32), index=True)
    number: Mapped[int | None]
    last_seq: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint(
            "status IN ('undecided', 'asked', 'proposed', 'confirmed', 'merged', 'rejected')", name="status"
        ),
        CheckConstraint(
            "(closed_at IS NULL) = (status IN ('undecided', 'asked', 'proposed'))", name="closed"
        ),
        CheckConstraint("status NOT IN ('asked', 'proposed') OR unit_id IS NOT NULL", name="unit"),
        Index("ix_knowledge_candidate_queue", "status", "due_at", "id"),
    )


class CandidateWording(Base):
    """One way of asking it, and how often it was asked so."""

    __tablename__ = "knowledge_candidate_wording"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("knowledge_candidate.id"))
    text: Mapped[str] = mapped_column(String(300))
    times: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("candidate_id", "text"),)


class CandidateBand(Base):
    """Keys of the wordings of a candidate: two questions that are alike share at least one."""

    __tablename__ = "knowledge_candidate_band"

    key: Mapped[int] = mapped_column(BigInt, primary_key=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("knowledge_candidate.id"), primary_key=True)


class CandidateSource(Base):
    """One time it was met: who met it, where, in what words. `masked` counts what was starred out, by kind."""

    __tablename__ = "knowledge_candidate_source"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("knowledge_candidate.id"), index=True)
    way: Mapped[str] = mapped_column(String(8))
    key: Mapped[str | None] = mapped_column(String(80), unique=True)
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    reporter: Mapped[str] = mapped_column(String(80))
    ticket_code: Mapped[str | None] = mapped_column(String(20), index=True)
    question: Mapped[str] = mapped_column(String(300))
    answer: Mapped[str] = mapped_column(Text, default="")
    times: Mapped[int] = mapped_column(default=1)
    masked: Mapped[dict[str, Any]]
    evidence: Mapped[dict[str, Any]]

    __table_args__ = (CheckConstraint("way IN ('search', 'miss', 'agent', 'ticket')", name="way"),)


class CandidateEvent(Step):
    """One step in a candidate's life; never changed."""

    __tablename__ = "knowledge_candidate_event"

    candidate_id: Mapped[int] = mapped_column(ForeignKey("knowledge_candidate.id"))

    __table_args__ = (UniqueConstraint("candidate_id", "seq"),)


class CandidateConfirmation(Base):
    """The owner unit's word, given by one of its own people; never changed."""

    __tablename__ = "knowledge_candidate_confirmation"

    candidate_id: Mapped[int] = mapped_column(ForeignKey("knowledge_candidate.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    at: Mapped[datetime]
    content_hash: Mapped[str] = mapped_column(String(64))


class CandidateDraft(Base):
    """A version that a candidate became. It is not approved without the confirmation."""

    __tablename__ = "knowledge_candidate_draft"

    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), primary_key=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("knowledge_candidate.id"), index=True)
    point_id: Mapped[int] = mapped_column(ForeignKey("knowledge_point.id"), index=True)
    number: Mapped[int]


class CandidateHarvest(Base):
    """Up to which of the register of searches candidates were drawn from it."""

    __tablename__ = "knowledge_candidate_harvest"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    up_to: Mapped[int] = mapped_column(BigInt)
    at: Mapped[datetime]
