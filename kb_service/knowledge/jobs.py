"""Background work of knowledge."""

from collections.abc import Collection

from kb_service.core.context import SYSTEM, Context
from kb_service.core.outbox import Lane
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge import indexing
from kb_service.knowledge.attachments import jobs as attachment_jobs
from kb_service.knowledge.calendar import jobs as calendar_jobs
from kb_service.knowledge.merging import jobs as merging_jobs
from kb_service.knowledge.service import policies
from kb_service.knowledge.supersession import flagging
from search.engines.errors import RebuildRunningError


def drain(parts: Runtime) -> int:
    """Some at a time, each time the most urgent."""
    return _drained(parts, (Lane.URGENT, Lane.NORMAL), indexing.IN_TURN)


def drain_batches(parts: Runtime) -> int:
    return _drained(parts, (Lane.BULK,), indexing.BATCH)


def _drained(parts: Runtime, lanes: Collection[Lane], limit: int) -> int:
    done = 0
    try:
        while some := indexing.drain(parts.database, parts.engine, parts.clock, lanes, limit):
            done += some
    except RebuildRunningError:
        # The other of the two, or a person, is making the index anew: what waits is tried again after it.
        return 0
    return done


def released(parts: Runtime) -> int:
    with parts.database.write() as session:
        return policies.ask_for_documents(session, Context(SYSTEM, parts.clock.now()))


def replaced(parts: Runtime) -> int:
    with parts.database.write() as session:
        return flagging.tell(session, Context(SYSTEM, parts.clock.now()))


# As soon as something is published, in whichever process; in threads of their own, because another job may wait for
# a batch that is being written, and what is urgent does not wait for one.
JOBS = (
    Job("index.drain", "把新发布的变更同步到检索索引", 1.0, drain, at_once=True, aside=True),
    Job(
        "index.drain_batches", "把成批发布的变更同步到检索索引", 1.0, drain_batches, at_once=True, aside=True
    ),
    Job("knowledge.released", "为发布当日未上传正式文件的政策开立任务", 60.0, released),
    Job("knowledge.replaced", "提醒引用了被替代文件的知识点", 60.0, replaced),
    *attachment_jobs.JOBS,
    *merging_jobs.JOBS,
    *calendar_jobs.JOBS,
)
