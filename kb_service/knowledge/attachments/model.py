"""Files, the names under which they were uploaded, and the versions they belong to."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class StoredFile(Base):
    """The bytes with this sha256. What is erased keeps its row, so that history still tells what there was."""

    __tablename__ = "knowledge_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInt)
    media_type: Mapped[str] = mapped_column(String(100))
    stored_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    erased_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    erased_reason: Mapped[str] = mapped_column(String(500), default="")


class Attachment(Base):
    """One upload: the file under the name its uploader gave it, made safe."""

    __tablename__ = "knowledge_attachment"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("knowledge_file.sha256"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    uploaded_at: Mapped[datetime]


class VersionAttachment(Base):
    """An upload as part of a version. `carried`: taken over from the version this one was begun from."""

    __tablename__ = "knowledge_version_attachment"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"))
    attachment_id: Mapped[int] = mapped_column(ForeignKey("knowledge_attachment.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    carried: Mapped[bool] = mapped_column(default=False)
    attached_by: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    attached_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("version_id", "attachment_id"),
        CheckConstraint("kind IN ('official_document', 'other')", name="kind"),
    )
