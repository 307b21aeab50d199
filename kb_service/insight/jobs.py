"""Background work of matters, warnings, gaps and bulletins."""

from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.insight import following
from kb_service.insight.bulletins.service import issuing
from kb_service.insight.gaps.service import finding as gaps
from kb_service.insight.matters.service import consulting, gathering, trends
from kb_service.insight.nightly import Nightly
from kb_service.insight.warnings import rules
from kb_service.insight.warnings.service import watching


def gather(parts: Runtime) -> int:
    """The next tickets; when all were looked at, what rises is told anew."""
    done = gathering.step(parts)
    if done == 0:
        trends.renew(parts)
        watching.watch(parts, rules.NIGHTLY)
    return done


def watch(parts: Runtime) -> int:
    """What cannot wait for the night. Never says that there is more to do: each look is a whole one."""
    watching.watch(parts, rules.AT_ONCE)
    return 0


MATTERS = Nightly(gathering.NAME, gather)
GAPS = Nightly(gaps.NAME, gaps.step)
JOBS = (
    Job(
        MATTERS.name,
        "聚合同类诉求，检验升降，预判季节性问题，提出预警",
        300.0,
        MATTERS,
        aside=True,
        by_hand=MATTERS.by_hand,
    ),
    Job(GAPS.name, "归集没有答上来的问题，核对缺口是否已补", 300.0, GAPS, aside=True, by_hand=GAPS.by_hand),
    Job("insight.warnings", "突发事项和逾期积压预警", 300.0, watch, aside=True),
    Job("insight.bulletins", "提醒应编发的通报", 3600.0, issuing.remind),
    Job(
        "insight.units",
        "单位合并、拆分后，未办结的预警、会商和缺口随之移交",
        600.0,
        following.follow,
        aside=True,
    ),
    Job("insight.consultations", "提醒到期未结的会商研判", 300.0, consulting.remind),
)
