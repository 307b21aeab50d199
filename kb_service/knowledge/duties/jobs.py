"""Background work of duties."""

from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.duties.service import events


def recognise(parts: Runtime) -> int:
    ctx = Context(SYSTEM, parts.clock.now(), request_id="duties.scripts")
    with parts.database.write() as session:
        return events.recognise(session, ctx)


JOBS = (Job("duties.scripts", "把已报送的应答口径与所涉突发事件对应起来", 60.0, recognise),)
