"""Attempts at looking up the progress of a request."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Lookup(Base):
    """A failed attempt: for which number and from where, both as fingerprints."""

    __tablename__ = "channels_lookup"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    __table_args__ = (
        Index("ix_channels_lookup_code", "code", "at"),
        Index("ix_channels_lookup_source", "source", "at"),
        Index("ix_channels_lookup_at", "at"),
    )
