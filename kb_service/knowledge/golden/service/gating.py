"""The gate: a change of what search goes by breaks no case, or a person answers for it by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict
from kb_service.knowledge.golden.model import GoldenCase, GoldenOverride
from kb_service.knowledge.golden.service import trying
from kb_service.knowledge.service.lookups import require_account
from kb_service.knowledge.service.searching import Reshape
from search.ports import SearchEngine

OVERRIDES = "search.manage"
_TOLD = 3


@dataclass(frozen=True)
class Broken:
    """A case that holds as things are and would not with the change."""

    case_id: int
    query: str
    problem: str

    def told(self) -> dict[str, Any]:
        return {"case": self.case_id, "query": self.query, "problem": self.problem}


def broken_by(
    session: ReadSession,
    ctx: Context,
    engine: SearchEngine,
    cases: Sequence[GoldenCase],
    changed: Reshape,
    now_served: Reshape | None = None,
) -> list[Broken]:
    """Which of the cases a change would break; each is tried as things are only where it fails with the change."""
    found = []
    for case in cases:
        after = trying.try_case(session, ctx.now, engine, case, changed)
        if not after.ok and trying.try_case(session, ctx.now, engine, case, now_served).ok:
            found.append(Broken(case.id, case.query, after.problem))
    return found


def let_through(
    session: WriteSession, ctx: Context, what: str, broken: Sequence[Broken], override: str
) -> None:
    """Nothing where nothing is broken. Raises Conflict where something is and nobody gives a reason; with a reason
    it is kept who let it through."""
    if not broken:
        return
    reason = override.strip()
    if not reason:
        first = "；".join(f"“{each.query}”{each.problem}" for each in broken[:_TOLD])
        raise Conflict(
            f"这次修改会使 {len(broken)} 个检验用例不再通过：{first}。请调整修改；确需生效的，由检索管理员写明理由后放行。",
            code="golden_regression",
            extra={"cases": [each.told() for each in broken]},
        )
    ctx.actor.require(OVERRIDES)
    row = GoldenOverride(
        at=ctx.now, account_id=require_account(ctx), what=what[:120], reason=reason[:300],
        failing=[each.told() for each in broken],
    )  # fmt: skip
    session.add(row)
    session.flush()
    failing = [each.case_id for each in broken]
    audit.record(session, ctx, "golden.overridden", what[:80], after={"cases": failing}, reason=reason)
