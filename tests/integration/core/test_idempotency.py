"""A request with an Idempotency-Key is carried out once, whoever sends it again and when."""

import pytest

from kb_service.core import idempotency
from kb_service.core.db import Database
from kb_service.core.errors import Conflict, Invalid
from kb_service.core.ids import next_number
from tests.support.contexts import ContextBuilder
from tests.support.threads import together


def run(db: Database, ctx: ContextBuilder, key: str, fingerprint: str) -> int:
    """Takes a number once for each key and gives back the same one afterwards."""
    with db.write() as session:
        scoped = idempotency.scoped(ctx("agent"), key)
        stored = idempotency.claim(session, ctx(), scoped, fingerprint)
        if stored is not None:
            assert stored.body is not None
            return int(stored.body["number"])
        number = next_number(session, "tickets")
        idempotency.keep(session, scoped, 201, {"number": number})
        return number


def test_many_sent_at_once_are_one(db: Database, ctx: ContextBuilder) -> None:
    assert together(lambda: run(db, ctx, "k", "f"), 8) == [1] * 8
    assert run(db, ctx, "other", "f") == 2


def test_a_key_used_for_another_request_is_refused(db: Database, ctx: ContextBuilder) -> None:
    run(db, ctx, "k", "f")
    with pytest.raises(Conflict) as refused:
        run(db, ctx, "k", "g")
    assert refused.value.code == "idempotency_key_reused"


def test_a_failed_request_may_be_sent_again(db: Database, ctx: ContextBuilder) -> None:
    with pytest.raises(RuntimeError), db.write() as session:
        idempotency.claim(session, ctx(), idempotency.scoped(ctx("agent"), "k"), "f")
        raise RuntimeError
    assert run(db, ctx, "k", "f") == 1


def test_callers_do_not_share_keys(ctx: ContextBuilder) -> None:
    assert idempotency.scoped(ctx("agent"), "k") != idempotency.scoped(ctx("agent", account_id=2), "k")
    with pytest.raises(Invalid):
        idempotency.scoped(ctx("agent"), "")
