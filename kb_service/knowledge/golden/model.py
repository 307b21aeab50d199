"""Cases, their runs with the result of each case, and what people let through all the same."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class GoldenCase(Base):
    """A query with the points that must be among the first `first`, and those that must not.

    Asked as somebody of the audience (`public`, `agents`, or a role's code) for a region, or for none.
    """

    __tablename__ = "knowledge_golden_case"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    query: Mapped[str] = mapped_column(String(500))
    must: Mapped[list[str]]
    must_not: Mapped[list[str]]
    first: Mapped[int]
    region_code: Mapped[str | None] = mapped_column(ForeignKey("identity_region.code"))
    audience: Mapped[str] = mapped_column(String(32))
    why: Mapped[str] = mapped_column(String(300))
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"), index=True)
    retired_reason: Mapped[str] = mapped_column(String(300), default="")

    __table_args__ = (
        CheckConstraint("first BETWEEN 1 AND 50", name="first"),
        CheckConstraint("(retired_at IS NULL) = (retired_by IS NULL)", name="retired"),
    )


class GoldenRun(Base):
    """All cases tried once. `good`: none failed that held in the good run before, which is `baseline_id`.

    `setup` says with what: engine, model of vectors, index, ranking, marks of lexicon and dictionary.
    """

    __tablename__ = "knowledge_golden_run"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    cause: Mapped[str] = mapped_column(String(12))
    setup: Mapped[dict[str, Any]]
    cases: Mapped[int]
    passed: Mapped[int]
    good: Mapped[bool]
    baseline_id: Mapped[int | None] = mapped_column(ForeignKey("knowledge_golden_run.id"), index=True)

    __table_args__ = (
        CheckConstraint("cause IN ('by_hand', 'nightly', 'release', 'change')", name="cause"),
        Index("ix_knowledge_golden_run_good", "good", "id"),
    )


class GoldenResult(Base):
    """`found` are the codes of the first hits, as many as the case looks at."""

    __tablename__ = "knowledge_golden_result"

    run_id: Mapped[int] = mapped_column(ForeignKey("knowledge_golden_run.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("knowledge_golden_case.id"), primary_key=True, index=True)
    ok: Mapped[bool]
    regressed: Mapped[bool]
    found: Mapped[list[str]]
    problem: Mapped[str] = mapped_column(String(300))


class GoldenOverride(Base):
    """A change that a person let go live though these cases fail with it, and why."""

    __tablename__ = "knowledge_golden_override"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    what: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(300))
    failing: Mapped[list[Any]]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("knowledge_golden_run.id"), index=True)
