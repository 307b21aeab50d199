"""Clearing away what nobody refers to, and the bytes of what was erased."""

from datetime import timedelta

from sqlalchemy import delete, exists, select

from kb_service.core.db import ReadSession, WriteSession, affected
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.attachments.model import Attachment, StoredFile, VersionAttachment
from kb_service.knowledge.attachments.store import AttachmentStore
from kb_service.knowledge.incoming.model import IncomingFile

UNATTACHED = timedelta(days=2)
UNRECORDED = timedelta(days=1)


def clear(parts: Runtime) -> int:
    """Uploads never attached, files that no upload or import names, erased bytes; what a version holds stays."""
    now = parts.clock.now()
    files = AttachmentStore.of(parts.settings)
    with parts.database.write() as session:
        done = _forget(session, parts)
    with parts.database.read() as session:
        erased = _erased(session)
        wanted = set(session.execute(select(StoredFile.sha256)).scalars())
        wanted |= set(session.execute(select(IncomingFile.sha256)).scalars())
    done += sum(files.remove(sha256) for sha256 in erased)
    old = now - UNRECORDED
    for sha256 in list(files.older_than(old)):
        if sha256 not in wanted:
            done += files.remove(sha256, unless_touched_since=old)
    return done


def _forget(session: WriteSession, parts: Runtime) -> int:
    old = parts.clock.now() - UNATTACHED
    held = exists().where(VersionAttachment.attachment_id == Attachment.id)
    done = affected(session, delete(Attachment).where(Attachment.uploaded_at < old, ~held))
    named = exists().where(Attachment.sha256 == StoredFile.sha256)
    kept = (StoredFile.erased_at.is_(None), StoredFile.stored_at < old)
    return done + affected(session, delete(StoredFile).where(*kept, ~named))


def _erased(session: ReadSession) -> list[str]:
    return list(session.execute(select(StoredFile.sha256).where(StoredFile.erased_at.is_not(None))).scalars())


JOBS = (Job("knowledge.attachments", "清理无人引用和已删除内容的附件", 3600.0, clear),)
