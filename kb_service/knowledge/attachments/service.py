"""Attaching files to versions, and handing them out to whom the version is meant for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import delete, insert, select, update

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound
from kb_service.identity.model import Account
from kb_service.knowledge.attachments import rules
from kb_service.knowledge.attachments.model import Attachment, StoredFile, VersionAttachment
from kb_service.knowledge.attachments.rules import KIND_NAMES, Kind
from kb_service.knowledge.attachments.store import AttachmentStore
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status, live_state
from kb_service.knowledge.service import reading
from kb_service.knowledge.service.facts import VersionFacts, locked_version, require_scope
from kb_service.knowledge.service.lookups import chunks, require_account, works_on
from kb_service.knowledge.tasks.service import close_task

MOST = 30


@dataclass(frozen=True)
class AttachmentView:
    """`carried`: taken over from the version this one was begun from. What is erased keeps name and hash."""

    id: int
    name: str
    kind: str
    kind_name: str
    sha256: str
    size: int
    media_type: str
    carried: bool
    attached_by: str
    attached_at: datetime
    erased_at: datetime | None
    erased_reason: str


@dataclass(frozen=True)
class Opened:
    """A file ready to be sent; whoever took it closes it."""

    name: str
    media_type: str
    size: int
    file: BinaryIO


def store(
    session: WriteSession, ctx: Context, files: AttachmentStore, name: str, data: BinaryIO
) -> Attachment:
    """Keeps an upload; until it is attached to a version nobody sees it, and after two days it is cleared away."""
    ctx.actor.require("knowledge.edit")
    account = require_account(ctx)
    safe = rules.safe_name(name)
    kept = files.put(data, safe, ctx.now)
    known = session.get(StoredFile, kept.sha256)
    if known is None:
        session.add(
            StoredFile(sha256=kept.sha256, size=kept.size, media_type=kept.media_type, stored_at=ctx.now)
        )
        session.flush()
    elif known.erased_at is not None:
        raise Conflict(
            f"附件“{safe}”的内容已按规定删除（{known.erased_reason}），不能再次上传。", code="file_erased"
        )
    made = Attachment(sha256=kept.sha256, name=safe, uploaded_by=account, uploaded_at=ctx.now)
    session.add(made)
    session.flush()
    return made


def attach(
    session: WriteSession, ctx: Context, code: str, number: int, attachment_id: int, kind: Kind
) -> list[AttachmentView]:
    """To a draft; the official document also on the day of release or later. Gives all the version has."""
    ctx.actor.require("knowledge.edit")
    account = require_account(ctx)
    version = locked_version(session, code, number)
    require_scope(ctx, version.unit_id, code)
    upload = session.get(Attachment, attachment_id)
    if upload is None or (upload.uploaded_by != account and not _reachable(session, ctx, attachment_id)):
        raise NotFound("没有这个附件，请重新上传。", code="unknown_attachment")
    _refuse(session, ctx, version, kind)
    _refuse_too_many(session, version.id, attachment_id)
    session.add(
        VersionAttachment(
            version_id=version.id,
            attachment_id=attachment_id,
            kind=kind,
            attached_by=account,
            attached_at=ctx.now,
        )
    )
    session.flush()
    after = {"number": number, "kind": kind, "attachment": attachment_id, "sha256": upload.sha256}
    audit.record(session, ctx, "attachment.added", f"point:{code}", after=after)
    if kind == "official_document":
        subject = rules.document_subject(code, number)
        close_task(session, ctx, rules.DOCUMENT_TASK, subject, "done", f"已上传：{upload.name}")
    return of_versions(session, [version.id])[version.id]


def upload_to(
    session: WriteSession,
    ctx: Context,
    files: AttachmentStore,
    code: str,
    number: int,
    name: str,
    data: BinaryIO,
    kind: Kind,
) -> list[AttachmentView]:
    """Stores and attaches in one step."""
    upload = store(session, ctx, files, name, data)
    return attach(session, ctx, code, number, upload.id, kind)


def _reachable(session: ReadSession, ctx: Context, attachment_id: int) -> bool:
    """Whether it belongs to a version that the actor may work on: another's upload may be used again."""
    statement = (
        select(Point.unit_id)
        .join(Version, Version.point_id == Point.id)
        .join(VersionAttachment, VersionAttachment.version_id == Version.id)
        .where(VersionAttachment.attachment_id == attachment_id)
    )
    return any(works_on(ctx.actor, unit_id) for unit_id in session.execute(statement).scalars())


def _refuse(session: ReadSession, ctx: Context, version: VersionFacts, kind: Kind) -> None:
    columns = select(Version.live_from, Version.live_to).where(Version.id == version.id)
    live_from, live_to = session.execute(columns).one()
    gone = live_state(live_from, live_to, ctx.now) == "ended"
    refused = rules.refusal(version.status, live_from, kind, ctx.now, gone=gone)
    if refused:
        raise Conflict(f"{refused[1]}。", code=refused[0])


def _refuse_too_many(session: ReadSession, version_id: int, attachment_id: int) -> None:
    held = select(VersionAttachment.attachment_id).where(VersionAttachment.version_id == version_id)
    found = set(session.execute(held).scalars())
    if attachment_id in found:
        raise Conflict("该附件已在这个版本中。", code="already_attached")
    if len(found) >= MOST:
        raise Invalid(f"一个版本最多有 {MOST} 个附件。", code="too_many_attachments")


def detach(session: WriteSession, ctx: Context, code: str, number: int, attachment_id: int) -> None:
    """Only from a draft: what was filed stays as it is."""
    ctx.actor.require("knowledge.edit")
    require_account(ctx)
    version = locked_version(session, code, number)
    require_scope(ctx, version.unit_id, code)
    if version.status != Status.DRAFT:
        raise Conflict("已报送的版本不能再增减附件，请新建下一版。", code="version_filed")
    row = _link(session, version.id, attachment_id)
    session.execute(delete(VersionAttachment).where(VersionAttachment.id == row.id))
    before = {"number": number, "attachment": attachment_id, "kind": row.kind}
    audit.record(session, ctx, "attachment.removed", f"point:{code}", before=before)


def _link(session: ReadSession, version_id: int, attachment_id: int) -> VersionAttachment:
    wanted = (VersionAttachment.version_id == version_id, VersionAttachment.attachment_id == attachment_id)
    row = session.execute(select(VersionAttachment).where(*wanted)).scalar_one_or_none()
    if row is None:
        raise NotFound("这个版本没有该附件。", code="unknown_attachment")
    return row


def carry_over(session: WriteSession, ctx: Context, from_version: int, to_version: int) -> None:
    """A draft begun from a version begins with its attachments."""
    rows = select(VersionAttachment).where(VersionAttachment.version_id == from_version)
    values = [
        {
            "version_id": to_version,
            "attachment_id": row.attachment_id,
            "kind": row.kind,
            "carried": True,
            "attached_by": row.attached_by,
            "attached_at": ctx.now,
        }
        for row in session.execute(rows.order_by(VersionAttachment.id)).scalars()
    ]
    if values:
        session.execute(insert(VersionAttachment), values)


def attachments(session: ReadSession, ctx: Context, code: str, number: int) -> list[AttachmentView]:
    """Those of a version that the actor may read."""
    view = reading.get_version(session, ctx, code, number, early=True)
    return of_versions(session, [view.version_id])[view.version_id]


def of_versions(session: ReadSession, version_ids: Sequence[int]) -> dict[int, list[AttachmentView]]:
    """Whoever asks; the callers have checked that. Official documents first."""
    found: dict[int, list[AttachmentView]] = {version_id: [] for version_id in version_ids}
    for part in chunks(sorted(found)):
        rows = (
            select(VersionAttachment, Attachment, StoredFile, Account.name)
            .join(Attachment, Attachment.id == VersionAttachment.attachment_id)
            .join(StoredFile, StoredFile.sha256 == Attachment.sha256)
            .join(Account, Account.id == VersionAttachment.attached_by)
            .where(VersionAttachment.version_id.in_(part))
            .order_by(VersionAttachment.kind != "official_document", VersionAttachment.id)
            .execution_options(populate_existing=True)
        )
        for link, upload, file, person in session.execute(rows):
            found[link.version_id].append(_view(link, upload, file, person))
    return found


def _view(link: VersionAttachment, upload: Attachment, file: StoredFile, person: str) -> AttachmentView:
    return AttachmentView(
        id=upload.id,
        name=upload.name,
        kind=link.kind,
        kind_name=KIND_NAMES[link.kind],
        sha256=file.sha256,
        size=file.size,
        media_type=file.media_type,
        carried=link.carried,
        attached_by=person,
        attached_at=link.attached_at,
        erased_at=file.erased_at,
        erased_reason=file.erased_reason,
    )


def open_attachment(
    session: ReadSession, ctx: Context, files: AttachmentStore, code: str, number: int, attachment_id: int
) -> Opened:
    """As readable as the version it belongs to, at this moment."""
    found = {each.id: each for each in attachments(session, ctx, code, number)}
    view = found.get(attachment_id)
    if view is None:
        raise NotFound("这个版本没有该附件。", code="unknown_attachment")
    if view.erased_at is not None:
        raise NotFound(f"附件“{view.name}”已按规定删除：{view.erased_reason}。", code="file_erased")
    return Opened(view.name, view.media_type, view.size, files.open(view.sha256))


def erase(
    session: WriteSession, ctx: Context, code: str, number: int, attachment_id: int, reason: str
) -> None:
    """Has the content of a file destroyed wherever it is attached; what there was stays on record.

    From now on nobody gets it; the next clearing removes the bytes.
    """
    ctx.actor.require("knowledge.withdraw")
    require_account(ctx)
    if len(reason.strip()) < 2:
        raise Invalid("删除附件内容须写明原因。", code="reason_required")
    version = locked_version(session, code, number)
    require_scope(ctx, version.unit_id, code)
    link = _link(session, version.id, attachment_id)
    upload = session.get_one(Attachment, link.attachment_id)
    session.execute(
        update(StoredFile)
        .where(StoredFile.sha256 == upload.sha256, StoredFile.erased_at.is_(None))
        .values(erased_at=ctx.now, erased_by=ctx.actor.account_id, erased_reason=reason.strip())
    )
    after = {"number": number, "attachment": attachment_id, "sha256": upload.sha256}
    audit.record(session, ctx, "attachment.erased", f"point:{code}", after=after, reason=reason.strip())
