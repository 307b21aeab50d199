"""Requests that units have handled, as the tickets told them: what new ones are compared with."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class PastRequest(Base):
    """One request a ticket, without what is confidential. Personal data in `title` is masked.

    `id` grows with each change, so that whoever keeps a copy reads on from the last one.
    """

    __tablename__ = "answering_past_request"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    ticket_code: Mapped[str] = mapped_column(String(20), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    request_class: Mapped[str] = mapped_column(String(20))
    field: Mapped[str | None] = mapped_column(String(80))
    matter_code: Mapped[str | None] = mapped_column(String(32))
    region_code: Mapped[str] = mapped_column(String(12))
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"))
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("answering_decision.id"))
    settled_at: Mapped[datetime]

    __table_args__ = ({"sqlite_autoincrement": True},)
