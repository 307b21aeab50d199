"""Counting the figures of a period from facts and marks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, case, func, null, select
from sqlalchemy.orm import InstrumentedAttribute

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.insight.statistics.model import TicketFact, TicketMark
from kb_service.insight.statistics.periods import Period, before, year_ago
from kb_service.insight.statistics.rules import (
    DIMENSIONS,
    KINDS,
    MARKED,
    Figure,
    Figures,
    Row,
    Scope,
    Table,
    Tally,
    Value,
    together,
    value_of,
)
from kb_service.insight.statistics.service import knowing, naming, scoping

# By unit and region everything is told, by what the request is like only what is registered.
_OF_REQUESTS = ("volume", "instant_rate", "completion_rate")
_OF_UNITS = (*_OF_REQUESTS, *MARKED)


def figures(session: ReadSession, ctx: Context, period: Period, scope: Scope) -> Figures:
    """Counted from what the histories have come to until now; what the actor may not see is left out.

    Needs `stats.read`. Raises NotFound for an unknown unit or region, Forbidden for a unit outside the scope.
    """
    ctx.actor.require("stats.read")
    reach = scoping.reach(session, ctx, scope)
    shown = tables(session, period, reach)
    now = _whole(shown) | {knowing.FIGURE: knowing.in_time(session, ctx, period, reach)}
    earlier = totals(session, ctx, before(period), reach)
    last_year = totals(session, ctx, year_ago(period), reach)
    return Figures(
        period,
        scope,
        ctx.now,
        {name: Figure(kind, now[name], earlier[name], last_year[name]) for name, kind in KINDS.items()},
        shown,
    )


def _whole(shown: Mapping[str, Table]) -> dict[str, Value]:
    """What the rows of a table come to together: every ticket and every mark stands in one of each."""
    rows = shown["unit"].rows
    return {name: together([row.values[name] for row in rows], name) for name in shown["unit"].columns}


def totals(session: ReadSession, ctx: Context, period: Period, reach: scoping.Reach) -> dict[str, Value]:
    found = _volumes(session, period, reach, None)[None] | _marked(session, period, reach, None)[None]
    known = knowing.in_time(session, ctx, period, reach)
    return {name: known if name == knowing.FIGURE else found[name] for name in KINDS}


def tables(session: ReadSession, period: Period, reach: scoping.Reach) -> dict[str, Table]:
    made = {}
    for dimension, label in DIMENSIONS.items():
        of_units = dimension in {"unit", "region"}
        columns = _OF_UNITS if of_units else _OF_REQUESTS
        found: dict[str | int | None, dict[str, Value]] = _volumes(session, period, reach, dimension)
        if of_units:
            for key, values in _marked(session, period, reach, dimension).items():
                found[key] = found[key] | values
        made[dimension] = _table(session, dimension, label, columns, found)
    return made


def by_unit(
    session: ReadSession, period: Period, reach: scoping.Reach
) -> dict[str | int | None, dict[str, Value]]:
    """The figures that are counted from marks, of each unit's id."""
    return _marked(session, period, reach, "unit")


def _table(
    session: ReadSession,
    dimension: str,
    label: str,
    columns: tuple[str, ...],
    found: Mapping[str | int | None, dict[str, Value]],
) -> Table:
    names = naming.names(session, dimension)
    nothing = {name: Value(0, 0 if KINDS[name].share else None) for name in columns}
    rows = [
        Row(*naming.told(names, dimension, key), {name: (nothing | values)[name] for name in columns})
        for key, values in found.items()
    ]
    rows.sort(key=lambda row: (-row.values["volume"].number, row.key))
    return Table(dimension, label, columns, tuple(rows))


_COLUMNS: Mapping[str, InstrumentedAttribute[Any]] = {
    "class": TicketFact.request_class,
    "field": TicketFact.field,
    "region": TicketFact.region_code,
    "channel": TicketFact.channel,
    "unit": TicketFact.unit_id,
}


def _volumes(
    session: ReadSession, period: Period, reach: scoping.Reach, dimension: str | None
) -> dict[str | int | None, dict[str, Value]]:
    """Figures of the tickets registered in the period; by None where no dimension is asked for."""
    columns = (
        func.count(TicketFact.ticket_id),
        func.sum(case((TicketFact.disposal == "instant", 1), else_=0)),
        func.sum(case((TicketFact.disposal == "none", 0), else_=1)),
        func.sum(case(((TicketFact.disposal != "none") & TicketFact.done_at.is_not(None), 1), else_=0)),
    )
    wanted = [TicketFact.registered_day.between(period.first, period.last), *reach.facts()]
    if dimension is None:
        rows: Iterable[tuple[str | int | None, ...]] = [
            (None, *session.execute(select(*columns).where(*wanted)).one())
        ]
    else:
        by = _COLUMNS[dimension]
        rows = [tuple(row) for row in session.execute(select(by, *columns).where(*wanted).group_by(by))]
    found: dict[str | int | None, dict[str, Value]] = defaultdict(dict)
    for key, *counts in rows:
        volume, instant, owed, done = (int(each or 0) for each in counts)
        found[key] = {
            "volume": Value(volume),
            "instant_rate": Value(instant, volume),
            "completion_rate": Value(done, owed),
        }
    return found


def _marked(
    session: ReadSession, period: Period, reach: scoping.Reach, dimension: str | None
) -> dict[str | int | None, dict[str, Value]]:
    """Figures of the marks of the period."""
    tallies: dict[str | int | None, dict[str, list[Tally]]] = defaultdict(lambda: defaultdict(list))
    for row in session.execute(_tallied(period, reach, dimension)):
        key, name, good, done, left_out, number = row
        tallies[key][name].append(Tally(good, done, left_out, number))
    if dimension is None:
        tallies.setdefault(None, defaultdict(list))
    return {
        key: {name: value_of(name, mine[mark]) for name, mark in MARKED.items()}
        for key, mine in tallies.items()
    }


def _tallied(
    period: Period, reach: scoping.Reach, dimension: str | None
) -> Select[tuple[str | int | None, str, bool, bool, str, int]]:
    by: InstrumentedAttribute[Any] | None = None
    if dimension is not None:
        by = TicketMark.unit_id if dimension == "unit" else TicketMark.region_code
    told = (TicketMark.name, TicketMark.good, TicketMark.done, TicketMark.left_out)
    rows = select(null() if by is None else by, *told, func.count())
    rows = rows.where(TicketMark.day.between(period.first, period.last), *reach.marks())
    return rows.group_by(*([] if by is None else [by]), *told)
