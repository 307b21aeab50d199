"""Database sessions. One request or job is one transaction, committed in one place: here."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Integer,
    MetaData,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import CursorResult, make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

# Who waits for SQLite's writer looks for it every 0.1 s at the least.
_BREATH_S = 0.12
# What differs once another connection has committed something; PostgreSQL's knows the whole cluster.
_STATE = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT pg_current_snapshot()::text"}
BigInt = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept as UTC on every database; a naive one is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: UtcDateTime,
        dict[str, Any]: Json,
        list[str]: Json,
        list[Any]: Json,
    }


class ReadSession(Session):
    """Reads only: a function that takes this type cannot write."""

    @property
    def dialect_name(self) -> str:
        return self.get_bind().dialect.name


class WriteSession(ReadSession):
    """Reads and writes inside the one transaction of a request or job."""


def affected(session: WriteSession, statement: Executable) -> int:
    """Runs an UPDATE or DELETE and returns how many rows it changed."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


class ReadOnlyViolation(RuntimeError):
    """A read session was given something to write: a programming error."""


@event.listens_for(ReadSession, "before_flush")
def _refuse_flush(session: Session, *_: object) -> None:
    if not isinstance(session, WriteSession) and (session.new or session.dirty or session.deleted):
        raise ReadOnlyViolation("a read session was given something to write")


class Database:
    """Opens sessions on one database.

    On SQLite a write transaction begins IMMEDIATE, so that two writers queue up at the start
    rather than fail at the first write after a read.
    """

    def __init__(self, url: str, *, pool_size: int = 10, busy_timeout_s: float = 30.0) -> None:
        self.url = url
        self.engine = _make_engine(url, pool_size, busy_timeout_s)
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    @property
    def dialect_name(self) -> str:
        return self.engine.dialect.name

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after each committed write transaction of this process."""
        with self._lock:
            self._listeners.append(listener)

    def read(self) -> ReadSession:
        """For `with`, or closed by whoever took it; holds a connection from its first statement on."""
        return ReadSession(bind=self.engine, expire_on_commit=False)

    @contextmanager
    def write(self) -> Iterator[WriteSession]:
        with self.engine.connect().execution_options(kb_write=True) as connection:
            session = WriteSession(bind=connection, expire_on_commit=False)
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise
            finally:
                session.close()
        for listener in list(self._listeners):
            listener()

    @contextmanager
    def watch(self) -> Iterator[Callable[[], bool]]:
        """Yields what tells whether anything was committed, by whichever process, since it was last asked.

        It may say so for nothing, never the other way round.
        """
        with self.engine.connect() as connection:
            seen: object = None

            def moved() -> bool:
                nonlocal seen
                before, seen = seen, connection.exec_driver_sql(_STATE[self.dialect_name]).scalar_one()
                connection.rollback()
                return seen != before

            yield moved

    def let_others_write(self) -> None:
        """Between the transactions of a long piece of work, so that who waits for the writer gets it."""
        if self.dialect_name == "sqlite":
            time.sleep(_BREATH_S)

    def dispose(self) -> None:
        self.engine.dispose()


# Chinese as itself: half the size, and a plain LIKE finds it.
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _make_engine(url: str, pool_size: int, busy_timeout_s: float) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        return create_engine(
            parsed, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, json_serializer=_to_json
        )
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=2 * pool_size,
        connect_args={"timeout": busy_timeout_s},
        json_serializer=_to_json,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # The driver must not open transactions by itself, or IMMEDIATE below would come too late.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        # FULL keeps an acknowledged write through a power cut; WAL alone only through a crash.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("kb_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
