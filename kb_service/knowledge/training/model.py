"""Who may read a version before its release, besides those who write and review it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class TrainingReader(Base):
    """One person, or all who hold a role."""

    __tablename__ = "knowledge_training_reader"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    role_code: Mapped[str | None] = mapped_column(ForeignKey("identity_role.code"))
    named_by: Mapped[int] = mapped_column(ForeignKey("identity_account.id"))
    named_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("version_id", "account_id"),
        UniqueConstraint("version_id", "role_code"),
        CheckConstraint("(account_id IS NULL) <> (role_code IS NULL)", name="one"),
    )
