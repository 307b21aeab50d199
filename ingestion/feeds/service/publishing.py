"""Keeping the log of changes that others follow: where each point stands, numbered in the order of commits.

There is one writer of numbers at a time: it holds the counter's row until it commits, so whoever has read up
to a number never finds a smaller one later. What changed comes by the outbox; what changes by time alone, a
release or the end of validity, by the instant kept beside each point.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, or_, select, update

from ingestion.feeds.model import Feed, PointChange
from ingestion.feeds.rules import Window, stands, words_hash
from kb_service.core import outbox
from kb_service.core.clock import Clock
from kb_service.core.db import Database, ReadSession, WriteSession
from kb_service.core.ids import current_number, next_number, next_numbers
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status, tokens_of
from kb_service.knowledge.service.projection import published_codes
from kb_service.knowledge.service.release import CHANGED
from kb_service.knowledge.service.views import CONTENT

COUNTER = "feeds.change"
FILL, FILLED = "feeds.fill", "feeds.filled"
AT_ONCE = 500


def publish(database: Database, clock: Clock, limit: int = AT_ONCE) -> int:
    """Looks at up to `limit` points that changed, or whose time has come; returns at how many."""
    with database.read() as session:
        waiting = outbox.waiting(session, CHANGED, limit)
        due = session.execute(_due(clock.now(), limit)).scalars().all()
        filling = not current_number(session, FILLED)
        followed = session.execute(select(Feed.id).limit(1)).first() is not None
    if not followed:
        return _forget(database, clock, [row.id for row in waiting])
    if not (waiting or due or filling):
        return 0
    with database.write() as session:
        # Held until the commit; this is what makes the order of numbers the order of commits.
        next_numbers(session, COUNTER, 0)
        now = clock.now()
        codes = {row.key for row in waiting} | set(due)
        if filling:
            codes |= _fill(session, now, limit)
        _examine(session, now, sorted(codes))
        outbox.mark_drained(session, [row.id for row in waiting], now)
    return len(codes)


def _forget(database: Database, clock: Clock, ids: Sequence[int]) -> int:
    """Before the first feed there is nobody to tell; the log is filled when there is."""
    if ids:
        with database.write() as session:
            outbox.mark_drained(session, ids, clock.now())
    return len(ids)


def _due(now: datetime, limit: int) -> Any:
    return (
        select(PointChange.code).where(PointChange.next_at <= now).order_by(PointChange.next_at).limit(limit)
    )


def _fill(session: WriteSession, now: datetime, limit: int) -> set[str]:
    """What was published before the log began, some at a time."""
    after = current_number(session, FILL)
    found = published_codes(session, now, after, limit)
    if found:
        next_numbers(session, FILL, found[-1][0] - after)
    if len(found) < limit:
        next_number(session, FILLED)
    return {code for _, code in found}


def _examine(session: WriteSession, now: datetime, codes: Sequence[str]) -> None:
    points = {row.code: row for row in session.execute(_points(codes))}
    windows: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(_windows(codes, now)):
        windows[row.code].append(row)
    known = _known(session, [point.id for point in points.values()])
    fresh: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    for code, point in sorted(points.items()):
        before = known.get(point.id)
        told = _told(point, windows[code], before, now)
        if before is None:
            fresh.append(told)
        elif any(getattr(before, key) != value for key, value in told.items()):
            again.append(told)
    changed = [each for each in (*fresh, *again) if _is_news(each, known.get(each["point_id"]))]
    for each, seq in zip(changed, next_numbers(session, COUNTER, len(changed)), strict=True):
        each["seq"] = seq
    if fresh:
        session.execute(insert(PointChange), [{"seq": None} | each for each in fresh])
    if again:
        rows = [{"seq": known[each["point_id"]].seq} | each for each in again]
        session.execute(update(PointChange), rows)


def _is_news(told: dict[str, Any], before: PointChange | None) -> bool:
    if before is None or before.seq is None:
        return told["number"] is not None
    return (told["number"], told["unit_id"]) != (before.number, before.unit_id)


def _points(codes: Sequence[str]) -> Any:
    return select(Point.id, Point.code, Point.unit_id).where(Point.code.in_(codes))


def _known(session: ReadSession, ids: Sequence[int]) -> dict[int, PointChange]:
    rows = select(PointChange).where(PointChange.point_id.in_(ids))
    return {
        row.point_id: row for row in session.execute(rows.execution_options(populate_existing=True)).scalars()
    }


def _windows(codes: Sequence[str], now: datetime) -> Any:
    return (
        select(
            Point.code, Version.number, Version.live_from, Version.live_to, Version.effective_to,
            Version.audience, Version.roles, Version.title, Version.content,
        )
        .join(Version, Version.point_id == Point.id)
        .where(
            Point.code.in_(codes),
            Version.status == Status.APPROVED,
            or_(Version.live_to.is_(None), (Version.live_to > now) & (Version.live_to > Version.live_from)),
        )
    )  # fmt: skip


def _told(
    point: Row[Any], rows: Sequence[Row[Any]], before: PointChange | None, now: datetime
) -> dict[str, Any]:
    standing = stands([Window(row.number, row.live_from, row.live_to, row.effective_to) for row in rows], now)
    live = next((row for row in rows if row.number == standing.number), None)
    seen = set(before.seen) if before else set()
    words = None
    if live is not None:
        seen |= set(tokens_of(live.audience, live.roles))
        words = words_hash(live.title, CONTENT.validate_python(live.content))
    return {
        "point_id": point.id,
        "code": point.code,
        "number": standing.number,
        "unit_id": point.unit_id,
        "seen": sorted(seen),
        "words": words,
        "next_at": standing.next_at,
    }


def head(session: ReadSession) -> int:
    """The newest number told."""
    return session.execute(select(func.max(PointChange.seq))).scalar_one() or 0
