"""What is urgent does not wait for a batch that is being indexed."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from kb_service.core import outbox
from kb_service.core.clock import FixedClock
from kb_service.core.db import Database
from kb_service.core.outbox import Lane
from kb_service.knowledge.indexing import drain
from kb_service.knowledge.service.release import TOPIC
from search.engines.embedded import EmbeddedEngine
from search.ports import Change
from tests.support.contexts import ContextBuilder

BATCH = 1_500


class Watched(EmbeddedEngine):
    """Calls something once, when the last change of a batch is asked for."""

    meanwhile: Callable[[], None] | None = None

    def apply(self, changes: Iterable[Change]) -> int:
        return super().apply(self._watched(changes))

    def _watched(self, changes: Iterable[Change]) -> Iterator[Change]:
        for number, change in enumerate(changes, 1):
            if number == BATCH and self.meanwhile is not None:
                call, self.meanwhile = self.meanwhile, None
                call()
            yield change


def waiting(db: Database) -> list[str]:
    with db.read() as session:
        return [row.key for row in outbox.waiting_keys(session, TOPIC, 2_000)]


def publish(db: Database, ctx: ContextBuilder, *keys: str, lane: Lane = Lane.BULK) -> None:
    with db.write() as session:
        outbox.publish_many(session, ctx(), TOPIC, keys, lane=lane)


def test_what_is_urgent_is_searchable_while_a_batch_is_still_being_read(
    db: Database, ctx: ContextBuilder, clock: FixedClock, tmp_path: Path
) -> None:
    keys = [f"B{number:04d}" for number in range(BATCH)]
    publish(db, ctx, *keys)
    engine = Watched(tmp_path)

    came = []

    def urgent() -> None:
        # One of them is also in the batch, at its end.
        publish(db, ctx, "S1", keys[-1], lane=Lane.URGENT)
        assert drain(db, engine, clock, (Lane.URGENT,)) == 2
        found = engine.stored_seqs([*keys, "S1"])
        assert {"S1", keys[-1]} <= set(found)
        assert len(found) < BATCH
        came.append(len(found))

    engine.meanwhile = urgent
    assert drain(db, engine, clock, (Lane.BULK,)) == BATCH
    assert came
    assert not waiting(db)
    assert len(engine.stored_seqs(keys)) == BATCH
    engine.close()


def test_what_is_urgent_goes_before_a_batch_that_waits(
    db: Database, ctx: ContextBuilder, clock: FixedClock, tmp_path: Path
) -> None:
    publish(db, ctx, "B1", "B2")
    publish(db, ctx, "S1", lane=Lane.URGENT)
    engine = EmbeddedEngine(tmp_path)
    assert drain(db, engine, clock, limit=1) == 1
    assert waiting(db) == ["B1", "B2"]
    engine.close()
