"""Changes of units take effect at their instant; names changed by form reach the index."""

from kb_service.core import outbox
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import KbError
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.identity.service.people import RENAMED
from kb_service.knowledge.reorganising import applying, service
from kb_service.knowledge.service import words

AT_ONCE = 100


def apply_due(parts: Runtime) -> int:
    """One transaction for each; one that cannot be applied is told and does not hold up the next."""
    ctx = Context(SYSTEM, parts.clock.now())
    with parts.database.read() as session:
        waiting = service.due(session, ctx.now)
    done = 0
    for change_id in waiting:
        try:
            with parts.database.write() as session:
                done += service.apply_planned(session, ctx, change_id)
        except KbError as error:
            with parts.database.write() as session:
                service.fail_planned(session, ctx, change_id, error)
            done += 1
    return done


def follow_names(parts: Runtime) -> int:
    with parts.database.read() as session:
        rows = outbox.waiting(session, RENAMED, AT_ONCE)
    if not rows:
        return 0
    ctx = Context(SYSTEM, parts.clock.now())
    with parts.database.write() as session:
        applying.republish(session, ctx, [int(row.key) for row in rows])
        outbox.mark_drained(session, [row.id for row in rows], ctx.now)
        words.install(session)
    return len(rows)


JOBS = (
    Job("units.apply", "使到时间的机构调整生效", 30.0, apply_due),
    Job("units.names", "单位更名后更新检索索引和词典", 5.0, follow_names),
)
