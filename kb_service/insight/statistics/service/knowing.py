"""How timely units filed their knowledge, from the ledgers of their duties."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit
from kb_service.insight.statistics.periods import Period
from kb_service.insight.statistics.rules import Value
from kb_service.insight.statistics.service.scoping import Reach
from kb_service.knowledge.duties import rules
from kb_service.knowledge.duties.service.ledger import active_units, ledgers
from kb_service.knowledge.duties.service.scheme import scheme_of
from kb_service.knowledge.duties.service.scoring import TICK

FIGURE: Final = "knowledge_in_time"


def in_time(session: ReadSession, ctx: Context, period: Period, reach: Reach) -> Value:
    """Over the units in reach, by what was known at the period's end, or is now."""
    by_unit = units_in_time(session, ctx, period, _codes(session, reach))
    return Value(
        sum(each.number for each in by_unit.values()), sum(each.of or 0 for each in by_unit.values())
    )


def units_in_time(
    session: ReadSession,
    ctx: Context,
    period: Period,
    units: Mapping[int, str],
    known_at: datetime | None = None,
) -> dict[int, Value]:
    """The same a unit, by what was known at an instant (None: now); `units` are ids to codes."""
    known = known_at or ctx.now
    if period.start > known or not units:
        return {unit_id: Value(0, 0) for unit_id in units}
    # What happened at this very instant is known.
    seen = min(known + TICK, period.end)
    found = {}
    for unit_id, entries in ledgers(session, ctx, units, period, scheme_of(session, period), known).items():
        states = [rules.state(each, seen) for each in entries]
        due = [state for state in states if state in {"in_time", "late", "overdue"}]
        found[unit_id] = Value(due.count("in_time"), len(due), states.count("excused"))
    return found


def _codes(session: ReadSession, reach: Reach) -> dict[int, str]:
    inside = select(Unit.id)
    if reach.regions is not None:
        inside = inside.where(Unit.region_code.in_(sorted(reach.regions)))
    ids = set(session.execute(inside).scalars())
    if reach.units is not None:
        ids &= reach.units
    return {key: code for key, (code, _) in active_units(session).items() if key in ids}
