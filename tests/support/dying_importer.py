"""A process that imports, and is killed at a numbered instant: before or after any commit, and before any statement
that writes while a batch is applied.

The words of a life are `DATABASE_URL FOLDER INSTANT`; it says `staged ID` and `applied` once each is done.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event

import ingestion.service as imports
from ingestion.service import staging
from kb_service.core.clock import FixedClock
from kb_service.core.db import Database
from tests.support.imports import jsonl, row
from tests.support.knowledge import LONG_AGO, World
from tests.support.mortal import Reaper, serve

ROWS = 7
CHUNK = 2


class MortalDatabase(Database):
    def __init__(self, url: str, reaper: Reaper) -> None:
        super().__init__(url)
        event.listen(self.engine, "commit", lambda _: reaper.passes())
        event.listen(self.engine, "before_cursor_execute", _at_writes(reaper.passes))
        self.on_commit(reaper.passes)


def _at_writes(passes: Callable[[], None]) -> Callable[..., None]:
    def before(*call: Any) -> None:
        if call[2].lstrip().upper().startswith(("INSERT INTO KNOWLEDGE_", "UPDATE KNOWLEDGE_")):
            passes()

    return before


def content() -> bytes:
    return jsonl(*(row(f"事项{at}", 答案=f"第{at}种办法") for at in range(ROWS)))


def live(url: str, folder: str, instant: str) -> None:
    clock = FixedClock(LONG_AGO)
    world = World(MortalDatabase(url, Reaper(int(instant))), clock)
    store = imports.FileStore(Path(folder))
    staged = imports.stage(
        world.database, world.as_("rsj_editor"), io.BytesIO(content()), "a.jsonl", store=store, clock=clock
    )
    print(f"staged {staged.id}", flush=True)
    imports.apply(world.database, world.as_("rsj_editor"), staged.id)
    print("applied", flush=True)


if __name__ == "__main__":
    staging.CHUNK = CHUNK
    serve(live)
