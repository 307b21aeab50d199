"""What changed waits in the outbox until it is drained, the urgent first."""

from datetime import timedelta

from kb_service.core import outbox
from kb_service.core.clock import FixedClock
from kb_service.core.db import Database
from kb_service.core.outbox import Lane
from tests.support.contexts import ContextBuilder


def test_urgent_rows_overtake_batches(db: Database, ctx: ContextBuilder) -> None:
    with db.write() as session:
        for number in range(3):
            outbox.publish(session, ctx(), "search", f"bulk{number}", lane=Lane.BULK)
        outbox.publish(session, ctx(), "search", "single")
        outbox.publish(session, ctx(), "search", "script", lane=Lane.URGENT)
        outbox.publish(session, ctx(), "other", "elsewhere")
    with db.read() as session:
        keys = [row.key for row in outbox.waiting(session, "search", 10)]
        assert keys == ["script", "single", "bulk0", "bulk1", "bulk2"]
        assert outbox.backlog(session, "search") == 5


def test_drained_rows_wait_no_more_but_are_remembered_for_a_rebuild(
    db: Database, ctx: ContextBuilder, clock: FixedClock
) -> None:
    with db.write() as session:
        outbox.publish(session, ctx(), "search", "a")
        outbox.publish(session, ctx(), "search", "b")
    with db.write() as session:
        first = outbox.waiting(session, "search", 1)[0]
        outbox.mark_drained(session, [first.id], clock.now())
    with db.read() as session:
        assert [row.key for row in outbox.waiting(session, "search", 10)] == ["b"]
        assert set(outbox.keys_touched_since(session, "search", clock.now())) == {"a", "b"}
        assert set(outbox.keys_touched_since(session, "search", clock.now() + timedelta(seconds=1))) == {"b"}
    with db.write() as session:
        assert outbox.purge_drained(session, clock.now() + timedelta(seconds=1)) == 1
        assert outbox.backlog(session, "search") == 1
