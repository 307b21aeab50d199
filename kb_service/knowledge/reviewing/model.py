"""Chains of review, whose turn it is, who signed what, remarks put right, scripts published at once."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class ReviewChain(Base):
    """A chain set for a unit or all (None), and for a type or all; in force from `set_at` until `ended_at`.

    `centre_required`: what is narrower than this cannot do without the centre's review.
    `place` is the same for chains that take each other's place.
    """

    __tablename__ = "knowledge_review_chain"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    place: Mapped[str] = mapped_column(String(40))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    type: Mapped[str | None] = mapped_column(String(12))
    stages: Mapped[list[str]]
    centre_required: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(500), default="")
    set_at: Mapped[datetime]
    set_by: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))

    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
        Index(
            "uq_knowledge_review_chain_standing",
            "place",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class VersionChain(Base):
    """The chain under which a version was filed, where it was not the standard one."""

    __tablename__ = "knowledge_version_chain"

    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), primary_key=True)
    stages: Mapped[list[str]]


class ReviewTurn(Base):
    """Whose turn it is to review a version at its stage.

    `how`: `suggested` by the service, `taken` or `handed` on. `for_account_id`: the absent person in whose
    place somebody has it.
    """

    __tablename__ = "knowledge_review_turn"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), index=True)
    stage: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    for_account_id: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    how: Mapped[str] = mapped_column(String(10))
    since: Mapped[datetime]
    due_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("how IN ('suggested', 'taken', 'handed')", name="how"),
        CheckConstraint("for_account_id <> account_id", name="somebody_else"),
        Index(
            "uq_knowledge_review_turn_open",
            "version_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_knowledge_review_turn_load", "account_id", "closed_at"),
        Index("ix_knowledge_review_turn_due", "closed_at", "due_at"),
    )


class ReviewFor(Base):
    """A review decided in the place of somebody absent, who did not write the version either."""

    __tablename__ = "knowledge_review_for"

    review_id: Mapped[int] = mapped_column(ForeignKey("knowledge_review.id"), primary_key=True)
    for_account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)


class ReviewSignature(Base):
    """What a reviewer signed and as whom: names as they were, the content by its hash."""

    __tablename__ = "knowledge_review_signature"

    review_id: Mapped[int] = mapped_column(ForeignKey("knowledge_review.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(200))
    unit_name: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(64))
    content_hash: Mapped[str] = mapped_column(String(64))


class RemarkDone(Base):
    """The editor of a version says that a remark of an earlier review is put right in it."""

    __tablename__ = "knowledge_remark_done"

    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("knowledge_review.id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(60), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    at: Mapped[datetime]


class FastScript(Base):
    """A script on a sudden event that asks to be published at once.

    `published_as`: `duty` by the roster, or `leader` of the unit where nobody was on duty. It is reviewed
    afterwards before `due_at`, by somebody else.
    """

    __tablename__ = "knowledge_fast_script"

    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("knowledge_sudden_event.id"), index=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    published_at: Mapped[datetime | None]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    published_as: Mapped[str | None] = mapped_column(String(8))
    due_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    outcome: Mapped[str | None] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        CheckConstraint("published_as IN ('duty', 'leader')", name="published_as"),
        CheckConstraint("outcome IN ('confirmed', 'corrected', 'withdrawn')", name="outcome"),
        CheckConstraint("(reviewed_at IS NULL) = (outcome IS NULL)", name="reviewed"),
        CheckConstraint("reviewed_by <> published_by", name="four_eyes"),
        CheckConstraint("published_by <> asked_by", name="not_by_asker"),
        Index("ix_knowledge_fast_script_open", "reviewed_at", "due_at"),
    )
