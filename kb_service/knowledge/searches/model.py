"""Searches and choices without persons, and how often each point was used."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Search(Base):
    """One question as it stood when the searcher stopped typing; `key` joins a choice to it.

    The question is kept with personal data masked, and who asked it is not kept at all. `hits` are the codes
    of the first points found, `chosen` the one that was opened, copied or told. `after` is the key of the search
    just before it on the same page, in which nothing was chosen.
    """

    __tablename__ = "knowledge_search"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    key: Mapped[str | None] = mapped_column(String(40), unique=True)
    at: Mapped[datetime] = mapped_column(index=True)
    question: Mapped[str] = mapped_column(String(200))
    hits: Mapped[list[str]]
    chosen: Mapped[str | None] = mapped_column(String(32), index=True)
    after: Mapped[str | None] = mapped_column(String(40), index=True)
    channel: Mapped[str] = mapped_column(String(10))


class Use(Base):
    """How often a point was found, chosen and told on one day of the city."""

    __tablename__ = "knowledge_use"

    point_id: Mapped[int] = mapped_column(ForeignKey("knowledge_point.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    found: Mapped[int] = mapped_column(default=0)
    chosen: Mapped[int] = mapped_column(default=0)
    shown: Mapped[int] = mapped_column(default=0)

    __table_args__ = (Index("ix_knowledge_use_day", "day"),)
