"""The nightly work on hot matters, and reminders of consultations."""

from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.insight.matters.service import consulting, gathering, trends
from kb_service.insight.nightly import Nightly


def step(parts: Runtime) -> int:
    """The next tickets; when all were looked at, the trends are made anew."""
    done = gathering.step(parts)
    if done == 0:
        trends.renew(parts)
    return done


NIGHTLY = Nightly(gathering.NAME, step)
JOBS = (
    Job(
        gathering.NAME,
        "聚合同类诉求、检验升降、预判季节性问题",
        300.0,
        NIGHTLY,
        aside=True,
        by_hand=NIGHTLY.by_hand,
    ),
    Job("insight.consultations", "提醒到期未结的会商研判", 300.0, consulting.remind),
)
