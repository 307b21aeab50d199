"""When versions are live: approval, supersession and withdrawal all end in the same windows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import or_, select, update

from kb_service.core import audit, outbox
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound, Pointer
from kb_service.core.outbox import Lane
from kb_service.knowledge import rules
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service.facts import VersionFacts, lock_points, locked_versions
from kb_service.knowledge.service.lookups import chunks

TOPIC = "search"


def approve(session: WriteSession, ctx: Context, versions: Sequence[VersionFacts]) -> None:
    """Versions that passed their last review, and whose review is stored, go live or wait for release."""
    live_from = {version.id: rules.went_live(ctx.now, version.release_at) for version in versions}
    session.execute(
        update(Version),
        [
            {
                "id": version.id,
                "status": Status.APPROVED,
                "approved_at": ctx.now,
                "live_from": live_from[version.id],
                "changed_at": ctx.now,
            }
            for version in versions
        ],
    )
    superseded = _supersede(session, versions, live_from)
    point_ids = {version.point_id for version in versions}
    _meet_successors(session, ctx.now, versions)
    settle_windows(session, ctx.now, point_ids | set(superseded))
    lanes: dict[Lane, set[str]] = defaultdict(set)
    for version in versions:
        lanes[_lane(version.type, len(versions))].add(version.code)
    lanes[_lane("", len(versions))] |= set(superseded.values())
    _touched(session, ctx, point_ids | set(superseded), lanes)


def _lane(type_: str, together: int) -> Lane:
    return Lane.URGENT if type_ == "script" or together == 1 else Lane.BULK


def _touched(
    session: WriteSession, ctx: Context, point_ids: Collection[int], lanes: dict[Lane, set[str]]
) -> None:
    for part in chunks(sorted(point_ids)):
        session.execute(update(Point).where(Point.id.in_(part)).values(touched_at=ctx.now))
    for lane, codes in lanes.items():
        outbox.publish_many(session, ctx, TOPIC, sorted(codes), lane=lane)


def publish_points(session: WriteSession, ctx: Context, codes: Iterable[str]) -> None:
    """Has the documents of these points made anew, when something changed that versions do not hold."""
    outbox.publish_many(session, ctx, TOPIC, sorted(set(codes)), lane=Lane.BULK)


def _supersede(
    session: WriteSession, versions: Iterable[VersionFacts], live_from: dict[int, datetime]
) -> dict[int, str]:
    """Ends the points that these versions name as replaced; gives their ids and codes."""
    successors = {
        version.supersedes_code: version
        for version in sorted(versions, key=lambda each: live_from[each.id], reverse=True)
        if version.supersedes_code
    }
    ended: dict[int, str] = {}
    for part in chunks(sorted(successors)):
        named = select(Point.id, Point.code).where(Point.code.in_(part))
        ended |= dict(session.execute(named).tuples().all())
    lock_points(session, ended)
    for ids in chunks(sorted(ended)):
        rows = select(Version.id, Version.point_id).where(
            Version.point_id.in_(ids),
            Version.status == Status.APPROVED,
            Version.withdrawn_at.is_(None),
            Version.superseded_at.is_(None),
        )
        marks = []
        for version_id, point_id in session.execute(rows):
            successor = successors[ended[point_id]]
            marks.append(
                {"id": version_id, "superseded_at": live_from[successor.id], "superseded_by": successor.id}
            )
        if marks:
            session.execute(update(Version), marks)
    return ended


def _meet_successors(session: WriteSession, now: datetime, versions: Sequence[VersionFacts]) -> None:
    """A version approved while a successor of its point waits ends when that one goes live."""
    by_code = {version.code: version for version in versions}
    for part in chunks(sorted(by_code)):
        waiting = (
            select(Version.id, Version.supersedes_code, Version.live_from)
            .where(
                Version.supersedes_code.in_(part),
                Version.status == Status.APPROVED,
                Version.live_from > now,
                Version.withdrawn_at.is_(None),
            )
            .order_by(Version.live_from.desc())
        )
        marks = {
            by_code[code].id: {"id": by_code[code].id, "superseded_at": instant, "superseded_by": successor}
            for successor, code, instant in session.execute(waiting)
        }
        if marks:
            session.execute(update(Version), list(marks.values()))


def settle_windows(session: WriteSession, now: datetime, point_ids: Collection[int]) -> None:
    """Writes down when each version that is not over yet stops being live; what is over stays as it was."""
    for part in chunks(sorted(point_ids)):
        statement = select(
            Version.id,
            Version.point_id,
            Version.number,
            Version.live_from,
            Version.live_to,
            Version.withdrawn_at,
            Version.superseded_at,
        ).where(
            Version.point_id.in_(part),
            Version.status == Status.APPROVED,
            or_(Version.live_to.is_(None), Version.live_to > now),
        )
        rows = session.execute(statement).all()
        of_point: dict[int, list[rules.Approved]] = defaultdict(list)
        for row in rows:
            stops = [instant for instant in (row.withdrawn_at, row.superseded_at) if instant is not None]
            of_point[row.point_id].append(
                rules.Approved(row.number, row.live_from, min(stops) if stops else None)
            )
        ends = {point_id: rules.windows(found) for point_id, found in of_point.items()}
        moved = [
            {"id": row.id, "live_to": ends[row.point_id][row.number]}
            for row in rows
            if ends[row.point_id][row.number] != row.live_to
        ]
        if moved:
            session.execute(update(Version), moved)


def withdraw(
    session: WriteSession, ctx: Context, code: str, reason: str, *, number: int | None = None
) -> list[int]:
    """Takes live and waiting versions back at once; gives their numbers. `number` None means all of them.

    What waited and is withdrawn no longer ends its predecessor or what it was to supersede.
    """
    if len(reason.strip()) < 2:
        raise Invalid("下架须写明原因。", code="reason_required", pointers=[_REASON])
    versions = locked_versions(session, Point.code == code, Version.status == Status.APPROVED)
    if not versions:
        raise NotFound(f"知识点 {code} 没有已发布的版本。", code="nothing_published")
    if not (ctx.actor.may("knowledge.withdraw") or ctx.actor.may("knowledge.edit")) or not ctx.actor.in_scope(
        versions[0].unit_id
    ):
        raise Forbidden(f"您没有下架知识点 {code} 的权限。", extra={"permission": "knowledge.withdraw"})
    wanted = [version for version in versions if number in (None, version.number)]
    taken = withdraw_versions(session, ctx, wanted, reason.strip())
    if not taken:
        raise Conflict(f"知识点 {code} 已没有发布中或待发布的版本。", code="nothing_published")
    return [version.number for version in taken]


_REASON: Pointer = {"pointer": "/reason", "detail": "请写明下架原因"}


def withdraw_versions(
    session: WriteSession, ctx: Context, versions: Sequence[VersionFacts], reason: str
) -> list[VersionFacts]:
    """Withdraws those of the approved versions that are live or waiting, and returns them."""
    standing = _standing(session, ctx.now, [version.id for version in versions])
    taken = [version for version in versions if version.id in standing]
    if not taken:
        return []
    session.execute(
        update(Version),
        [{"id": version.id, "withdrawn_at": ctx.now, "withdrawn_reason": reason} for version in taken],
    )
    released = _release_superseded(session, ctx.now, [version.id for version in taken])
    point_ids = {version.point_id for version in taken}
    settle_windows(session, ctx.now, point_ids | set(released))
    codes = {version.code for version in taken} | set(released.values())
    lane = Lane.URGENT if len(point_ids) == 1 else Lane.BULK
    _touched(session, ctx, point_ids | set(released), {lane: codes})
    entries = [audit.Entry(f"point:{version.code}", after={"number": version.number}) for version in taken]
    audit.record_many(session, ctx, "version.withdrawn", entries, reason=reason)
    return taken


def _standing(session: WriteSession, now: datetime, version_ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for part in chunks(version_ids):
        rows = select(Version.id).where(
            Version.id.in_(part),
            Version.withdrawn_at.is_(None),
            or_(Version.live_to.is_(None), Version.live_to > now),
        )
        found |= set(session.execute(rows).scalars())
    return found


def _release_superseded(session: WriteSession, now: datetime, successor_ids: Sequence[int]) -> dict[int, str]:
    """What a withdrawn version was going to replace and has not replaced yet stays; ids and codes of its points."""
    released: dict[int, str] = {}
    for part in chunks(successor_ids):
        waiting = (Version.superseded_by.in_(part), Version.superseded_at > now)
        rows = select(Point.id, Point.code).join(Version, Version.point_id == Point.id).where(*waiting)
        released |= dict(session.execute(rows.distinct()).tuples().all())
        lock_points(session, released)
        session.execute(update(Version).where(*waiting).values(superseded_at=None, superseded_by=None))
    return released
