"""Imports in the making: a batch, and each row of its file with what was found about it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Batch(Base):
    """`counts` by row status; `columns` tells what became of each header; `problem` why it failed.

    `kind` is what the file is. `format` is what the first release knew of it: the constraint on it stays, since
    SQLite could only change it by copying the table, and the rows of waiting batches would go with the old one.
    """

    __tablename__ = "ingestion_batch"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    filename: Mapped[str] = mapped_column(String(200))
    format: Mapped[str] = mapped_column(String(8))
    sheet: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInt)
    status: Mapped[str] = mapped_column(String(12), index=True)
    mapping: Mapped[dict[str, Any]]
    defaults: Mapped[dict[str, Any]]
    columns: Mapped[list[Any]]
    counts: Mapped[dict[str, Any]]
    notes: Mapped[list[str]]
    submit: Mapped[bool]
    problem: Mapped[str] = mapped_column(Text, default="")
    undo_reason: Mapped[str] = mapped_column(String(500), default="")
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    kind: Mapped[str | None] = mapped_column(String(12))

    __table_args__ = (
        CheckConstraint(
            "status IN ('staged', 'checked', 'applied', 'undone', 'failed', 'cancelled')", name="status"
        ),
        CheckConstraint("format IN ('csv', 'xlsx', 'jsonl')", name="format"),
    )


class Run(Base):
    """How far the reading of a batch has come, and who is at it.

    `file` names the stored file, empty where it was not kept; `again` means that staged rows are checked anew.
    `claim` is the mark of whoever reads: a chunk is kept only while the mark is still there, so two never read
    one batch at once. `directory` tells the catalogue that rows were checked against.
    `swept`: nothing made ready is left of an ended batch; `forgotten`: nor any staged row.
    """

    __tablename__ = "ingestion_run"

    batch_id: Mapped[str] = mapped_column(
        ForeignKey("ingestion_batch.id", ondelete="CASCADE"), primary_key=True
    )
    file: Mapped[str] = mapped_column(String(100))
    profile: Mapped[str] = mapped_column(String(20))
    again: Mapped[bool]
    last_row: Mapped[int]
    bytes_read: Mapped[int] = mapped_column(BigInt)
    claim: Mapped[str | None] = mapped_column(String(36))
    claimed_at: Mapped[datetime | None]
    attempts: Mapped[int]
    directory: Mapped[str] = mapped_column(String(64))
    swept: Mapped[bool] = mapped_column(default=False)
    forgotten: Mapped[bool] = mapped_column(default=False)


class NearRow(Base):
    """A new row that says nearly what a point or an earlier row of the file says already.

    `code` names the point, `other_row` the row; `share` is how much they have in common, 0 to 1.
    """

    __tablename__ = "ingestion_near"

    batch_id: Mapped[str] = mapped_column(
        ForeignKey("ingestion_batch.id", ondelete="CASCADE"), primary_key=True
    )
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str | None] = mapped_column(String(32))
    other_row: Mapped[int | None]
    title: Mapped[str] = mapped_column(String(128))
    share: Mapped[float]


class StagedRow(Base):
    """`row` is its number in the file. `draft` is the text that a PointDraft is read from.

    `raw` keeps the cells of a row with problems, so that it can be given back and read again.
    `base` is the number of the version it was compared with, 0 where the point was not there.
    """

    __tablename__ = "ingestion_row"

    batch_id: Mapped[str] = mapped_column(
        ForeignKey("ingestion_batch.id", ondelete="CASCADE"), primary_key=True
    )
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(String(12))
    warned: Mapped[bool]
    type: Mapped[str] = mapped_column(String(12))
    code: Mapped[str | None] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(128))
    unit: Mapped[str] = mapped_column(String(32))
    base: Mapped[int]
    draft: Mapped[str | None] = mapped_column(Text)
    raw: Mapped[dict[str, Any] | None]
    problems: Mapped[list[Any]]
    diff: Mapped[list[Any]]
    evidence: Mapped[list[Any] | None]
    attachments: Mapped[list[Any] | None]
    origin: Mapped[dict[str, Any] | None]

    __table_args__ = (
        CheckConstraint("status IN ('new', 'changed', 'unchanged', 'duplicate', 'error')", name="status"),
        Index("ix_ingestion_row_status", "batch_id", "status", "row"),
    )
