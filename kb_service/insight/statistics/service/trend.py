"""How volumes go over a period, for a line of a chart."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.insight.statistics.model import TicketFact
from kb_service.insight.statistics.periods import Period
from kb_service.insight.statistics.rules import Scope
from kb_service.insight.statistics.service import scoping

_BY_DAY = 62


@dataclass(frozen=True)
class Trend:
    """`by`: `day` or `month`; every day or month of the period until today has a number."""

    by: str
    labels: tuple[str, ...]
    numbers: tuple[int, ...]


def registered(session: ReadSession, ctx: Context, period: Period, scope: Scope) -> Trend:
    """Registered tickets by day; of a longer period by month. Needs `stats.read`."""
    ctx.actor.require("stats.read")
    reach = scoping.reach(session, ctx, scope)
    rows = (
        select(TicketFact.registered_day, func.count(TicketFact.ticket_id))
        .where(TicketFact.registered_day.between(period.first, period.last), *reach.facts())
        .group_by(TicketFact.registered_day)
    )
    found: Counter[date] = Counter(dict(session.execute(rows).tuples().all()))
    whole = (period.last - period.first).days + 1
    # Days that are still to come are left out: as noughts they would read as a sudden calm.
    over = (min(period.last, local_day(ctx.now)) - period.first).days + 1
    days = [period.first + timedelta(days=each) for each in range(over)]
    by_day = whole <= _BY_DAY
    counts: Counter[str] = Counter()
    for day in days:
        counts[f"{day.month}-{day.day}" if by_day else f"{day.year}-{day.month:02d}"] += found[day]
    return Trend("day" if by_day else "month", tuple(counts), tuple(counts.values()))
