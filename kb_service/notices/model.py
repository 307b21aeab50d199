"""The inbox, what is sent outside of it, the duty roster and absences."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Notice(Base):
    """`subject` names what it is about ("point:K000012"), so that it can be closed when that is done."""

    __tablename__ = "notices_notice"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    link: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(160), index=True)
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_notices_notice_inbox", "account_id", "read_at", "id"),)


_OPEN = text("settled_at IS NULL")


class Awaited(Base):
    """Something a unit is to do, from its first notice until it is settled; escalated once if it takes too long."""

    __tablename__ = "notices_awaited"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    subject: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(40))
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    link: Mapped[str] = mapped_column(String(200))
    since: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_notices_awaited_open",
            "subject",
            "kind",
            "unit_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_notices_awaited_waiting", "escalated_at", "since"),
    )


class Preference(Base):
    """How a person wants to be told. Minutes count from the city's midnight; addresses are encrypted by outlet."""

    __tablename__ = "notices_preference"

    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), primary_key=True)
    digest_minute: Mapped[int]
    working_days_only: Mapped[bool]
    quiet_from: Mapped[int | None]
    quiet_to: Mapped[int | None]
    addresses: Mapped[dict[str, Any]] = mapped_column(default=dict)
    changed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("digest_minute BETWEEN 0 AND 1439", name="digest_minute"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name="quiet"),
    )


class KindRule(Base):
    """One person's choice for one kind on one outlet: at once, in the digest, or not at all."""

    __tablename__ = "notices_kind_rule"

    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    outlet: Mapped[str] = mapped_column(String(12), primary_key=True)
    mode: Mapped[str] = mapped_column(String(8))

    __table_args__ = (CheckConstraint("mode IN ('now', 'digest', 'off')", name="mode"),)


class Patience(Base):
    """Hours after which what was not done goes to the unit's leader, where not the kind's own; 0: never."""

    __tablename__ = "notices_patience"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    hours: Mapped[int]


class Digest(Base):
    """What one outlet tells one person on one day."""

    __tablename__ = "notices_digest"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    outlet: Mapped[str] = mapped_column(String(12))
    day: Mapped[date]
    built_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("account_id", "outlet", "day"),)


class DigestItem(Base):
    """A notice stands in one digest of an outlet at most; it may be gone itself when it was replaced."""

    __tablename__ = "notices_digest_item"

    notice_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    outlet: Mapped[str] = mapped_column(String(12), primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("notices_digest.id"), index=True)


class Delivery(Base):
    """A text on its way through an outlet: `waiting`, `sent`, `dropped` (read meanwhile) or `dead`."""

    __tablename__ = "notices_delivery"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    notice_id: Mapped[int | None] = mapped_column(BigInt)
    outlet: Mapped[str] = mapped_column(String(12))
    heading: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(8), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'sent', 'dropped', 'dead')", name="status"),
        Index("ix_notices_delivery_queue", "status", "next_at", "id"),
    )


class Shift(Base):
    """Somebody on duty in `[starts_at, ends_at)`; a shift handed over names the one it continues."""

    __tablename__ = "notices_shift"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    duty: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(200), default="")
    continues_id: Mapped[int | None] = mapped_column(ForeignKey("notices_shift.id"))
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="order"),
        Index("ix_notices_shift_duty", "duty", "starts_at", "ends_at"),
    )


class Absence(Base):
    """Somebody away in `[starts_at, ends_at)`, and who stands in for them."""

    __tablename__ = "notices_absence"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="order"),
        CheckConstraint("stand_in_id <> account_id", name="somebody_else"),
    )
