"""One request is one transaction; a read session cannot write."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from kb_service.core.db import Database, ReadOnlyViolation
from kb_service.core.ids import Counter, next_number
from kb_service.core.outbox import OutboxRow
from tests.support.contexts import ContextBuilder
from tests.support.threads import together


def test_a_failed_transaction_leaves_nothing(db: Database) -> None:
    with pytest.raises(RuntimeError), db.write() as session:
        next_number(session, "tickets")
        raise RuntimeError
    with db.read() as session:
        assert session.execute(select(func.count(Counter.name))).scalar_one() == 0


def test_a_read_session_refuses_to_write(db: Database) -> None:
    with db.read() as session:
        session.add(Counter(name="x", value=1))
        with pytest.raises(ReadOnlyViolation):
            session.flush()


def test_listeners_hear_of_commits_only(db: Database) -> None:
    heard: list[str] = []
    db.on_commit(lambda: heard.append("commit"))
    with pytest.raises(RuntimeError), db.write():
        raise RuntimeError
    assert heard == []
    with db.write() as session:
        next_number(session, "tickets")
    assert heard == ["commit"]


def test_who_watches_learns_of_each_commit_of_another_process(db: Database) -> None:
    other = Database(db.url)
    with db.watch() as moved:
        moved()
        for _ in range(3):
            with other.write() as session:
                next_number(session, "tickets")
            assert moved()
        if db.dialect_name == "sqlite":
            with other.write():
                pass
            assert not moved()
    other.dispose()


def test_numbers_have_no_gaps_however_many_ask_at_once(db: Database) -> None:
    def take() -> int:
        with db.write() as session:
            return next_number(session, "tickets")

    assert sorted(together(take, 12)) == list(range(1, 13))


def test_an_instant_comes_back_as_it_was_and_one_without_a_zone_is_refused(
    db: Database, ctx: ContextBuilder
) -> None:
    instant = datetime(2026, 1, 1, 23, 59, 59, 123456, tzinfo=UTC) + timedelta(microseconds=1)
    row = {"topic": "t", "key": "k", "lane": 1}
    with db.write() as session:
        session.add(OutboxRow(**row, created_at=instant))
    with db.read() as session:
        assert session.execute(select(OutboxRow.created_at)).scalar_one() == instant
    with pytest.raises(StatementError, match="time zone"), db.write() as session:
        session.add(OutboxRow(**row, created_at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_the_newest_migration_is_known_without_the_library(db: Database) -> None:
    from alembic.script import ScriptDirectory

    from kb_service.core import migrations

    assert migrations.head() == ScriptDirectory.from_config(migrations.config(db.url)).get_current_head()
    assert migrations.is_current(db)
