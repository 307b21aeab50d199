"""The audit log grows, is sealed, and tells when somebody changed it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kb_service.core import audit
from kb_service.core.db import Database
from tests.support.contexts import ContextBuilder

TABLES = ["core_audit", "core_audit_seal"]


def write(db: Database, ctx: ContextBuilder, count: int) -> None:
    with db.write() as session:
        for number in range(count):
            audit.record(
                session,
                ctx("agent"),
                "point.edited",
                f"point:{number}",
                after={"标题": "户口"},
                reason="更正",
            )


def seal(db: Database) -> int:
    with db.write() as session:
        return audit.seal(session)


def switch_triggers(db: Database, on: bool) -> None:
    """What somebody with the database's own password could do."""
    with db.write() as session:
        for table in TABLES:
            if db.dialect_name == "postgresql":
                session.execute(text(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} TRIGGER USER"))
            elif not on:
                session.execute(text(f"DROP TRIGGER {table}_no_update"))
                session.execute(text(f"DROP TRIGGER {table}_no_delete"))


def verified(db: Database) -> audit.Verification:
    with db.read() as session:
        return audit.verify(session)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {}", "DELETE FROM {}"])
def test_rows_cannot_be_changed_or_removed(
    db: Database, ctx: ContextBuilder, table: str, statement: str
) -> None:
    write(db, ctx, 1)
    seal(db)
    change = "actor = 'x'" if table == "core_audit" else "hash = 'x'"
    with pytest.raises(DBAPIError, match="append-only"), db.write() as session:
        session.execute(text(statement.format(table, change)))


def test_every_row_is_sealed_once(db: Database, ctx: ContextBuilder) -> None:
    write(db, ctx, 5)
    assert seal(db) == 5
    assert seal(db) == 0
    write(db, ctx, 2)
    assert seal(db) == 2
    found = verified(db)
    assert (found.ok, found.rows, found.sealed) == (True, 7, 7)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE core_audit SET actor = '别人' WHERE id = 3",
        "UPDATE core_audit SET reason = '' WHERE id = 3",
        "UPDATE core_audit_seal SET hash = repeat('0', 64) WHERE audit_id = 3",
        "DELETE FROM core_audit_seal WHERE audit_id = 3",
    ],
)
def test_tampering_is_found_at_its_row(db: Database, ctx: ContextBuilder, tampering: str) -> None:
    write(db, ctx, 5)
    seal(db)
    switch_triggers(db, on=False)
    with db.write() as session:
        zeros = "'" + "0" * 64 + "'"
        session.execute(text(tampering.replace("repeat('0', 64)", zeros)))
    found = verified(db)
    assert not found.ok
    assert found.broken_at in (3, 4)


def test_unsealed_rows_are_seen(db: Database, ctx: ContextBuilder) -> None:
    with db.read() as session:
        assert not audit.unsealed(session)
    write(db, ctx, 1)
    with db.read() as session:
        assert audit.unsealed(session)
    seal(db)
    with db.read() as session:
        assert not audit.unsealed(session)
