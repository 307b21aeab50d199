"""The audit log: every write is recorded in its own transaction and later sealed into a hash chain.

Rows are never changed or removed (triggers refuse it); sealing adds rows to a second table, so that
no global lock slows a write. `kb audit verify` walks the chain.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    DDL,
    ColumnElement,
    ForeignKey,
    Select,
    String,
    Text,
    event,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core import paging
from kb_service.core.context import Context
from kb_service.core.db import Base, BigInt, ReadSession, UtcDateTime, WriteSession

GENESIS = "0" * 64
SEAL_BATCH = 2000
LATE = 100_000


class AuditRow(Base):
    __tablename__ = "core_audit"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(BigInt)
    actor: Mapped[str] = mapped_column(String(80))
    via: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64), index=True)
    subject: Mapped[str] = mapped_column(String(160), index=True)
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[str] = mapped_column(Text)


class AuditSeal(Base):
    __tablename__ = "core_audit_seal"

    seq: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    audit_id: Mapped[int] = mapped_column(BigInt, ForeignKey("core_audit.id"), unique=True)
    hash: Mapped[str] = mapped_column(String(64))


def append_only_ddl(dialect: str) -> list[str]:
    """Statements that make both tables refuse UPDATE and DELETE."""
    tables = (AuditRow.__tablename__, AuditSeal.__tablename__)
    return [statement for table in tables for statement in _refusals(dialect, table)]


def _refusals(dialect: str, table: str) -> list[str]:
    if dialect == "sqlite":
        refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {refuse}"
            for verb in ("UPDATE", "DELETE")
        ]
    function = f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    body = "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    trigger = f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    return [function + body, f"{trigger}FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"]


for _dialect in ("sqlite", "postgresql"):
    for _statement in append_only_ddl(_dialect):
        _ddl = DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
        event.listen(Base.metadata, "after_create", _ddl)


def record(
    session: WriteSession,
    ctx: Context,
    action: str,
    subject: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Notes a write. Personal values must come as references to the identity table, never as text."""
    entry = Entry(subject, before, after)
    session.add(AuditRow(**_row(ctx, action, entry, reason)))


@dataclass(frozen=True)
class Entry:
    subject: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def record_many(
    session: WriteSession, ctx: Context, action: str, entries: Iterable[Entry], *, reason: str = ""
) -> None:
    """Notes the same action on many subjects in one statement."""
    rows = [_row(ctx, action, entry, reason) for entry in entries]
    if rows:
        session.execute(insert(AuditRow), rows)


def record_selected(session: WriteSession, ctx: Context, action: str, rows: Select[Any]) -> None:
    """Notes the same action on all subjects that a query gives, with columns `subject` and `after`."""
    found = rows.subquery()
    given: dict[str, ColumnElement[Any]] = {
        name: literal(value) for name, value in _row(ctx, action, Entry(""), "").items() if value is not None
    }
    given |= {"at": literal(ctx.now, UtcDateTime), "subject": found.c.subject, "after": found.c.after}
    session.execute(insert(AuditRow).from_select(list(given), select(*given.values())))


def _row(ctx: Context, action: str, entry: Entry, reason: str) -> dict[str, Any]:
    return {
        "at": ctx.now,
        "account_id": ctx.actor.account_id,
        "actor": ctx.actor.name,
        "via": ctx.actor.via,
        "source": ctx.source,
        "request_id": ctx.request_id,
        "action": action,
        "subject": entry.subject,
        "before": dict(entry.before) if entry.before is not None else None,
        "after": dict(entry.after) if entry.after is not None else None,
        "reason": reason,
    }


def chained(previous: str, row: AuditRow) -> str:
    content = [
        row.id, int(row.at.timestamp() * 1_000_000), row.account_id, row.actor, row.via, row.source,
        row.request_id, row.action, row.subject, row.before, row.after, row.reason,
    ]  # fmt: skip
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def seal(session: WriteSession, limit: int = SEAL_BATCH) -> int:
    """Adds the next unsealed rows to the chain; returns how many."""
    last = session.execute(select(AuditSeal).order_by(AuditSeal.seq.desc()).limit(1)).scalar_one_or_none()
    seq, previous = (last.seq, last.hash) if last else (0, GENESIS)
    rows = session.execute(_waiting(session).limit(limit)).scalars().all()
    for row in rows:
        seq += 1
        previous = chained(previous, row)
        session.add(AuditSeal(seq=seq, audit_id=row.id, hash=previous))
    return len(rows)


def _waiting(session: ReadSession) -> Select[tuple[AuditRow]]:
    # Numbers are given before they are committed, so a late row may lie below the newest sealed one.
    newest = session.execute(select(func.max(AuditSeal.audit_id))).scalar() or 0
    return (
        select(AuditRow)
        .outerjoin(AuditSeal, AuditSeal.audit_id == AuditRow.id)
        .where(AuditRow.id > newest - LATE, AuditSeal.seq.is_(None))
        .order_by(AuditRow.id)
    )


def unsealed(session: ReadSession) -> bool:
    return session.execute(_waiting(session).limit(1)).first() is not None


@dataclass(frozen=True)
class Verification:
    """`broken_at` is the audit id of the first row whose content or place does not match its seal."""

    rows: int
    sealed: int
    head: str
    broken_at: int | None

    @property
    def ok(self) -> bool:
        return self.broken_at is None


def verify(session: ReadSession) -> Verification:
    previous, sealed, expected = GENESIS, 0, 1
    pairs = select(AuditSeal, AuditRow).outerjoin(AuditRow, AuditRow.id == AuditSeal.audit_id)
    rows = session.execute(select(func.count(AuditRow.id))).scalar_one()
    broken: int | None = None
    with session.execute(pairs.order_by(AuditSeal.seq).execution_options(yield_per=1000)) as found:
        for mark, row in found:
            if row is None or mark.seq != expected or mark.hash != chained(previous, row):
                broken = mark.audit_id
                break
            previous, sealed, expected = mark.hash, sealed + 1, expected + 1
    return Verification(rows=rows, sealed=sealed, head=previous, broken_at=broken)


def rows(
    session: ReadSession, *, subject: str = "", action: str = "", cursor: str = "", limit: int = 50
) -> paging.Page[AuditRow]:
    """The newest first."""
    found = select(AuditRow).order_by(AuditRow.id.desc())
    if subject:
        found = found.where(AuditRow.subject == subject)
    if action:
        found = found.where(AuditRow.action == action)
    if cursor:
        found = found.where(AuditRow.id < paging.decode_cursor(cursor, [int])[0])
    return paging.page_of(
        session.execute(found.limit(limit + 1)).scalars().all(), limit, lambda row: [row.id]
    )
