"""Background work of answering."""

from kb_service.answering.routing import learning
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job


def learn(parts: Runtime) -> int:
    with parts.database.write() as session:
        return learning.drain(session, parts.clock.now())


JOBS = (Job("routing.learn", "把已办结工单的承办单位记入派单参考", 5.0, learn),)
