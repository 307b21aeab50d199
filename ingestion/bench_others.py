"""What goes on beside an import while it is measured: another writer, and scripts that are published."""

import threading
import time
from collections.abc import Mapping
from types import TracebackType

from kb_service.core.context import Context
from kb_service.core.ids import next_number
from kb_service.core.runtime import Runtime
from kb_service.knowledge.content import PointDraft
from kb_service.knowledge.service import drafts, filing, review
from search.ports import Query

WRITE_EVERY_S = 0.05
SCRIPT_EVERY_S = 1.0
# Each look is a search, whose cost must not be what is measured.
POLL_S = 0.05
GIVEN_UP_S = 30.0


class Others:
    """A context: two threads at work, and how long they had to wait. The order of `people` is author, then reviewers."""

    def __init__(self, parts: Runtime, people: Mapping[str, Context]) -> None:
        self._parts = parts
        self._people = list(people.values())
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._waits: list[float] = []
        self._searchable: list[float] = []
        self._number = 0

    def __enter__(self) -> None:
        self._stop.clear()
        self._threads = [threading.Thread(target=each) for each in (self._write, self._publish)]
        for thread in self._threads:
            thread.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def forget(self) -> None:
        self._waits, self._searchable = [], []

    def told(self) -> dict[str, float]:
        if not self._waits:
            return {}
        return {
            "longest_wait_s": round(max(self._waits, default=0.0), 2),
            "searchable_s": round(max(self._searchable, default=0.0), 2),
            "scripts": len(self._searchable),
        }

    def _write(self) -> None:
        while not self._stop.wait(WRITE_EVERY_S):
            begun = time.perf_counter()
            with self._parts.database.write() as session:
                next_number(session, "bench.other")
            self._waits.append(time.perf_counter() - begun)

    def _publish(self) -> None:
        while not self._stop.wait(SCRIPT_EVERY_S):
            self._number += 1
            code = self._script(f"突发事件{self._number:05d}号应答口径")
            committed = time.perf_counter()
            while time.perf_counter() - committed < GIVEN_UP_S and not self._is_found(code):
                time.sleep(POLL_S)
            self._searchable.append(time.perf_counter() - committed)

    def _is_found(self, code: str) -> bool:
        now = int(self._parts.clock.now().timestamp()) + 1
        text = f"突发事件{self._number:05d}号应答口径"
        found = self._parts.engine.search(
            Query(text, frozenset({"public", "agents"}), now=now, types=frozenset({"script"}))
        )
        return any(hit.document.code == code for hit in found.hits)

    def _script(self, title: str) -> str:
        author, *reviewers = self._people
        content = {"type": "script", "event": title, "text": f"{title}：正在处理，请留意后续通知。"}
        draft = PointDraft.model_validate({"title": title, "content": content, "category": "C-BENCH"})
        database, now = self._parts.database, self._parts.clock.now
        with database.write() as session:
            ctx = Context(author.actor, now())
            code = drafts.create_draft(session, ctx, "U-BENCH", draft).code
            filing.submit(session, ctx, code, 1)
        for reviewer in reviewers:
            with database.write() as session:
                review.decide(session, Context(reviewer.actor, now()), code, 1, "approve")
        return code
