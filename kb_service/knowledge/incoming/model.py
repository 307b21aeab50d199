"""Versions in the making: the columns of a version as they will be written, a row of a batch each.

They lie in tables of the database so that writing a batch copies rows inside it and the writer of the base is
held for as long as that takes, not for as long as rows are read, checked and put into words.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Incoming(Base):
    """`code` is the point's where it is known or given; `base` the number of its newest version, 0 for a new point.

    Names nothing by foreign key: what is there when the batch is written decides, not what was there before.
    """

    __tablename__ = "knowledge_incoming"

    batch_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str | None] = mapped_column(String(32))
    base: Mapped[int]
    unit_id: Mapped[int] = mapped_column(BigInt)
    type: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(128))
    content: Mapped[dict[str, Any]]
    category_id: Mapped[int] = mapped_column(BigInt)
    region_code: Mapped[str] = mapped_column(String(12))
    matter_code: Mapped[str | None] = mapped_column(String(32))
    audience: Mapped[str] = mapped_column(String(12))
    roles: Mapped[list[str]]
    access: Mapped[str] = mapped_column(String(1200))
    keywords: Mapped[list[str]]
    source: Mapped[str] = mapped_column(String(300))
    effective_from: Mapped[date | None]
    effective_to: Mapped[date | None]
    release_at: Mapped[datetime | None]
    supersedes_code: Mapped[str | None] = mapped_column(String(32))
    replaces: Mapped[list[Any] | None]
    note: Mapped[str] = mapped_column(String(500))
    content_hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index("ix_knowledge_incoming_unit", "batch_id", "unit_id"),)


class IncomingCode(Base):
    """The code under which a row will be written; fresh ones are reserved before the transaction."""

    __tablename__ = "knowledge_incoming_code"

    batch_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(32))
    base: Mapped[int]
    unit_id: Mapped[int] = mapped_column(BigInt)
    type: Mapped[str] = mapped_column(String(12))


class IncomingCitation(Base):
    """A document that the words of a row rest on (see Citation)."""

    __tablename__ = "knowledge_incoming_citation"

    batch_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    cited: Mapped[str] = mapped_column(String(128), primary_key=True)


class IncomingOrigin(Base):
    """What another system said of a row that moves in from it (see moving_in)."""

    __tablename__ = "knowledge_incoming_origin"

    batch_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    system: Mapped[str] = mapped_column(String(60))
    origin_id: Mapped[str] = mapped_column(String(100))
    uploaded_at: Mapped[datetime]
    filed_at: Mapped[datetime | None]
    approved_by: Mapped[str] = mapped_column(String(100))
    approved_at: Mapped[datetime]


class IncomingFile(Base):
    """A file that a row names as attachment, stored already; `rank` is its place among those of the row."""

    __tablename__ = "knowledge_incoming_file"

    batch_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInt)
    media_type: Mapped[str] = mapped_column(String(100))


class PointSignature(Base):
    """By which words a point is known: the signature of one of its versions (see checks.similar), four bytes a number."""

    __tablename__ = "knowledge_signature"

    point_id: Mapped[int] = mapped_column(ForeignKey("knowledge_point.id"), primary_key=True)
    number: Mapped[int]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
