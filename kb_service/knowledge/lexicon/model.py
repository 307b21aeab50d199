"""What the city changed of the lexicon."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base


class LexiconEntry(Base):
    """An entry of the city's own, or what it made of a shipped one; `spoken` in normal form.

    One that is not `active` says nothing, and silences a shipped entry for the same words.
    """

    __tablename__ = "knowledge_lexicon_entry"

    spoken: Mapped[str] = mapped_column(String(32), primary_key=True)
    official: Mapped[list[str]]
    weight: Mapped[float] = mapped_column(Float)
    field: Mapped[str] = mapped_column(String(20), default="")
    active: Mapped[bool] = mapped_column(default=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"), index=True)
    changed_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("weight > 0 AND weight <= 1", name="weight"),)
