"""How each feed stands: when it was last heard, how late and how faulty what it tells is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from ingestion.feeds.model import Feed, FeedAlarm, FeedBatch, FeedItem, FeedPoint, FeedSigner
from ingestion.feeds.rules import ALARM_NAMES, RELEASE_NAMES, Health
from ingestion.feeds.schemas import AlarmOut, FeedItemOut, FeedOut
from ingestion.feeds.service.access import select_feeds
from kb_service.core import paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import NotFound
from kb_service.identity.model import Account, Unit

DAY = timedelta(days=1)
SHOWN_ALARMS = 10


def feeds(session: ReadSession, ctx: Context) -> list[FeedOut]:
    """The feeds of the units in the actor's scope."""
    ctx.actor.require("feed.read")
    found = [row for row in session.execute(select_feeds()).tuples() if ctx.actor.in_scope(row[2].id)]
    ids = [feed.id for feed, _, _ in found]
    counted, lags = _counted(session, ids, ctx.now), _lags(session, ids)
    points, alarms, signers = _points(session, ids), _alarms(session, ids), _signers(session, ids)
    return [
        _out(
            feed, unit, health_of(feed, counted, lags), points.get(feed.id, 0),
            alarms.get(feed.id, []), signers.get(feed.id, {}),
        )
        for feed, _, unit in found
    ]  # fmt: skip


def _out(
    feed: Feed, unit: Unit, health: Health, points: int, alarms: list[AlarmOut], signers: dict[str, str]
) -> FeedOut:
    return FeedOut(
        code=feed.code,
        name=feed.name,
        unit_code=unit.code,
        unit_name=unit.name,
        release=feed.release,
        release_name=RELEASE_NAMES[feed.release],
        silent_minutes=feed.silent_minutes,
        lag_minutes=feed.lag_minutes,
        active=feed.active,
        last_push_at=feed.last_push_at,
        last_pull_at=feed.last_pull_at,
        lag_s=health.lag_s,
        items=health.items,
        refused=health.refused,
        error_percent=round(100 * health.error_share, 1),
        points=points,
        alarms=alarms,
        signers=signers,
    )


def healths(session: ReadSession, found: Sequence[Feed], now: datetime) -> dict[int, Health]:
    ids = [feed.id for feed in found]
    counted, lags = _counted(session, ids, now), _lags(session, ids)
    return {feed.id: health_of(feed, counted, lags) for feed in found}


def health_of(feed: Feed, counted: Mapping[int, tuple[int, int]], lags: Mapping[int, int]) -> Health:
    items, refused = counted.get(feed.id, (0, 0))
    return Health(
        heard_at=feed.last_push_at or feed.created_at,
        lag_s=lags.get(feed.id),
        items=items,
        refused=refused,
        silent_minutes=feed.silent_minutes,
        lag_minutes=feed.lag_minutes,
    )


def _counted(session: ReadSession, ids: Sequence[int], now: datetime) -> dict[int, tuple[int, int]]:
    rows = (
        select(FeedBatch.feed_id, func.sum(FeedBatch.items), func.sum(FeedBatch.refused))
        .where(FeedBatch.feed_id.in_(ids), FeedBatch.received_at > now - DAY)
        .group_by(FeedBatch.feed_id)
    )
    return {feed: (int(items), int(refused)) for feed, items, refused in session.execute(rows)}


def _lags(session: ReadSession, ids: Sequence[int]) -> dict[int, int]:
    """Of the newest batch of each feed in which something told when it was published."""
    newest = (
        select(FeedBatch.feed_id, func.max(FeedBatch.received_at).label("at"))
        .where(FeedBatch.feed_id.in_(ids), FeedBatch.lag_s.is_not(None))
        .group_by(FeedBatch.feed_id)
        .subquery()
    )
    rows = (
        select(FeedBatch.feed_id, func.max(FeedBatch.lag_s))
        .join(newest, (newest.c.feed_id == FeedBatch.feed_id) & (newest.c.at == FeedBatch.received_at))
        .group_by(FeedBatch.feed_id)
    )
    return {feed: lag for feed, lag in session.execute(rows) if lag is not None}


def _points(session: ReadSession, ids: Sequence[int]) -> dict[int, int]:
    rows = (
        select(FeedPoint.feed_id, func.count())
        .where(FeedPoint.feed_id.in_(ids), FeedPoint.state != "withdrawn")
        .group_by(FeedPoint.feed_id)
    )
    return dict(session.execute(rows).tuples().all())


def _alarms(session: ReadSession, ids: Sequence[int]) -> dict[int, list[AlarmOut]]:
    """Open ones first, then the latest."""
    found: dict[int, list[AlarmOut]] = defaultdict(list)
    rows = (
        select(FeedAlarm)
        .where(FeedAlarm.feed_id.in_(ids))
        .order_by(FeedAlarm.closed_at.is_not(None), FeedAlarm.id.desc())
        .limit(SHOWN_ALARMS * max(1, len(ids)))
    )
    for row in session.execute(rows).scalars():
        if len(found[row.feed_id]) < SHOWN_ALARMS:
            name = ALARM_NAMES[row.kind]
            found[row.feed_id].append(
                AlarmOut(
                    kind=row.kind,
                    kind_name=name,
                    detail=row.detail,
                    opened_at=row.opened_at,
                    closed_at=row.closed_at,
                )
            )
    return found


def _signers(session: ReadSession, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    rows = (
        select(FeedSigner.feed_id, FeedSigner.signer, Account.name)
        .join(Account, Account.id == FeedSigner.account_id)
        .where(FeedSigner.feed_id.in_(ids))
        .order_by(FeedSigner.signer)
    )
    for feed, signer, name in session.execute(rows):
        found[feed][signer] = name
    return found


def items(
    session: ReadSession, ctx: Context, code: str, *, outcome: str = "", cursor: str = "", limit: int = 50
) -> paging.Page[FeedItemOut]:
    """What a feed told, the latest first."""
    ctx.actor.require("feed.read")
    own = session.execute(select_feeds().where(Feed.code == code)).one_or_none()
    if own is None or not ctx.actor.in_scope(own[2].id):
        raise NotFound(f"没有编码为“{code}”的数据通道。", code="unknown_feed")
    rows = select(FeedItem).where(FeedItem.feed_id == own[0].id).order_by(FeedItem.id.desc())
    if outcome:
        rows = rows.where(FeedItem.outcome == outcome)
    if cursor:
        rows = rows.where(FeedItem.id < paging.decode_cursor(cursor, [int])[0])
    found = session.execute(rows.limit(limit + 1)).scalars().all()
    page = paging.page_of(found, limit, lambda row: [row.id])
    return paging.Page([FeedItemOut.model_validate(row) for row in page.items], page.next)


@dataclass(frozen=True)
class Timeliness:
    """What the feeds of a unit did in a span; `alarm_minutes`: how long an alarm stood, summed over kinds."""

    batches: int
    items: int
    refused: int
    worst_lag_s: int | None
    alarms: int
    alarm_minutes: int


def timeliness(session: ReadSession, unit_id: int, start: datetime, end: datetime) -> Timeliness:
    """For the assessment of a unit. What it owed by an alarm counts there already, as a task with its due time."""
    ids = [feed.id for feed, _, unit in session.execute(select_feeds()).tuples() if unit.id == unit_id]
    of_span = (FeedBatch.feed_id.in_(ids), FeedBatch.received_at >= start, FeedBatch.received_at < end)
    row = session.execute(
        select(
            func.count(), func.sum(FeedBatch.items), func.sum(FeedBatch.refused), func.max(FeedBatch.lag_s)
        ).where(*of_span)
    ).one()
    raised = select(FeedAlarm).where(FeedAlarm.feed_id.in_(ids), FeedAlarm.opened_at < end)
    spans = [
        (max(each.opened_at, start), min(each.closed_at or end, end))
        for each in session.execute(raised).scalars()
        if each.closed_at is None or each.closed_at > start
    ]
    minutes = sum(int((until - since).total_seconds()) // 60 for since, until in spans)
    return Timeliness(int(row[0]), int(row[1] or 0), int(row[2] or 0), row[3], len(spans), minutes)
