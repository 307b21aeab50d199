"""Changes of staff as filed, and the posts that follow from them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class StaffFiling(Base):
    """A change of staff that a unit told the office; `account_id` takes the post, `former_id` leaves it."""

    __tablename__ = "knowledge_staff_filing"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    post: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    former_id: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    effective_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(300), default="")
    filed_at: Mapped[datetime]
    filed_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))

    __table_args__ = (
        CheckConstraint("post IN ('leader', 'keeper')", name="post"),
        CheckConstraint("account_id IS NOT NULL OR former_id IS NOT NULL", name="somebody"),
        Index("ix_knowledge_staff_filing_waiting", "acknowledged_at", "id"),
    )


class Post(Base):
    """Somebody's post in a unit on the days from `from_day` until before `until_day`."""

    __tablename__ = "knowledge_post"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"))
    post: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    from_day: Mapped[date]
    until_day: Mapped[date | None]
    filing_id: Mapped[int] = mapped_column(ForeignKey("knowledge_staff_filing.id"))

    __table_args__ = (
        CheckConstraint("post IN ('leader', 'keeper')", name="post"),
        CheckConstraint("until_day IS NULL OR until_day >= from_day", name="order"),
        Index("ix_knowledge_post_unit", "unit_id", "post", "from_day"),
    )
