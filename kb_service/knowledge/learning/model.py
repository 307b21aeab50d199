"""What people did with suggestions from use."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base


class SuggestionDone(Base):
    """A suggestion is over once somebody took or refused it. `subject` is the code of the point whose wording it
    would be, or the official term it would stand for in the lexicon."""

    __tablename__ = "knowledge_suggestion_done"

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    words: Mapped[str] = mapped_column(String(200), primary_key=True)
    taken: Mapped[bool]
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    at: Mapped[datetime]

    __table_args__ = (CheckConstraint("kind IN ('question', 'lexicon')", name="kind"),)
