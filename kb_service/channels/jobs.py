"""Background work of the channels."""

from datetime import timedelta

from sqlalchemy import delete

from kb_service.channels.model import Message
from kb_service.channels.progress import service as progress
from kb_service.core.db import affected
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job

# The decisions and the register of what was shown stay; what was said around them has served its purpose.
KEEP = timedelta(days=30)


def purge(parts: Runtime) -> int:
    with parts.database.write() as session:
        return affected(session, delete(Message).where(Message.at < parts.clock.now() - KEEP))


def forget_lookups(parts: Runtime) -> int:
    with parts.database.write() as session:
        return progress.forget(session, parts.clock.now())


JOBS = (
    Job("chat.purge", "清理 30 天以前的网上咨询对话", 3600.0, purge),
    Job("chat.lookups", "清除一天以前查进度不成的记录", 3600.0, forget_lookups),
)
