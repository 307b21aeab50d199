"""Background work of knowledge."""

from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge import indexing
from kb_service.knowledge.attachments import jobs as attachment_jobs
from kb_service.knowledge.merging import jobs as merging_jobs
from kb_service.knowledge.service import policies
from kb_service.knowledge.supersession import flagging


def drain(parts: Runtime) -> int:
    """Until nothing waits; what is urgent goes before the rest of a batch each time."""
    done = 0
    while some := indexing.drain(parts.database, parts.engine, parts.clock):
        done += some
    return done


def released(parts: Runtime) -> int:
    with parts.database.write() as session:
        return policies.ask_for_documents(session, Context(SYSTEM, parts.clock.now()))


def replaced(parts: Runtime) -> int:
    with parts.database.write() as session:
        return flagging.tell(session, Context(SYSTEM, parts.clock.now()))


# Five looks a second keep "published to searchable" well under one second in every process; in a thread of its
# own, because another job may wait for a batch that is being written.
JOBS = (
    Job("index.drain", "把已发布的变更同步到检索索引", 0.2, drain, aside=True),
    Job("knowledge.released", "为发布当日未上传正式文件的政策开立任务", 60.0, released),
    Job("knowledge.replaced", "提醒引用了被替代文件的知识点", 60.0, replaced),
    *attachment_jobs.JOBS,
    *merging_jobs.JOBS,
)
