"""How each check is wanted, and how the checks stand."""

from dataclasses import dataclass
from datetime import datetime

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import NotFound
from kb_service.knowledge.checks.model import CheckRule
from kb_service.knowledge.checks.rules import CHECKS, Opens
from kb_service.knowledge.checks.service import findings, keeping


@dataclass(frozen=True)
class CheckView:
    """`open`: open findings in the reader's scope."""

    id: str
    name: str
    about: str
    severity: str
    runs: bool
    opens: str
    open: int


@dataclass(frozen=True)
class Standing:
    checks: list[CheckView]
    looked_at: int
    ran_at: datetime | None


def standing(session: ReadSession, ctx: Context) -> Standing:
    overview = findings.overview(session, ctx)
    rulings = keeping.rulings(session)
    views = [
        CheckView(
            id=check.id,
            name=check.name,
            about=check.about,
            severity=check.severity,
            runs=rulings[check.id].runs,
            opens=rulings[check.id].opens,
            open=overview.open_by_check.get(check.id, 0),
        )
        for check in CHECKS.values()
    ]
    return Standing(views, overview.looked_at, overview.ran_at)


def set_check(session: WriteSession, ctx: Context, check_id: str, *, runs: bool, opens: Opens) -> CheckView:
    """How a check is wanted from now on; what it has found stays until the next run."""
    ctx.actor.require("catalogue.manage")
    if check_id not in CHECKS:
        raise NotFound(f"没有编号为“{check_id}”的检查。", code="unknown_check")
    before = keeping.rulings(session)[check_id]
    stored = session.get(CheckRule, check_id)
    if stored is None:
        session.add(CheckRule(check_id=check_id, runs=runs, opens=opens))
    else:
        stored.runs, stored.opens = runs, opens
    session.flush()
    if runs and not before.runs:
        keeping.look_again(session)
    was = {"runs": before.runs, "opens": before.opens}
    after = {"runs": runs, "opens": opens}
    audit.record(session, ctx, "check.set", f"check:{check_id}", before=was, after=after)
    return next(each for each in standing(session, ctx).checks if each.id == check_id)
