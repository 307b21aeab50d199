"""When versions are live: approval, supersession and withdrawal all end in the same windows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select, update

from kb_service.core import audit, outbox
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound, Pointer
from kb_service.core.outbox import Lane
from kb_service.knowledge import rules
from kb_service.knowledge.attachments.rules import DOCUMENT_TASK, document_subject
from kb_service.knowledge.candidates import guard
from kb_service.knowledge.corrections.service import closing as corrections
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service import windows
from kb_service.knowledge.service.facts import VersionFacts, locked_versions
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.tasks.service import close_task
from kb_service.knowledge.training import service as training

TOPIC = "search"
# What else follows where points stand: see ingestion.feeds.
CHANGED = "point.changed"


def approve(
    session: WriteSession,
    ctx: Context,
    versions: Sequence[VersionFacts],
    *,
    uploaded: Mapping[int, datetime] | None = None,
    at_once: bool = False,
) -> None:
    """Versions that passed their last review, and whose review is stored, go live or wait for release.

    `uploaded`: since when versions that moved in from another system have been answerable there, by id.
    `at_once`: none of them waits behind a batch on its way to the index.
    """
    guard.require_confirmed(session, versions)
    live_from = {version.id: rules.went_live(ctx.now, version.release_at) for version in versions}
    live_from |= uploaded or {}
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
    named = windows.replaced_by(session, [version.id for version in versions])
    point_ids = {version.point_id for version in versions} | set(windows.points_of(session, named))
    seen = windows.settle(session, ctx.now, point_ids)
    if at_once or len(versions) == 1:
        _touched(session, ctx, seen, Lane.URGENT)
    else:
        # Scripts overtake the rest of their batch, and a single one overtakes them.
        scripts = {each.point_id for each in versions if each.type == "script"}
        _touched(session, ctx, {point: seen[point] for point in seen if point in scripts}, Lane.NORMAL)
        _touched(session, ctx, {point: seen[point] for point in seen if point not in scripts}, Lane.BULK)
    training.tell(session, ctx, versions)


def _touched(session: WriteSession, ctx: Context, seen: Mapping[int, str], lane: Lane) -> None:
    for part in chunks(sorted(seen)):
        session.execute(update(Point).where(Point.id.in_(part)).values(touched_at=ctx.now))
    codes = sorted(set(seen.values()))
    outbox.publish_many(session, ctx, TOPIC, codes, lane=lane)
    outbox.publish_many(session, ctx, CHANGED, codes)
    corrections.settle(session, ctx, set(seen))


def publish_points(session: WriteSession, ctx: Context, codes: Iterable[str]) -> None:
    """Has the documents of these points made anew, when something changed that versions do not hold."""
    changed = sorted(set(codes))
    outbox.publish_many(session, ctx, TOPIC, changed, lane=Lane.BULK)
    outbox.publish_many(session, ctx, CHANGED, changed)


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
    named = windows.replaced_by(session, [version.id for version in taken])
    point_ids = {version.point_id for version in taken}
    seen = windows.settle(session, ctx.now, point_ids | set(windows.points_of(session, named)))
    _touched(session, ctx, seen, Lane.URGENT if len(point_ids) == 1 else Lane.BULK)
    for version in taken:
        if version.type == "policy" and version.release_at:
            subject = document_subject(version.code, version.number)
            close_task(session, ctx, DOCUMENT_TASK, subject, "dropped", f"版本已下架：{reason}")
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
