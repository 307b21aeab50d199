"""Changes as server-sent events: one poller a process looks for news and wakes those who follow.

A follower reads its own pages at its own pace, in short sessions between what it sends, so that a slow one
holds up nobody, no session is held while waiting, and nothing piles up for it here.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

from starlette.concurrency import run_in_threadpool

from ingestion.feeds.schemas import ChangesOut
from ingestion.feeds.service.access import own_feed
from ingestion.feeds.service.publishing import head
from ingestion.feeds.service.pulling import after_cursor, followed
from kb_service.core.context import Context
from kb_service.core.errors import KbError, Unavailable
from kb_service.core.runtime import Runtime

log = logging.getLogger(__name__)
MOST = 64
MOST_OF_A_FEED = 4
POLL_S = 0.25
HEARTBEAT_S = 15.0
PAGE = 50


@dataclass(eq=False)
class _Follower:
    feed_id: int
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Hub:
    """The followers of one process."""

    def __init__(self, parts: Runtime, *, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._parts = parts
        self._heartbeat_s = heartbeat_s
        self._followers: set[_Follower] = set()
        self._poller: asyncio.Task[None] | None = None

    @property
    def followers(self) -> int:
        return len(self._followers)

    async def follow(self, ctx: Context, feed: str, cursor: str) -> AsyncIterator[str]:
        """The events after `cursor`; what stands against following is raised before the first of them."""
        after = after_cursor(cursor)
        feed_id = await run_in_threadpool(self._feed_of, ctx, feed)
        mine = sum(each.feed_id == feed_id for each in self._followers)
        if len(self._followers) >= MOST or mine >= MOST_OF_A_FEED:
            raise Unavailable("同时接收的连接过多，请关闭多余的连接后重试。", code="too_many_streams")
        return self._events(_Follower(feed_id), ctx, feed, after)

    def _feed_of(self, ctx: Context, feed: str) -> int:
        with self._parts.database.read() as session:
            return own_feed(session, ctx, feed).feed.id

    async def _events(self, follower: _Follower, ctx: Context, feed: str, after: int) -> AsyncIterator[str]:
        # Only now: of one that never began there is no end to be told.
        self._followers.add(follower)
        try:
            self._start_polling()
            yield "retry: 3000\n\n"
            while True:
                follower.news.clear()
                page = await run_in_threadpool(self._page, ctx, feed, after)
                for text in _told(page, after):
                    yield text
                after = int(page.next)
                if not page.more and not await self._wait(follower):
                    yield ": still here\n\n"
        except KbError as error:
            # The answer has begun, so that the reason can only be told in it.
            yield _event("error", json.dumps(error.problem(), ensure_ascii=False))
        finally:
            self._followers.discard(follower)

    def _page(self, ctx: Context, feed: str, after: int) -> ChangesOut:
        present = replace(ctx, now=self._parts.clock.now())
        return followed(self._parts.database, present, feed, after, PAGE)

    async def _wait(self, follower: _Follower) -> bool:
        try:
            await asyncio.wait_for(follower.news.wait(), self._heartbeat_s)
        except TimeoutError:
            return False
        return True

    def _start_polling(self) -> None:
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll(), name="feeds-poller")

    async def _poll(self) -> None:
        """Ends with the last follower."""
        seen = -1
        while self._followers:
            try:
                newest = await run_in_threadpool(self._head)
            except Exception:
                log.exception("looking for changes failed")
                newest = seen
            if newest != seen:
                seen = newest
                for follower in self._followers:
                    follower.news.set()
            await asyncio.sleep(POLL_S)

    def _head(self) -> int:
        with self._parts.database.read() as session:
            return head(session)


def _told(page: ChangesOut, after: int) -> list[str]:
    events = [_event(each.kind, each.model_dump_json(exclude_unset=True), each.cursor) for each in page.items]
    last = int(page.items[-1].cursor) if page.items else after
    if int(page.next) > last:
        # What this follower may not see moves its cursor all the same.
        events.append(f"id: {page.next}\n\n")
    return events


def _event(name: str, data: str, cursor: str = "") -> str:
    number = f"id: {cursor}\n" if cursor else ""
    return f"{number}event: {name}\ndata: {data}\n\n"
