"""What a bulletin of a period is made of: figures, matters, months, gaps."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from sqlalchemy import case, func, select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.rules import ancestors
from kb_service.identity.service import people
from kb_service.identity.service.actors import region_parents
from kb_service.insight import area
from kb_service.insight.bulletins.sections import Hot, Month, Told
from kb_service.insight.gaps.model import Gap
from kb_service.insight.matters.model import HotMatter, MatterTicket, Trend
from kb_service.insight.statistics import periods
from kb_service.insight.statistics.model import TicketFact
from kb_service.insight.statistics.periods import Period
from kb_service.insight.statistics.rules import Scope
from kb_service.insight.statistics.service import figures
from kb_service.tickets.model import Ticket

_TOP = 10
_MONTHS = 13


def told(session: ReadSession, ctx: Context, period: Period) -> Told:
    return Told(
        figures(session, ctx, period, Scope()),
        hot(session, period),
        coming(session),
        months(session, period.last),
        session.execute(select(func.count(Gap.id)).where(Gap.state.in_(("open", "task")))).scalar_one(),
    )


def hot(session: ReadSession, period: Period) -> list[Hot]:
    """The matters with most tickets of the period."""
    earlier = periods.before(period)
    inside = case(((Ticket.registered_at >= period.start) & (Ticket.registered_at < period.end), 1), else_=0)
    number, whole = func.sum(inside), func.count(Ticket.id)
    rows = (
        select(HotMatter.id, HotMatter.name, number, whole)
        .join(MatterTicket, MatterTicket.matter_id == HotMatter.id)
        .join(Ticket, Ticket.id == MatterTicket.ticket_id)
        .where(
            HotMatter.state == "open",
            Ticket.confidential.is_(False),
            Ticket.registered_at >= earlier.start,
            Ticket.registered_at < period.end,
        )
        .group_by(HotMatter.id, HotMatter.name)
        .having(number > 0)
        .order_by(number.desc(), HotMatter.id)
        .limit(_TOP)
    )
    found = session.execute(rows).tuples().all()
    places, units = _where(session, period, [row[0] for row in found])
    return [
        Hot(name, int(tickets), both - int(tickets), units.get(matter_id, []), places.get(matter_id, []))
        for matter_id, name, tickets, both in found
    ]


def _where(
    session: ReadSession, period: Period, ids: Sequence[int]
) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Names of the counties and units of each matter, those with most tickets first."""
    rows = (
        select(MatterTicket.matter_id, Ticket.region_code, Ticket.unit_id, func.count(Ticket.id))
        .join(Ticket, Ticket.id == MatterTicket.ticket_id)
        .where(
            MatterTicket.matter_id.in_(ids),
            Ticket.confidential.is_(False),
            Ticket.registered_at >= period.start,
            Ticket.registered_at < period.end,
        )
        .group_by(MatterTicket.matter_id, Ticket.region_code, Ticket.unit_id)
    )
    parents = region_parents(session)
    regions = {region.code: region.name for region in people.regions(session)}
    names = {unit.id: unit.short_name or unit.name for unit in people.all_units(session)}
    places: dict[int, Counter[str]] = {}
    units: dict[int, Counter[str]] = {}
    for matter_id, region, unit_id, number in session.execute(rows).tuples():
        path = ancestors(region, parents)
        county = path[-2] if len(path) > 1 else region
        places.setdefault(matter_id, Counter())[regions.get(county, county)] += number
        if unit_id is not None:
            units.setdefault(matter_id, Counter())[names[unit_id]] += number
    return _ordered(places), _ordered(units)


def _ordered(counted: dict[int, Counter[str]]) -> dict[int, list[str]]:
    return {key: sorted(counter, key=lambda name: (-counter[name], name)) for key, counter in counted.items()}


def coming(session: ReadSession) -> list[str]:
    """Matters foreseen for the whole city."""
    rows = (
        select(HotMatter.name)
        .join(Trend, Trend.matter_id == HotMatter.id)
        .where(Trend.kind == "foreseen", Trend.region_code == area.city(session))
        .order_by(Trend.adjusted, HotMatter.id)
    )
    return list(session.execute(rows.limit(_TOP)).scalars())


def months(session: ReadSession, last: date) -> list[Month]:
    """The volume of the month of the day and of the twelve before it, from the first with any ticket on."""
    spans = [periods.month(last.year, last.month)]
    while len(spans) < _MONTHS:
        spans.insert(0, periods.before(spans[0]))
    day = TicketFact.registered_day
    columns = [func.sum(case((day.between(each.first, each.last), 1), else_=0)) for each in spans]
    row = session.execute(select(*columns).where(day.between(spans[0].first, spans[-1].last))).one()
    counts = [int(each or 0) for each in row]
    first = next((at for at, number in enumerate(counts) if number), len(counts))
    return [
        Month(f"{span.first.year % 100:02}年{span.first.month}月", number)
        for span, number in zip(spans[first:], counts[first:], strict=True)
    ]
