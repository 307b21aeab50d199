"""Categories, matters, knowledge points and their versions.

The words of a version never change once it was submitted, and what was approved stays approved:
triggers refuse it on both databases (`immutable_ddl`).
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    DDL,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt

_IS_OPEN = text("status IN ('draft', 'unit_review', 'region_review', 'centre_review')")


class Category(Base):
    """`path` names the way from the root, joined by `/`."""

    __tablename__ = "knowledge_category"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("knowledge_category.id"), index=True)
    path: Mapped[str] = mapped_column(String(400), unique=True)


class CategoryUnit(Base):
    """A unit that holds a leaf and may write to it."""

    __tablename__ = "knowledge_category_unit"

    category_id: Mapped[int] = mapped_column(ForeignKey("knowledge_category.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), primary_key=True, index=True)


class Matter(Base):
    """An item of the dispatch catalogue. `risk` decides how sure an instant answer on it must be."""

    __tablename__ = "knowledge_matter"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    category_id: Mapped[int] = mapped_column(ForeignKey("knowledge_category.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    keywords: Mapped[list[str]] = mapped_column(default=list)
    risk: Mapped[str] = mapped_column(String(12), default="normal")

    __table_args__ = (
        CheckConstraint("risk IN ('normal', 'money', 'entitlement', 'health', 'law')", name="risk"),
    )


class MatterRegion(Base):
    """The unit responsible for a matter in one region, where it is not the matter's own."""

    __tablename__ = "knowledge_matter_region"

    matter_code: Mapped[str] = mapped_column(ForeignKey("knowledge_matter.code"), primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("identity_region.code"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"))


class Word(Base):
    """A word of the city's own dictionary, kept in normal form beside the names the service knows anyway."""

    __tablename__ = "knowledge_word"

    word: Mapped[str] = mapped_column(String(32), primary_key=True)
    added_at: Mapped[datetime]


class Point(Base):
    """`latest` is the number of the newest version, whatever its status; `touched_at` orders lists."""

    __tablename__ = "knowledge_point"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    type: Mapped[str] = mapped_column(String(12))
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    latest: Mapped[int]
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("type IN ('faq', 'procedure', 'policy', 'agency', 'script')", name="type"),
        Index("ix_knowledge_point_touched", "touched_at", "id"),
    )


class Version(Base):
    """Live in `[live_from, live_to)`; `live_from` is the upload time 上传时间.

    `access` holds the tokens of those who may see it, as `|public|` or `|role:a|role:b|`.
    `superseded_at` and `superseded_by` tell when and by which point's version it was replaced.
    """

    __tablename__ = "knowledge_version"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    point_id: Mapped[int] = mapped_column(ForeignKey("knowledge_point.id"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(128))
    content: Mapped[dict[str, Any]]
    category_id: Mapped[int] = mapped_column(ForeignKey("knowledge_category.id"), index=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("identity_region.code"))
    matter_code: Mapped[str | None] = mapped_column(ForeignKey("knowledge_matter.code"), index=True)
    audience: Mapped[str] = mapped_column(String(12))
    roles: Mapped[list[str]]
    access: Mapped[str] = mapped_column(String(1200))
    keywords: Mapped[list[str]]
    source: Mapped[str] = mapped_column(String(300))
    effective_from: Mapped[date | None]
    effective_to: Mapped[date | None]
    release_at: Mapped[datetime | None]
    supersedes_code: Mapped[str | None] = mapped_column(String(32), index=True)
    note: Mapped[str] = mapped_column(String(500))
    content_hash: Mapped[str] = mapped_column(String(64))
    author_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    batch_id: Mapped[str | None] = mapped_column(String(36), index=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    filed_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    live_from: Mapped[datetime | None]
    live_to: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(String(500), default="")
    superseded_at: Mapped[datetime | None]
    superseded_by: Mapped[int | None] = mapped_column(ForeignKey("knowledge_version.id"), index=True)
    lock: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("point_id", "number"),
        # A review refers to both, so that its author is the version's (see Review).
        UniqueConstraint("id", "author_id"),
        CheckConstraint(
            "status IN ('draft', 'unit_review', 'region_review', 'centre_review', 'returned', 'approved',"
            " 'discarded')",
            name="status",
        ),
        CheckConstraint("audience IN ('public', 'agents', 'restricted')", name="audience"),
        CheckConstraint("status <> 'approved' OR live_from IS NOT NULL", name="approved_is_dated"),
        CheckConstraint("live_to IS NULL OR live_to >= live_from", name="window"),
        Index("ix_knowledge_version_queue", "status", "filed_at", "id"),
        Index(
            "uq_knowledge_version_open",
            "point_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )


class VersionAuthor(Base):
    """Somebody other than the author who wrote on a draft: they may not review it either."""

    __tablename__ = "knowledge_version_author"

    version_id: Mapped[int] = mapped_column(ForeignKey("knowledge_version.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), primary_key=True)


class Review(Base):
    """One decision at one stage; nobody decides on what they wrote. `pass` is a stage that had no reviewer."""

    __tablename__ = "knowledge_review"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    version_id: Mapped[int] = mapped_column(BigInt, index=True)
    author_id: Mapped[int] = mapped_column(BigInt)
    stage: Mapped[str] = mapped_column(String(16))
    decision: Mapped[str] = mapped_column(String(8))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"), index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    remarks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]

    __table_args__ = (
        ForeignKeyConstraint(
            ["version_id", "author_id"],
            ["knowledge_version.id", "knowledge_version.author_id"],
            name="fk_knowledge_review_version",
        ),
        CheckConstraint("decision IN ('approve', 'return', 'pass')", name="decision"),
        CheckConstraint("reviewer_id <> author_id", name="four_eyes"),
        CheckConstraint("(reviewer_id IS NULL) = (decision = 'pass')", name="reviewer"),
    )


_WORDS = (
    "point_id", "number", "title", "content", "category_id", "region_code", "matter_code", "audience", "roles",
    "access", "keywords", "source", "effective_from", "effective_to", "release_at", "supersedes_code",
    "note", "content_hash", "author_id", "filed_at", "created_at",
)  # fmt: skip
_APPROVAL = ("status", "approved_at", "live_from")
_FIXED = "a submitted version cannot be changed"
_UNREVIEWED = "a version is approved by a review alone"
_REVIEWS = "reviews are append-only"
_WROTE_IT = "an author of a version cannot review it"


def immutable_ddl(dialect: str) -> list[str]:
    """Statements that make history unchangeable and approval impossible without a review by somebody else."""
    approve = "SELECT 1 FROM knowledge_review r WHERE r.version_id = NEW.id AND r.decision = 'approve'"
    wrote = (
        "SELECT 1 FROM knowledge_version_author a"
        " WHERE a.version_id = NEW.version_id AND a.account_id = NEW.reviewer_id"
    )
    version, review = Version.__tablename__, Review.__tablename__
    words = f"OLD.filed_at IS NOT NULL AND {_differ(dialect, _WORDS)}"
    approval = f"OLD.approved_at IS NOT NULL AND {_differ(dialect, _APPROVAL)}"
    unreviewed = f"NEW.status = 'approved' AND OLD.status <> 'approved' AND NOT EXISTS ({approve})"
    guards = [
        ("words", f"UPDATE OF {', '.join(_WORDS)}", version, words, _FIXED),
        ("approval", f"UPDATE OF {', '.join(_APPROVAL)}", version, approval, _FIXED),
        ("kept", "DELETE", version, "OLD.filed_at IS NOT NULL", _FIXED),
        ("reviewed", "UPDATE OF status", version, unreviewed, _UNREVIEWED),
        ("entered", "INSERT", version, "NEW.status = 'approved'", _UNREVIEWED),
        ("no_update", "UPDATE", review, "", _REVIEWS),
        ("no_delete", "DELETE", review, "", _REVIEWS),
        ("wrote_it", "INSERT", review, f"NEW.reviewer_id IS NOT NULL AND EXISTS ({wrote})", _WROTE_IT),
    ]
    make = _sqlite_guard if dialect == "sqlite" else _postgresql_guard
    return [statement for guard in guards for statement in make(*guard)]


def _differ(dialect: str, columns: tuple[str, ...]) -> str:
    operator = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    return "(" + " OR ".join(f"NEW.{column} {operator} OLD.{column}" for column in columns) + ")"


def _sqlite_guard(name: str, when: str, table: str, condition: str, message: str) -> list[str]:
    where = f" WHEN {condition}" if condition else ""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    return [f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table}{where} {refuse}"]


def _postgresql_guard(name: str, when: str, table: str, condition: str, message: str) -> list[str]:
    """A condition that asks another table stands in the function: WHEN may not hold a query."""
    test = f"IF {condition} THEN RAISE EXCEPTION '{message}'; END IF; " if condition else ""
    body = test or f"RAISE EXCEPTION '{message}'; "
    row = "OLD" if when == "DELETE" else "NEW"
    function = f"{table}_{name}()"
    head = f"CREATE OR REPLACE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql AS"
    call = f"FOR EACH ROW EXECUTE FUNCTION {function}"
    return [
        f"{head} $$ BEGIN {body}RETURN {row}; END $$",
        f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table} {call}",
    ]


for _dialect in ("sqlite", "postgresql"):
    for _statement in immutable_ddl(_dialect):
        _ddl = DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
        event.listen(Base.metadata, "after_create", _ddl)
