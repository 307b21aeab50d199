"""Templates of replies; each change is a new version and nothing is ever overwritten."""

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class ReplyTemplate(Base):
    """One version. The newest of a code counts; where that one says `retired`, the template is over."""

    __tablename__ = "tickets_reply_template"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    request_class: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    retired: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        UniqueConstraint("code", "version"),
        Index("ix_tickets_reply_template_class", "request_class"),
    )
