"""Tells reviewers what awaits them and authors what became of their versions."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import ColumnElement, func, select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.model import Version
from kb_service.knowledge.rules import STAGE_NAMES, Status
from kb_service.knowledge.service.facts import VersionFacts
from kb_service.knowledge.service.staff import Staff
from kb_service.notices.service import notify, notify_again, settle

AWAITING = "knowledge.review"
# A script that whoever is on duty is asked to publish at once (see reviewing).
URGENT = "knowledge.script"
RETURNED = "knowledge.returned"
APPROVED = "knowledge.approved"


def awaiting(
    session: WriteSession, ctx: Context, staff: Staff, moved: Iterable[tuple[VersionFacts, Status]]
) -> None:
    """One notice for each version, or one for all the versions of a batch at a stage."""
    batches: Mapping[tuple[str, Status], list[VersionFacts]] = defaultdict(list)
    for version, stage in moved:
        if version.batch_id:
            batches[version.batch_id, stage].append(version)
        else:
            title = f"待{STAGE_NAMES[stage]}：{version.title}"
            people = staff.reviewers(stage, version.unit_id) - version.authors
            link, subject = _review_link(version), _subject(version)
            notify(session, ctx, people, AWAITING, title, link, subject, but=version.authors)
    for (batch_id, stage), versions in batches.items():
        batch_awaiting(session, ctx, staff, batch_id, {stage: {version.unit_id for version in versions}})


def batch_awaiting(
    session: WriteSession, ctx: Context, staff: Staff, batch_id: str, stages: Mapping[Status, Collection[int]]
) -> None:
    """Versions of a batch, stored by now, came to these stages, by the units they are of."""
    for stage, units in stages.items():
        people = frozenset().union(*(staff.reviewers(stage, unit_id) for unit_id in units))
        # A batch may come to a stage in parts; its notice tells of all that waits there.
        waiting = _counted(session, batch_id, stage)
        if not waiting:
            continue
        title = f"待{STAGE_NAMES[stage]}：一批导入的知识，共 {waiting} 条"
        subject = _batch_subject(batch_id, stage)
        notify_again(session, ctx, people, AWAITING, title, f"/review?batch={batch_id}", subject)


def decided(
    session: WriteSession, ctx: Context, versions: Iterable[VersionFacts], outcome: Status | None
) -> None:
    """Closes the notices of a stage that was decided (and stored); `outcome` is what the authors are told of (None: nothing yet)."""
    batches: dict[tuple[str, Status, int], None] = {}
    for version in versions:
        if version.batch_id:
            batches[version.batch_id, version.status, version.author_id] = None
            continue
        for kind in (AWAITING, URGENT):
            settle(session, ctx, _subject(version), kind)
        if outcome is not None:
            kind, word = _OUTCOMES[outcome]
            title = f"{word}：{version.title}"
            notify(session, ctx, version.authors, kind, title, _point_link(version), _subject(version))
    for batch_id, stage, author_id in batches:
        subject = _batch_subject(batch_id, stage)
        if not _counted(session, batch_id, stage):
            settle(session, ctx, subject, AWAITING)
        if outcome is not None:
            kind, word = _OUTCOMES[outcome]
            # A batch may be decided in parts; its notice tells of all that was.
            count = _counted(session, batch_id, outcome, Version.author_id == author_id)
            title = f"{word}：您导入的知识 {count} 条"
            notify_again(session, ctx, [author_id], kind, title, f"/knowledge?batch_id={batch_id}", subject)


_OUTCOMES: Mapping[Status, tuple[str, str]] = {
    Status.APPROVED: (APPROVED, "审核通过"),
    Status.RETURNED: (RETURNED, "审核退回"),
}


def _counted(session: ReadSession, batch_id: str, status: Status, *more: ColumnElement[bool]) -> int:
    counted = select(func.count(Version.id)).where(
        Version.batch_id == batch_id, Version.status == status, *more
    )
    return session.execute(counted).scalar_one()


def _subject(version: VersionFacts) -> str:
    return f"version:{version.code}/{version.number}"


def _batch_subject(batch_id: str, stage: Status) -> str:
    return f"batch:{batch_id}/{stage}"


def _review_link(version: VersionFacts) -> str:
    return f"/review/{version.code}/{version.number}"


def _point_link(version: VersionFacts) -> str:
    return f"/knowledge/{version.code}?version={version.number}"
