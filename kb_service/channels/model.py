"""What was said in a conversation with a citizen, on both sides."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Message(Base):
    """One message; `text` is kept with personal data masked.

    `who`: citizen or service. `kind`: question, choice, decision (then `decision_id` tells it all),
    ticket or progress (then `text` is the ticket's code; of progress it may be empty).
    """

    __tablename__ = "channels_message"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("answering_conversation.id"))
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("answering_decision.id"), index=True)

    __table_args__ = (Index("ix_channels_message_conversation", "conversation_id", "id"),)
