"""What a draft said before each change, while it is a draft."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base


class DraftState(Base):
    """The draft as it was read at `lock`: what two that were written from it are compared with."""

    __tablename__ = "knowledge_draft_state"

    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), primary_key=True)
    lock: Mapped[int] = mapped_column(primary_key=True)
    draft: Mapped[dict[str, Any]]
    replaced_by: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    replaced_at: Mapped[datetime]
