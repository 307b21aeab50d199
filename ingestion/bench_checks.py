"""How fast the nightly checks go through a base, and how long a step of theirs keeps the worker."""

import resource
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select, update

from ingestion.bench import fill
from kb_service.core.runtime import Runtime
from kb_service.knowledge.checks.model import CheckRun, Finding, Print
from kb_service.knowledge.checks.service import sweeping

CHANGED = 200


def bench_checks(parts: Runtime, points: int, say: Callable[[str], None]) -> dict[str, Any]:
    """The first night over all points, a night without changes, and one on which some were looked at anew.

    `longest_step_s` is the longest time for which a published script could have had to wait.
    """
    fill(parts, points)
    say(f"{points} 个知识点已发布，开始检查")
    first = _run(parts)
    still = _run(parts)
    with parts.database.write() as session:
        some = select(Print.version_id).order_by(Print.version_id).limit(CHANGED)
        session.execute(update(Print).where(Print.version_id.in_(some)).values(rules=0))
    changed = _run(parts)
    with parts.database.read() as session:
        found = select(Finding.check_id, func.count()).group_by(Finding.check_id)
        findings = dict(session.execute(found).tuples().all())
        compared = session.execute(select(func.sum(CheckRun.compared))).scalar_one()
    return {
        "points": points,
        "database": parts.database.dialect_name,
        "first": first | {"points_per_s": round(points / first["s"])},
        "unchanged": still,
        f"changed_{CHANGED}": changed,
        "compared": compared,
        "findings": findings,
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _run(parts: Runtime) -> dict[str, float]:
    begun = last = time.perf_counter()
    longest = 0.0
    for _ in sweeping.steps(parts):
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return {"s": round(time.perf_counter() - begun, 2), "longest_step_s": round(longest, 3)}
