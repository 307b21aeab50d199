"""New policies: filed in time, explained, and with their official document on the day of release."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, cast, exists, literal, or_, select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.attachments.model import VersionAttachment
from kb_service.knowledge.attachments.rules import DOCUMENT_TASK, document_subject
from kb_service.knowledge.content import PolicyContent
from kb_service.knowledge.filing_rules import (
    NOT_ASKED,
    Timeliness,
    asked_in_advance,
    document_due,
    filing_timeliness,
)
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.periods import periods
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service import reading
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.tasks.service import open_task
from kb_service.knowledge.training.service import readers_of
from kb_service.regulations import service as regulations

AT_ONCE = 200
RECENT = timedelta(days=7)
LONGEST_WAIT = timedelta(days=180)


@dataclass(frozen=True)
class Filing:
    """`measured_at`: when the version was filed, or the present while it is a draft.

    `explained`: it has an interpretation, or people were named for training on it.
    """

    timeliness: Timeliness
    measured_at: datetime | None = None
    explained: bool = False
    document_due: datetime | None = None
    document_at: datetime | None = None

    @property
    def document_late(self) -> bool:
        return bool(self.document_due and self.document_at and self.document_at >= self.document_due)


def filing_of(session: ReadSession, ctx: Context, code: str, number: int) -> Filing:
    """Of a version that the actor may read."""
    return filing_for(session, ctx, reading.get_version(session, ctx, code, number, early=True))


def filing_for(session: ReadSession, ctx: Context, view: VersionView) -> Filing:
    if not asked_in_advance(view.type, view.audience, view.release_at) or view.release_at is None:
        return Filing(NOT_ASKED)
    rules, calendar = periods(session, ctx).filing, regulations.calendar(session)
    filed = view.filed_at or ctx.now
    content = view.content
    told = isinstance(content, PolicyContent) and bool(content.interpretation)
    return Filing(
        timeliness=filing_timeliness(filed, view.release_at, calendar, rules),
        measured_at=filed,
        explained=told or bool(readers_of(session, view.version_id)),
        document_due=document_due(view.release_at, calendar, rules),
        document_at=_document_at(session, view.version_id),
    )


def _document_at(session: ReadSession, version_id: int) -> datetime | None:
    """When the first official document came that was not taken over from an earlier version."""
    rows = (
        select(VersionAttachment.attached_at)
        .where(
            VersionAttachment.version_id == version_id,
            VersionAttachment.kind == "official_document",
            VersionAttachment.carried.is_(False),
        )
        .order_by(VersionAttachment.attached_at)
        .limit(1)
    )
    return session.execute(rows).scalar_one_or_none()


def ask_for_documents(session: WriteSession, ctx: Context) -> int:
    """Opens a task for each policy released without its official document; returns how many.

    Not before the release: a task would tell those who may not know of it.
    """
    rules, calendar = periods(session, ctx).filing, regulations.calendar(session)
    opened = 0
    for row in session.execute(_released_without(ctx.now)).all():
        due = document_due(row.release_at, calendar, rules)
        if due is None:
            continue
        open_task(
            session,
            ctx,
            kind=DOCUMENT_TASK,
            subject=document_subject(row.code, row.number),
            unit_id=row.unit_id,
            title=f"上传正式文件：{row.title}",
            link=f"/knowledge/{row.code}?version={row.number}",
            evidence={"code": row.code, "number": row.number, "release_at": row.release_at.isoformat()},
            due_at=due,
            due_day=calendar.due(row.release_at, rules.document).due_day,
            clause=rules.clause,
        )
        opened += 1
    return opened


def _released_without(now: datetime) -> Select[Any]:
    """Released of late, with nothing brought and nothing asked yet; older ones came with a base that moved in."""
    brought = exists().where(
        VersionAttachment.version_id == Version.id,
        VersionAttachment.kind == "official_document",
        VersionAttachment.carried.is_(False),
    )
    subject = literal("version:") + Point.code + "/" + cast(Version.number, String)
    asked = exists().where(Task.kind == DOCUMENT_TASK, Task.subject == subject)
    return (
        select(Point.code, Point.unit_id, Version.number, Version.title, Version.release_at)
        .join(Point, Point.id == Version.point_id)
        .where(
            Version.status == Status.APPROVED,
            Version.filed_at > now - LONGEST_WAIT,
            Version.release_at > now - RECENT,
            Version.live_from <= now,
            or_(Version.live_to.is_(None), Version.live_to > now),
            Point.type == "policy",
            Version.audience == "public",
            ~brought,
            ~asked,
        )
        .order_by(Version.id)
        .limit(AT_ONCE)
    )
