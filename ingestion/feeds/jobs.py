"""Background work of feeds."""

from ingestion.feeds.service import publishing, watching
from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job


def publish(parts: Runtime) -> int:
    done = 0
    while some := publishing.publish(parts.database, parts.clock):
        done += some
    return done


def watch(parts: Runtime) -> int:
    with parts.database.write() as session:
        return watching.watch(session, Context(SYSTEM, parts.clock.now()))


# As often as the index is kept, so that a follower learns of a point as soon as it is found here.
JOBS = (
    Job(
        "feeds.publish",
        "把知识点的上线、变更、失效写入变更日志，供分中心接收",
        1.0,
        publish,
        at_once=True,
        aside=True,
    ),
    Job("feeds.watch", "检查分中心数据通道是否中断、滞后或差错过多", 60.0, watch),
)
