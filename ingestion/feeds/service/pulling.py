"""What changed since a follower last asked: each point once, as it stands now."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from ingestion.feeds.model import Feed, FeedPoint, PointChange
from ingestion.feeds.schemas import ChangeOut, ChangesOut
from ingestion.feeds.service.access import OwnFeed, own_feed, require_standing
from kb_service.core.context import Context
from kb_service.core.db import Database, ReadSession
from kb_service.core.errors import Invalid
from kb_service.knowledge.service.lookups import access_tokens
from kb_service.knowledge.service.reading import live_versions
from kb_service.knowledge.service.views import VersionView

TOUCH = timedelta(minutes=1)
LARGEST = 2**53


def changes(database: Database, ctx: Context, feed: str, cursor: str, limit: int) -> ChangesOut:
    """Changes after `cursor` (empty: from the beginning); the same cursor never skips anything."""
    after = after_cursor(cursor)
    with database.read() as session:
        own = own_feed(session, ctx, feed)
        page = read_changes(session, ctx, own, after, limit)
    touch(database, ctx, own)
    return page


def after_cursor(cursor: str) -> int:
    if not cursor:
        return 0
    if cursor.isascii() and cursor.isdigit() and len(cursor) <= 16 and int(cursor) <= LARGEST:
        return int(cursor)
    raise Invalid("变更位置（cursor）无效，请用上一次返回的 next，或不填从头接收。", code="bad_cursor")


def followed(database: Database, ctx: Context, feed: str, after: int, limit: int) -> ChangesOut:
    """The same for a stream: whoever may no longer see anything is told so by an error."""
    with database.read() as session:
        require_standing(session, ctx)
        own = own_feed(session, ctx, feed)
        page = read_changes(session, ctx, own, after, limit)
    touch(database, ctx, own)
    return page


def touch(database: Database, ctx: Context, own: OwnFeed) -> None:
    last = own.feed.last_pull_at
    if last is None or ctx.now - last >= TOUCH:
        with database.write() as session:
            session.execute(update(Feed).where(Feed.id == own.feed.id).values(last_pull_at=ctx.now))


def read_changes(session: ReadSession, ctx: Context, own: OwnFeed, after: int, limit: int) -> ChangesOut:
    statement = select(PointChange).where(PointChange.seq > after).order_by(PointChange.seq).limit(limit)
    rows = session.execute(statement.execution_options(populate_existing=True)).scalars().all()
    live = live_versions(session, [row.code for row in rows if row.number is not None], ctx.now)
    ids = _external_ids(session, own, [row.code for row in rows])
    viewer = access_tokens(ctx.actor)
    items: list[ChangeOut] = []
    for row in rows:
        view = live.get(row.code)
        if view is not None and view.visible_to(viewer, ctx.now):
            items.append(ChangeOut(**_put(str(row.seq), view), external_id=ids.get(row.code)))
        elif viewer & set(row.seen):
            # Only who was told of it before learns that it is gone.
            items.append(
                ChangeOut(cursor=str(row.seq), kind="gone", code=row.code, external_id=ids.get(row.code))
            )
    newest = str(rows[-1].seq) if rows else str(after)
    return ChangesOut(items=items, next=newest, more=len(rows) == limit)


def _external_ids(session: ReadSession, own: OwnFeed, codes: Sequence[str]) -> dict[str, str]:
    rows = select(FeedPoint.point_code, FeedPoint.external_id).where(
        FeedPoint.feed_id == own.feed.id, FeedPoint.point_code.in_(codes)
    )
    return {
        code: external_id
        for code, external_id in session.execute(rows.order_by(FeedPoint.external_id))
        if code
    }


def _put(cursor: str, view: VersionView) -> dict[str, Any]:
    return {
        "cursor": cursor,
        "kind": "put",
        "code": view.code,
        "version": view.number,
        "type": view.type,
        "title": view.title,
        "content": view.content.model_dump(mode="json"),
        "unit": view.unit_code,
        "unit_name": view.unit_name,
        "region": view.region_code,
        "category": view.category_code,
        "category_path": view.category_path,
        "audience": view.audience,
        "keywords": view.keywords,
        "source": view.source,
        "effective_from": view.effective_from,
        "effective_to": view.effective_to,
        "uploaded_at": view.uploaded_at,
    }
