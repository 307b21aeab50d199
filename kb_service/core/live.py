"""Values made from tables that every process holds ready, made anew as soon as what they are made from has changed.

Whoever changes the tables gives the value a new mark in the same transaction; whoever uses the value compares marks
first. So a change holds in every process from the next use on, without messages between them.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, String, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, ReadSession, WriteSession
from kb_service.core.ids import new_id

T = TypeVar("T")
Marks = dict[str, str]
NEVER = ""


class LiveMark(Base):
    """`mark` tells one state of what the value is made from from every other, one that was rolled back included."""

    __tablename__ = "core_live_mark"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    mark: Mapped[str] = mapped_column(String(36))


_MARKS = select(LiveMark.name, LiveMark.mark)


def marks(session: ReadSession) -> Marks:
    """All marks as of now; what never changed has none."""
    return dict(session.execute(_MARKS).tuples().all())


def touch(session: WriteSession, name: str) -> None:
    """Says that what the value of this name is made from has changed."""
    insert = postgresql_insert if session.dialect_name == "postgresql" else sqlite_insert
    given = insert(LiveMark).values(name=name, mark=new_id())
    session.execute(
        given.on_conflict_do_update(index_elements=[LiveMark.name], set_={"mark": given.excluded.mark})
    )


class Live(Generic[T]):
    """One value a database, made when first asked for and again whenever its mark has moved.

    While one thread makes it, the others go on with the one they have.
    """

    def __init__(self, name: str, make: Callable[[ReadSession], T]) -> None:
        self.name = name
        self._make = make
        self._held: WeakKeyDictionary[Engine, tuple[str, T]] = WeakKeyDictionary()
        self._making = threading.Lock()

    def of(self, session: ReadSession, known: Marks | None = None) -> T:
        """`known`: the marks, where they were read already in this session."""
        mark = (marks(session) if known is None else known).get(self.name, NEVER)
        engine = session.get_bind().engine
        held = self._held.get(engine)
        if held is not None and held[0] == mark:
            return held[1]
        if not self._making.acquire(blocking=held is None):
            assert held is not None
            return held[1]
        try:
            # Another thread may have made it while this one waited.
            held = self._held.get(engine)
            if held is None or held[0] != mark:
                held = self._held[engine] = (mark, self._make(session))
            return held[1]
        finally:
            self._making.release()
