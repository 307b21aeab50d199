"""Forgetting what drafts once said, when nobody can be writing from it any more."""

from sqlalchemy import delete, select

from kb_service.core.db import affected
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.merging.model import DraftState
from kb_service.knowledge.model import Version
from kb_service.knowledge.rules import Status


def forget(parts: Runtime) -> int:
    drafts = select(Version.id).where(Version.status == Status.DRAFT)
    with parts.database.write() as session:
        return affected(session, delete(DraftState).where(DraftState.version_id.not_in(drafts)))


JOBS = (Job("knowledge.draft_states", "清理已报送草稿的编辑过程", 3600.0, forget),)
