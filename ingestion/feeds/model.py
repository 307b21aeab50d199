"""Feeds, what each of them has told so far, and the log of changes that others follow."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt

_OPEN = text("closed_at IS NULL")


class Feed(Base):
    """`account_id` is the service account that writes what comes; its unit is the feed's.

    `release`: `sign_off` puts what the sub-centre signed live at once, `centre` after the centre's review.
    """

    __tablename__ = "ingestion_feed"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), unique=True)
    release: Mapped[str] = mapped_column(String(10))
    silent_minutes: Mapped[int]
    lag_minutes: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    last_push_at: Mapped[datetime | None]
    last_pull_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("release IN ('sign_off', 'centre')", name="release"),)


class FeedSigner(Base):
    """Whom the sub-centre's system means by a name, when it says who approved something there."""

    __tablename__ = "ingestion_feed_signer"

    feed_id: Mapped[int] = mapped_column(ForeignKey("ingestion_feed.id"), primary_key=True)
    signer: Mapped[str] = mapped_column(String(60), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))


class FeedPoint(Base):
    """The newest revision taken of something the sub-centre has under its own id.

    `taken`: it is the point's version `number`; `linked`: another unit's point says the same; `withdrawn`.
    """

    __tablename__ = "ingestion_feed_point"

    feed_id: Mapped[int] = mapped_column(ForeignKey("ingestion_feed.id"), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInt)
    payload_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10))
    point_code: Mapped[str | None] = mapped_column(String(32), index=True)
    number: Mapped[int | None]
    at: Mapped[datetime]

    __table_args__ = (CheckConstraint("state IN ('taken', 'linked', 'withdrawn')", name="state"),)


class FeedBatch(Base):
    """One push, counted. `lag_s`: the longest that something taken in it had waited at the sub-centre."""

    __tablename__ = "ingestion_feed_batch"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("ingestion_feed.id"))
    received_at: Mapped[datetime]
    items: Mapped[int]
    taken: Mapped[int]
    repeated: Mapped[int]
    refused: Mapped[int]
    lag_s: Mapped[int | None]

    __table_args__ = (Index("ix_ingestion_feed_batch_received", "feed_id", "received_at"),)


class FeedItem(Base):
    """What came of each item that had an effect or was refused, with who approved it there. Never changed."""

    __tablename__ = "ingestion_feed_item"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("ingestion_feed.id"))
    batch_id: Mapped[str] = mapped_column(String(36))
    external_id: Mapped[str] = mapped_column(String(100))
    revision: Mapped[int | None] = mapped_column(BigInt)
    outcome: Mapped[str] = mapped_column(String(12))
    error_code: Mapped[str] = mapped_column(String(40), default="")
    detail: Mapped[str] = mapped_column(String(300), default="")
    payload_hash: Mapped[str] = mapped_column(String(64))
    point_code: Mapped[str | None] = mapped_column(String(32))
    number: Mapped[int | None]
    changed_at: Mapped[datetime | None]
    written_by: Mapped[str] = mapped_column(String(60), default="")
    signed_by: Mapped[str] = mapped_column(String(60), default="")
    signed_at: Mapped[datetime | None]
    signer_id: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    received_at: Mapped[datetime]

    __table_args__ = (Index("ix_ingestion_feed_item_newest", "feed_id", "id"),)


class FeedAlarm(Base):
    """Raised when a feed is silent, lags or fails; closed by the feed's own recovery."""

    __tablename__ = "ingestion_feed_alarm"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("ingestion_feed.id"))
    kind: Mapped[str] = mapped_column(String(10))
    detail: Mapped[str] = mapped_column(String(200))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("kind IN ('silent', 'lagging', 'failing')", name="kind"),
        Index(
            "uq_ingestion_feed_alarm_open",
            "feed_id",
            "kind",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )


class PointChange(Base):
    """Where a point stands, and the number under which that was told: only the newest of its changes.

    `seq` is None while nothing was ever live; `number` None once nothing is. `seen` holds the access tokens
    under which it was ever told, `next_at` when it will change by the course of time alone.
    """

    __tablename__ = "ingestion_point_change"

    point_id: Mapped[int] = mapped_column(ForeignKey("knowledge_point.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(32))
    seq: Mapped[int | None] = mapped_column(BigInt, unique=True)
    number: Mapped[int | None]
    unit_id: Mapped[int] = mapped_column(BigInt)
    seen: Mapped[list[str]]
    words: Mapped[str | None] = mapped_column(String(64), index=True)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
