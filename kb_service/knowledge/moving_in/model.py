"""Where versions that moved in come from, and who confirmed them on what evidence."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base


class Origin(Base):
    """What the other system said of a version: times and people as they stood there. Never changed."""

    __tablename__ = "knowledge_origin"

    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), primary_key=True)
    system: Mapped[str] = mapped_column(String(60))
    origin_id: Mapped[str] = mapped_column(String(100))
    uploaded_at: Mapped[datetime]
    filed_at: Mapped[datetime | None]
    approved_by: Mapped[str] = mapped_column(String(100))
    approved_at: Mapped[datetime]


class MoveIn(Base):
    """A batch that moved in: the export, decision or other paper that proves it, and who confirmed it."""

    __tablename__ = "knowledge_move_in"

    batch_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    versions: Mapped[int]
    evidence_name: Mapped[str] = mapped_column(String(200))
    evidence_sha256: Mapped[str] = mapped_column(String(64))
    evidence: Mapped[bytes] = mapped_column(LargeBinary)
    moved_by: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    confirmed_by: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    confirmed_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("moved_by <> confirmed_by", name="four_eyes"),)
