"""Files that rows of a batch name: stored when the row was read, attached in the transaction that writes it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict
from kb_service.knowledge.attachments.model import Attachment, StoredFile, VersionAttachment
from kb_service.knowledge.incoming.model import IncomingFile
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service.lookups import chunks, require_account


@dataclass(frozen=True)
class ReadyFile:
    """The bytes lie in the store under their hash; `name` is safe to hand out."""

    name: str
    sha256: str
    size: int
    media_type: str


def kept_files(session: ReadSession, batch_id: str, first: int, last: int) -> dict[int, list[ReadyFile]]:
    """By row, in the order in which the row names them."""
    rows = (
        select(IncomingFile)
        .where(IncomingFile.batch_id == batch_id, IncomingFile.row.between(first, last))
        .order_by(IncomingFile.row, IncomingFile.rank)
    )
    found: dict[int, list[ReadyFile]] = {}
    for each in session.execute(rows).scalars():
        found.setdefault(each.row, []).append(ReadyFile(each.name, each.sha256, each.size, each.media_type))
    return found


def attach(session: WriteSession, ctx: Context, files: Sequence[tuple[int, ReadyFile]]) -> None:
    """Puts files to versions, by their ids, that are still drafts; guards of history refuse any other."""
    if not files:
        return
    account = require_account(ctx)
    _know(session, ctx, {each.sha256: each for _, each in files})
    uploads = [
        Attachment(sha256=each.sha256, name=each.name, uploaded_by=account, uploaded_at=ctx.now)
        for _, each in files
    ]
    session.add_all(uploads)
    session.flush()
    links = [
        {
            "version_id": version_id,
            "attachment_id": upload.id,
            "kind": "other",
            "carried": False,
            "attached_by": account,
            "attached_at": ctx.now,
        }
        for (version_id, _), upload in zip(files, uploads, strict=True)
    ]
    session.execute(insert(VersionAttachment), links)
    _note(session, ctx, files)


def _know(session: WriteSession, ctx: Context, files: dict[str, ReadyFile]) -> None:
    known: dict[str, StoredFile] = {}
    for part in chunks(sorted(files)):
        rows = select(StoredFile).where(StoredFile.sha256.in_(part))
        known |= {each.sha256: each for each in session.execute(rows).scalars()}
    erased = [files[each.sha256].name for each in known.values() if each.erased_at is not None]
    if erased:
        raise Conflict(
            f"附件“{erased[0]}”的内容已按规定删除，不能再次上传，没有导入任何内容。请从文件中去掉它后重新导入。",
            code="file_erased",
        )
    fresh = [
        {"sha256": each.sha256, "size": each.size, "media_type": each.media_type, "stored_at": ctx.now}
        for each in files.values()
        if each.sha256 not in known
    ]
    if fresh:
        session.execute(insert(StoredFile), fresh)


def _note(session: WriteSession, ctx: Context, files: Sequence[tuple[int, ReadyFile]]) -> None:
    named: dict[int, tuple[str, int]] = {}
    for part in chunks(sorted({version_id for version_id, _ in files})):
        rows = select(Version.id, Point.code, Version.number).join(Point, Point.id == Version.point_id)
        for version_id, code, number in session.execute(rows.where(Version.id.in_(part))):
            named[version_id] = (code, number)
    entries = [
        audit.Entry(
            f"point:{named[version_id][0]}",
            after={
                "number": named[version_id][1], "kind": "other", "name": each.name, "sha256": each.sha256
            },
        )
        for version_id, each in files
    ]  # fmt: skip
    audit.record_many(session, ctx, "attachment.added", entries)


def let_go(session: WriteSession, version_ids: Collection[int]) -> None:
    """Takes the attachments from those of the versions that were never filed; what was filed stays as it is.

    What is held by nothing any more is cleared away with the other uploads that nobody attached.
    """
    for part in chunks(sorted(version_ids)):
        never_filed = select(Version.id).where(Version.id.in_(part), Version.filed_at.is_(None))
        session.execute(delete(VersionAttachment).where(VersionAttachment.version_id.in_(never_filed)))
