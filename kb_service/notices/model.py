"""The inbox: what awaits a person."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
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
