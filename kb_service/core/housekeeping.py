"""Jobs of the core: sealing the audit log, forgetting what has served its time."""

from datetime import timedelta

from kb_service.core import audit, idempotency, outbox
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job

KEEP_DRAINED = timedelta(days=3)


def seal(parts: Runtime) -> int:
    with parts.database.read() as session:
        waiting = audit.unsealed(session)
    if not waiting:
        return 0
    with parts.database.write() as session:
        return audit.seal(session)


def purge(parts: Runtime) -> int:
    now = parts.clock.now()
    with parts.database.write() as session:
        return outbox.purge_drained(session, now - KEEP_DRAINED) + idempotency.purge(session, now)


JOBS = (
    Job("audit.seal", "把新的审计记录加入哈希链", 1.0, seal),
    Job("purge", "清理已同步的变更记录和过期的幂等键", 3600.0, purge),
)
