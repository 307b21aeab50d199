"""Taking a batch that a sub-centre pushes: each item is acknowledged, whatever became of the others."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from ingestion.feeds.model import FeedBatch, FeedItem
from ingestion.feeds.rules import EFFECTS, OUTCOMES
from ingestion.feeds.schemas import AckOut, ItemErrorOut, PushIn, PushOut, PutIn
from ingestion.feeds.service.access import OwnFeed, own_feed, require_token, signers, speaking
from ingestion.feeds.service.reading import Item, read
from ingestion.feeds.service.taking import carry_out
from ingestion.feeds.service.weighing import weigh
from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.ids import new_id
from kb_service.notices.service import notify_again

SIGNED = "feed.signed"


def push(session: WriteSession, ctx: Context, feed: str, data: PushIn) -> PushOut:
    """An empty batch only says that the sub-centre is there."""
    require_token(ctx)
    own = own_feed(session, ctx, feed, lock=True)
    items = read(data.items)
    writing = speaking(session, ctx, own)
    plans = weigh(session, writing, own, items, signers(session, own))
    carry_out(session, writing, own, plans)
    own.feed.last_push_at = ctx.now
    batch = _record(session, ctx, own, items)
    _tell_signers(session, writing, own, items)
    return PushOut(
        batch=batch.id, taken=batch.taken, repeated=batch.repeated, refused=batch.refused,
        items=[_ack(item) for item in items],
    )  # fmt: skip


def _record(session: WriteSession, ctx: Context, own: OwnFeed, items: Sequence[Item]) -> FeedBatch:
    counts = Counter("taken" if item.outcome in EFFECTS else item.outcome for item in items)
    lags = [_lag(item, ctx.now) for item in items if item.outcome in EFFECTS]
    batch = FeedBatch(
        id=new_id(),
        feed_id=own.feed.id,
        received_at=ctx.now,
        items=len(items),
        taken=counts["taken"],
        repeated=counts["repeated"] + counts["overtaken"],
        refused=counts["refused"],
        lag_s=max((lag for lag in lags if lag is not None), default=None),
    )
    session.add(batch)
    kept = [item for item in items if item.outcome in EFFECTS or item.outcome == "refused"]
    session.add_all(_row(ctx, own, batch.id, item) for item in kept)
    session.flush()
    if kept:
        after = {"batch": batch.id, **dict(counts)}
        audit.record(session, ctx, "feed.pushed", f"feed:{own.feed.code}", after=after)
    return batch


def _lag(item: Item, now: datetime) -> int | None:
    if item.data is None or item.data.changed_at is None:
        return None
    return max(0, int((now - item.data.changed_at).total_seconds()))


def _row(ctx: Context, own: OwnFeed, batch_id: str, item: Item) -> FeedItem:
    put = item.data if isinstance(item.data, PutIn) else None
    signed = put.signed if put else None
    return FeedItem(
        feed_id=own.feed.id,
        batch_id=batch_id,
        external_id=item.external_id or "",
        revision=item.revision,
        outcome=item.outcome,
        error_code=item.refusal.code if item.refusal else "",
        detail=item.refusal.detail[:300] if item.refusal else "",
        payload_hash=item.payload_hash,
        point_code=item.code,
        number=item.number,
        changed_at=item.data.changed_at if item.data else None,
        written_by=put.written_by if put else "",
        signed_by=signed.by if signed else "",
        signed_at=signed.at if signed else None,
        signer_id=item.signer_id,
        received_at=ctx.now,
    )


def _tell_signers(session: WriteSession, ctx: Context, own: OwnFeed, items: Sequence[Item]) -> None:
    """Whoever signs there sees here what goes live in their name."""
    live = Counter(item.signer_id for item in items if item.outcome == "live" and item.signer_id is not None)
    for account, count in sorted(live.items()):
        title = f"以您的签发上线 {count} 条：{own.feed.name}"
        notify_again(session, ctx, [account], SIGNED, title, "/feeds", f"feed:{own.feed.code}")


def _ack(item: Item) -> AckOut:
    error = None
    if item.refusal is not None:
        error = ItemErrorOut.model_validate(item.refusal, from_attributes=True)
    return AckOut(
        index=item.at,
        id=item.external_id,
        revision=item.revision,
        outcome=item.outcome,
        outcome_name=OUTCOMES[item.outcome],
        code=item.code,
        version=item.number,
        error=error,
    )
