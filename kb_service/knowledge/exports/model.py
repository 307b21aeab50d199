"""Authorisations to use knowledge for something else, and the register of what was taken."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class ExportAuthorisation(Base):
    """What somebody asked to take out: whose points, of which kinds, for what, for whom, from when to when.

    It holds in `[valid_from, valid_to)`. Empty lists of categories or types mean all.
    """

    __tablename__ = "knowledge_export_authorisation"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    requester_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    requester: Mapped[str] = mapped_column(String(80))
    requester_unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"))
    purpose: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(String(200))
    categories: Mapped[list[str]]
    types: Mapped[list[str]]
    audiences: Mapped[list[str]]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime]
    requested_at: Mapped[datetime]
    consent: Mapped[str] = mapped_column(String(8), default="")
    consent_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    consent_at: Mapped[datetime | None]
    consent_note: Mapped[str] = mapped_column(Text, default="")
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    revoked_reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        CheckConstraint("consent IN ('', 'granted', 'refused')", name="consent"),
        CheckConstraint("(consent = '') = (consent_by IS NULL)", name="consent_by"),
        CheckConstraint("consent_by <> requester_id", name="four_eyes"),
        CheckConstraint("valid_to > valid_from", name="term"),
    )


class ExportGrant(Base):
    """What one owner unit in the scope said."""

    __tablename__ = "knowledge_export_grant"

    authorisation_id: Mapped[int] = mapped_column(
        ForeignKey("knowledge_export_authorisation.id"), primary_key=True
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), primary_key=True, index=True)
    decision: Mapped[str] = mapped_column(String(8), default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        CheckConstraint("decision IN ('', 'granted', 'refused')", name="decision"),
        CheckConstraint("(decision = '') = (account_id IS NULL)", name="decided_by"),
    )


class Export(Base):
    """One file that left: never changed. `basis` is why it might: `authorised` or `own`."""

    __tablename__ = "knowledge_export"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(36), unique=True)
    basis: Mapped[str] = mapped_column(String(12))
    authorisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("knowledge_export_authorisation.id"), index=True
    )
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    actor: Mapped[str] = mapped_column(String(80))
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"))
    source: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(index=True)
    format: Mapped[str] = mapped_column(String(8))
    scope: Mapped[dict[str, Any]]
    points: Mapped[int]
    size: Mapped[int] = mapped_column(BigInt)
    sha256: Mapped[str] = mapped_column(String(64), index=True)

    __table_args__ = (
        CheckConstraint("basis IN ('authorised', 'own')", name="basis"),
        CheckConstraint("(basis = 'authorised') = (authorisation_id IS NOT NULL)", name="authorised"),
        CheckConstraint("format IN ('csv', 'xlsx', 'jsonl')", name="format"),
    )


class ExportedVersion(Base):
    """Which version left with which file."""

    __tablename__ = "knowledge_exported_version"

    export_id: Mapped[int] = mapped_column(ForeignKey("knowledge_export.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), primary_key=True)

    __table_args__ = (Index("ix_knowledge_exported_version_version", "version_id"),)
