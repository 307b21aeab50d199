"""What versions replace besides `supersedes_code`, what they cite, and which replacements were told."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base


class Supersession(Base):
    """A further point that a version replaces: the whole of it, or the articles named (第三条、第五条)."""

    __tablename__ = "knowledge_supersession"

    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), primary_key=True)
    replaced_code: Mapped[str] = mapped_column(String(32), primary_key=True, index=True)
    whole: Mapped[bool]
    articles: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (CheckConstraint("whole = (articles = '')", name="part"),)


class Citation(Base):
    """A document that the words of a version rest on: by its number, its title or a point's code."""

    __tablename__ = "knowledge_citation"

    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    cited: Mapped[str] = mapped_column(String(128), primary_key=True, index=True)

    __table_args__ = (CheckConstraint("kind IN ('number', 'title', 'code')", name="kind"),)


class SupersessionTold(Base):
    """A version that took effect, and whose replacing has been told to those who cite what it replaces."""

    __tablename__ = "knowledge_supersession_told"

    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), primary_key=True)
    at: Mapped[datetime]
    points: Mapped[int]
