"""What the nightly checks know of each live version, and what they have found."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Print(Base):
    """What is kept of a live version that was looked at. `rules` numbers the checks it was looked at with.

    `signature` holds 32-bit and `keys` 64-bit little-endian numbers: the text's signature, and keys shared
    with points on the same item. `paired_at` is empty until it was compared with the others.
    """

    __tablename__ = "knowledge_print"

    version_id: Mapped[int] = mapped_column(
        ForeignKey("knowledge_version.id"), primary_key=True, autoincrement=False
    )
    rules: Mapped[int]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    keys: Mapped[bytes] = mapped_column(LargeBinary)
    looked_at: Mapped[datetime]
    paired_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_knowledge_print_waiting", "paired_at", "version_id"),)


class Finding(Base):
    """One thing found, about one version or two. `key` tells the same thing found again.

    `digest` is of the words found; while they stay the same, what a person has dismissed stays dismissed.
    """

    __tablename__ = "knowledge_finding"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    check_id: Mapped[str] = mapped_column(String(30))
    severity: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"))
    other_version_id: Mapped[int | None] = mapped_column(ForeignKey("knowledge_version.id"), index=True)
    other_unit_id: Mapped[int | None] = mapped_column(ForeignKey("identity_unit.id"))
    evidence: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10))
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    handed_to: Mapped[str] = mapped_column(String(60), default="")

    __table_args__ = (
        CheckConstraint("state IN ('open', 'dismissed', 'handed', 'gone')", name="state"),
        CheckConstraint("severity IN ('high', 'medium', 'low')", name="severity"),
        CheckConstraint("state <> 'dismissed' OR decided_at IS NOT NULL", name="dismissed"),
        Index("ix_knowledge_finding_queue", "state", "id"),
        Index("ix_knowledge_finding_check", "check_id", "state"),
    )


class CheckRule(Base):
    """How a city wants a check: whether it runs, and what a finding of it opens by itself."""

    __tablename__ = "knowledge_check_rule"

    check_id: Mapped[str] = mapped_column(String(30), primary_key=True)
    runs: Mapped[bool]
    opens: Mapped[str] = mapped_column(String(10))

    __table_args__ = (CheckConstraint("opens IN ('nothing', 'task')", name="opens"),)


class CheckRun(Base):
    """The run of a day: when it began and was through, and what it did."""

    __tablename__ = "knowledge_check_run"

    day: Mapped[date] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    looked: Mapped[int] = mapped_column(default=0)
    compared: Mapped[int] = mapped_column(default=0)


class Link(Base):
    """An address in live versions, by the fingerprint of its text, and what came of asking for it."""

    __tablename__ = "knowledge_link"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime | None]
    status: Mapped[int | None]
    trouble: Mapped[str] = mapped_column(String(200), default="")
    failures: Mapped[int] = mapped_column(default=0)


class LinkUse(Base):
    __tablename__ = "knowledge_link_use"

    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(
        ForeignKey("knowledge_link.fingerprint"), primary_key=True, index=True
    )
