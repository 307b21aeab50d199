"""How units stand at this moment, for those who watch over the handling (MZ-23)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select

from kb_service.core.clock import day_start, local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.insight.statistics.periods import Period, month
from kb_service.insight.statistics.rules import KINDS, Scope, Value, watched
from kb_service.insight.statistics.service import counting, naming, scoping
from kb_service.regulations import service as regulations
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life.words import WITH_UNIT

_UNSIGNED = ("district", "dispatched")


@dataclass(frozen=True)
class UnitNow:
    """What a unit has open now, and its watched figures of the month so far."""

    unit_code: str
    unit_name: str
    open: int
    unsigned: int
    due_today: int
    overdue: int
    figures: Mapping[str, Value]


@dataclass(frozen=True)
class Monitoring:
    """`watched` are names of figures, as the city's rules list them. Units with most overdue come first."""

    now: datetime
    period: Period
    watched: tuple[str, ...]
    whole: Mapping[str, Value]
    units: tuple[UnitNow, ...]


def monitoring(session: ReadSession, ctx: Context, scope: Scope) -> Monitoring:
    """Needs `stats.read`; of the units in the actor's scope."""
    ctx.actor.require("stats.read")
    reach = scoping.reach(session, ctx, scope)
    today = local_day(ctx.now)
    period = month(today.year, today.month)
    names = watched(regulations.standing_profile(session))
    figures = counting.by_unit(session, period, reach)
    now = _open(session, ctx, reach)
    units = naming.names(session, "unit")
    rows = [
        UnitNow(
            *naming.told(units, "unit", unit_id),
            *now.get(unit_id, (0, 0, 0, 0)),
            {name: figures.get(unit_id, {}).get(name, _nothing(name)) for name in names},
        )
        for unit_id in {*now, *figures} - {None}
    ]
    rows.sort(key=lambda each: (-each.overdue, -each.open, each.unit_code))
    whole = counting.totals(session, ctx, period, reach)
    return Monitoring(ctx.now, period, names, {name: whole[name] for name in names}, tuple(rows))


def _nothing(name: str) -> Value:
    return Value(0, 0 if KINDS[name].share else None)


def _open(
    session: ReadSession, ctx: Context, reach: scoping.Reach
) -> dict[str | int | None, tuple[int, int, int, int]]:
    """Open, unsigned, due before the day ends, overdue: by unit."""
    tonight = day_start(local_day(ctx.now) + timedelta(days=1))
    coming = (Ticket.due_at > ctx.now) & (Ticket.due_at <= tonight)
    rows = (
        select(
            Ticket.unit_id,
            func.count(Ticket.id),
            func.sum(case((Ticket.status.in_(_UNSIGNED), 1), else_=0)),
            func.sum(case((coming, 1), else_=0)),
            func.sum(case((Ticket.due_at <= ctx.now, 1), else_=0)),
        )
        .where(Ticket.status.in_(sorted(WITH_UNIT)), Ticket.unit_id.is_not(None))
        .group_by(Ticket.unit_id)
    )
    if reach.units is not None:
        rows = rows.where(Ticket.unit_id.in_(sorted(reach.units)))
    if reach.regions is not None:
        rows = rows.where(Ticket.region_code.in_(sorted(reach.regions)))
    return {
        unit: (int(a), int(b or 0), int(c or 0), int(d or 0)) for unit, a, b, c, d in session.execute(rows)
    }
