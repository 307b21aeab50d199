"""Bulletins with the figures they were made from."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt

_STANDS = text("state <> 'dropped'")


class Bulletin(Base):
    """`report` is the entry of the city's profile it fulfils. `content` is all that its files are made of.

    A draft's content changes; an issued one never does (a trigger refuses it), and `digest` is of it, so that
    the same files come of it at any time. `number` counts the issues of a year.
    """

    __tablename__ = "insight_bulletin"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    report: Mapped[str] = mapped_column(String(40))
    profile_id: Mapped[str] = mapped_column(String(64))
    first_day: Mapped[date]
    last_day: Mapped[date]
    year: Mapped[int | None] = mapped_column(SmallInteger)
    number: Mapped[int | None] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(120))
    content: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(String(64))
    drafted_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    drafted_at: Mapped[datetime]
    edited_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    edited_at: Mapped[datetime | None]
    edits: Mapped[int] = mapped_column(default=0)
    issued_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    issued_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state IN ('draft', 'issued', 'dropped')", name="state"),
        CheckConstraint("(state = 'issued') = (issued_at IS NOT NULL AND number IS NOT NULL)", name="issued"),
        CheckConstraint("issued_by IS NULL OR edited_by IS NULL OR issued_by <> edited_by", name="four_eyes"),
        Index(
            "uq_insight_bulletin_period",
            "report",
            "first_day",
            "last_day",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
        Index("uq_insight_bulletin_number", "report", "year", "number", unique=True),
        Index("ix_insight_bulletin_list", "first_day", "id"),
    )
