"""Identifiers: unguessable ones for what the public may hold, counted ones for what people read."""

from sqlalchemy import String, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils import uuid7

from kb_service.core.db import Base, BigInt, ReadSession, WriteSession


class Counter(Base):
    __tablename__ = "core_counter"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[int] = mapped_column(BigInt)


def new_id() -> str:
    """Time-ordered and unguessable (UUID version 7)."""
    return str(uuid7())


def next_number(session: WriteSession, name: str) -> int:
    """The next number of a named series, without gaps: a rolled-back transaction gives it back."""
    return next_numbers(session, name, 1)[0]


def current_number(session: ReadSession, name: str) -> int:
    """The last number given of a named series, 0 before the first."""
    found = session.execute(select(Counter.value).where(Counter.name == name)).scalar_one_or_none()
    return found or 0


def next_numbers(session: WriteSession, name: str, count: int) -> range:
    """The next `count` numbers of a named series."""
    insert = postgresql_insert if session.dialect_name == "postgresql" else sqlite_insert
    session.execute(insert(Counter).values(name=name, value=0).on_conflict_do_nothing())
    session.execute(update(Counter).where(Counter.name == name).values(value=Counter.value + count))
    last = session.execute(select(Counter.value).where(Counter.name == name)).scalar_one()
    return range(last - count + 1, last + 1)
