"""A process that publishes and indexes, and is killed at a numbered instant: before or after any commit,
any batch of the index, or any mark in the outbox.

The words of a life are `DATABASE_URL INDEX_FOLDER INSTANT`; it says the name of each write once it was acknowledged.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from kb_service.core.clock import FixedClock
from kb_service.core.db import Database
from kb_service.knowledge.indexing import drain
from kb_service.knowledge.service import reading, release
from search.engines.embedded import EmbeddedEngine
from search.ports import Change
from tests.support.knowledge import LONG_AGO, World, faq
from tests.support.mortal import Reaper, serve


class MortalEngine(EmbeddedEngine):
    reaper: Reaper

    def apply(self, changes: Iterable[Change]) -> int:
        self.reaper.passes()
        applied = super().apply(changes)
        self.reaper.passes()
        return applied


class MortalDatabase(Database):
    """`event` tells of a commit before it happens; the listener of the service's own, after."""

    def __init__(self, url: str, reaper: Reaper) -> None:
        super().__init__(url)
        event.listen(self.engine, "commit", lambda _: reaper.passes())
        self.on_commit(reaper.passes)


def writes(world: World) -> list[tuple[str, Callable[[], Any]]]:
    first, later = faq("怎样办理退休", "第一版"), faq("怎样办理退休", "第二版")

    def numbered(number: int) -> Any:
        with world.database.read() as session:
            return reading.one_view(session, world.clock.now(), "K000001", number)

    def withdraw() -> None:
        with world.database.write() as session:
            release.withdraw(session, world.as_("zx_manager"), "K000001", "内容有误")

    return [
        ("drafted", lambda: world.draft(first)),
        ("submitted", lambda: world.submit(numbered(1))),
        ("reviewed", lambda: world.decide(numbered(1), "rsj_reviewer")),
        ("published", lambda: world.decide(numbered(1), "zx_reviewer")),
        ("changed", lambda: world.publish(later, code="K000001")),
        ("withdrawn", withdraw),
    ]


def live(url: str, folder: str, instant: str) -> None:
    reaper = Reaper(int(instant))
    clock = FixedClock(LONG_AGO)
    world = World(MortalDatabase(url, reaper), clock)
    engine = MortalEngine(Path(folder))
    engine.reaper = reaper
    for name, write in writes(world):
        write()
        print(name, flush=True)
        clock.advance(timedelta(minutes=1))
        drain(world.database, engine, clock)


if __name__ == "__main__":
    serve(live)
