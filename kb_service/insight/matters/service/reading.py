"""Hot matters as somebody may see them: counted over the requests of their place or unit."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import aliased

from kb_service.core.clock import day_start, local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import NotFound
from kb_service.identity.rules import descendants
from kb_service.identity.service import people
from kb_service.identity.service.actors import region_parents
from kb_service.insight import area
from kb_service.insight.matters import grouping, rules
from kb_service.insight.matters.model import HotMatter, MatterTicket, NightlyRun, Trend
from kb_service.insight.matters.service import gathering
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life.words import STATUS_NAMES
from kb_service.tickets.service import seeing

READ = "stats.read"
MOST = 100
EXAMPLES = 20
WEEKS = 12
ALIKE_SHOWN = 3
# Two matters so near may be one: a person decides.
MAY_BE_ONE = 0.7


@dataclass(frozen=True)
class MatterFilter:
    """`trend`: new, rising or foreseen; `state` one of STATE_NAMES; `region` with all inside it."""

    trend: str = ""
    state: str = "open"
    region: str = ""
    q: str = ""
    common: bool = False


@dataclass(frozen=True)
class TrendView:
    kind: str
    kind_name: str
    region: str
    region_name: str
    ratio: float
    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class Counted:
    code: str
    name: str
    tickets: int


@dataclass(frozen=True)
class MatterRow:
    """`tickets` of the last 30 days, `before` of the 30 before, both in the place asked for."""

    id: int
    name: str
    words: list[str]
    state: str
    state_name: str
    tickets: int
    before: int
    units: int
    places: int
    common: bool
    first_at: datetime
    last_at: datetime
    trends: list[TrendView]


@dataclass(frozen=True)
class TicketLine:
    code: str
    title: str
    region_name: str
    unit_name: str
    status_name: str
    registered_at: datetime


@dataclass(frozen=True)
class WeekCount:
    first: date
    tickets: int


@dataclass(frozen=True)
class MatterView(MatterRow):
    reason: str
    merged_into: int | None
    whole: int
    weeks: list[WeekCount]
    by_place: list[Counted]
    by_unit: list[Counted]
    examples: list[TicketLine]
    alike: list[tuple[int, str]]


@dataclass(frozen=True)
class Overview:
    """How far the nightly work has come, and whether a year of requests is there to foresee from."""

    ended_at: datetime | None
    matters: int
    kinds: Mapping[str, int]


def overview(session: ReadSession, ctx: Context) -> Overview:
    ctx.actor.require(READ)
    run = session.get(NightlyRun, gathering.NAME)
    numbers = session.execute(
        select(Trend.kind, func.count(Trend.matter_id.distinct())).group_by(Trend.kind)
    ).tuples()
    whole = session.execute(select(func.count(HotMatter.id)).where(HotMatter.state == "open")).scalar_one()
    return Overview(run.ended_at if run else None, whole, dict(numbers.all()))


def list_matters(
    session: ReadSession, ctx: Context, wanted: MatterFilter, limit: int = 50
) -> list[MatterRow]:
    """Those with most tickets of the last 30 days in the place first; foreseen ones without any come last."""
    ctx.actor.require(READ)
    now, regions = ctx.now, _inside(session, wanted.region)
    since, before = now - rules.MONTH, now - rules.MONTH * 2
    recent = case((Ticket.registered_at >= since, Ticket.id))
    unit = case((Ticket.registered_at >= since, func.coalesce(Ticket.unit_id, Ticket.suggested_unit_id)))
    place = case((Ticket.registered_at >= since, Ticket.region_code))
    earlier = case(((Ticket.registered_at >= before) & (Ticket.registered_at < since), Ticket.id))
    columns = [
        func.count(recent),
        func.count(earlier),
        func.count(unit.distinct()),
        func.count(place.distinct()),
    ]
    own = area.tickets(session, ctx) + ([Ticket.region_code.in_(regions)] if regions is not None else [])
    rows = (
        select(HotMatter, *columns)
        .join(MatterTicket, MatterTicket.matter_id == HotMatter.id)
        .join(Ticket, Ticket.id == MatterTicket.ticket_id)
        .where(*own, *_chosen(session, ctx, wanted, regions))
        .where(or_(Ticket.registered_at >= before, HotMatter.id.in_(select(Trend.matter_id))))
        .group_by(HotMatter.id)
        .order_by(columns[0].desc(), HotMatter.last_at.desc(), HotMatter.id)
    )
    found = session.execute(rows.limit(MOST if wanted.common else min(limit, MOST))).all()
    told = _trends(session, ctx, [row[0].id for row in found], regions)
    listed = [
        _row(matter, recent, earlier_ones, units, places, told.get(matter.id, []))
        for matter, recent, earlier_ones, units, places in found
    ]
    return [each for each in listed if each.common or not wanted.common][:limit]


def _inside(session: ReadSession, region: str) -> list[str] | None:
    return sorted(descendants([region], region_parents(session))) if region else None


def _chosen(
    session: ReadSession, ctx: Context, wanted: MatterFilter, regions: Sequence[str] | None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state:
        conditions.append(HotMatter.state == wanted.state)
    if wanted.q.strip():
        conditions.append(HotMatter.name.contains(wanted.q.strip().replace("%", "").replace("_", "")))
    if wanted.trend:
        there = select(Trend.matter_id).where(Trend.kind == wanted.trend, *_told_to(session, ctx, regions))
        conditions.append(HotMatter.id.in_(there))
    return conditions


def _told_to(session: ReadSession, ctx: Context, regions: Sequence[str] | None) -> list[ColumnElement[bool]]:
    """Trends of the places the actor looks at; who looks at a unit's requests alone is told of the city's."""
    mine = area.place(session, ctx)
    shown: list[ColumnElement[bool]] = []
    if mine is not None:
        shown.append(Trend.region_code.in_(sorted(mine) or [area.city(session)]))
    if regions is not None:
        shown.append(Trend.region_code.in_(regions))
    return shown


def _trends(
    session: ReadSession, ctx: Context, ids: Sequence[int], regions: Sequence[str] | None
) -> dict[int, list[TrendView]]:
    names = {region.code: region.name for region in people.regions(session)}
    rows = select(Trend).where(Trend.matter_id.in_(ids), *_told_to(session, ctx, regions))
    found: dict[int, list[TrendView]] = defaultdict(list)
    for trend in session.execute(rows.order_by(Trend.adjusted, Trend.region_code)).scalars():
        said = rules.KIND_NAMES[trend.kind]
        where = names.get(trend.region_code, trend.region_code)
        found[trend.matter_id].append(
            TrendView(trend.kind, said, trend.region_code, where, trend.ratio, trend.evidence)
        )
    return found


def _row(
    matter: HotMatter, recent: int, before: int, units: int, places: int, told: list[TrendView]
) -> MatterRow:
    return MatterRow(
        id=matter.id,
        name=matter.name,
        words=matter.words,
        state=matter.state,
        state_name=rules.STATE_NAMES[matter.state],
        tickets=recent,
        before=before,
        units=units,
        places=places,
        common=rules.calls_for_consultation(recent, units, places),
        first_at=matter.first_at,
        last_at=matter.last_at,
        trends=told,
    )


def find(session: ReadSession, ctx: Context, matter_id: int) -> HotMatter:
    """The matter, where the actor's place or unit has a ticket of it; NotFound otherwise."""
    ctx.actor.require(READ)
    mine = (
        select(MatterTicket.matter_id)
        .join(Ticket, Ticket.id == MatterTicket.ticket_id)
        .where(MatterTicket.matter_id == matter_id, *area.tickets(session, ctx))
        .limit(1)
    )
    found = session.get(HotMatter, matter_id)
    seen = found is not None and (found.state == "merged" or session.execute(mine).first() is not None)
    if found is None or not seen:
        raise NotFound("没有这个热点事项，或者您的辖区、单位没有相关诉求。", code="unknown_hot_matter")
    return found


def get_matter(session: ReadSession, ctx: Context, matter_id: int) -> MatterView:
    matter = find(session, ctx, matter_id)
    own = [MatterTicket.matter_id == matter_id, *area.tickets(session, ctx)]
    joined = select(Ticket).join(MatterTicket, MatterTicket.ticket_id == Ticket.id).where(*own)
    month = [*own, Ticket.registered_at >= ctx.now - rules.MONTH]
    by_place = _by(session, Ticket.region_code, month)
    by_unit = _by(session, func.coalesce(Ticket.unit_id, Ticket.suggested_unit_id), month)
    whole = session.execute(select(func.count()).select_from(joined.subquery())).scalar_one()
    recent = sum(by_place.values())
    since = ctx.now - rules.MONTH
    before = [*own, Ticket.registered_at >= since - rules.MONTH, Ticket.registered_at < since]
    row = _row(
        matter,
        recent,
        sum(_by(session, Ticket.region_code, before).values()),
        len([each for each in by_unit if each is not None]),
        len(by_place),
        _trends(session, ctx, [matter_id], None).get(matter_id, []),
    )
    regions = {region.code: region.name for region in people.regions(session)}
    units = {unit.id: (unit.code, unit.name) for unit in people.all_units(session)}
    return MatterView(
        **vars(row),
        reason=matter.reason,
        merged_into=matter.merged_into,
        whole=whole,
        weeks=_weeks(session, ctx, own),
        by_place=[Counted(code, regions.get(code, code), number) for code, number in by_place.items()],
        by_unit=[Counted(*units.get(each, ("", "未转派")), number) for each, number in by_unit.items()],
        examples=_examples(session, ctx, matter_id, regions, units),
        alike=_alike(session, matter),
    )


def _by(session: ReadSession, column: Any, conditions: Sequence[ColumnElement[bool]]) -> dict[Any, int]:
    number = func.count(Ticket.id)
    rows = (
        select(column, number)
        .join(MatterTicket, MatterTicket.ticket_id == Ticket.id)
        .where(*conditions)
        .group_by(column)
        .order_by(number.desc(), column)
    )
    return dict(session.execute(rows).tuples().all())


def _weeks(session: ReadSession, ctx: Context, own: Sequence[ColumnElement[bool]]) -> list[WeekCount]:
    """Whole weeks up to yesterday, oldest first."""
    end = day_start(local_day(ctx.now))
    spans = [(end - rules.RECENT * (at + 1), end - rules.RECENT * at) for at in reversed(range(WEEKS))]
    columns = [
        func.sum(case(((Ticket.registered_at >= begin) & (Ticket.registered_at < until), 1), else_=0))
        for begin, until in spans
    ]
    rows = select(*columns).select_from(Ticket).join(MatterTicket, MatterTicket.ticket_id == Ticket.id)
    numbers = session.execute(rows.where(*own)).one()
    return [
        WeekCount(local_day(begin), int(number or 0))
        for (begin, _), number in zip(spans, numbers, strict=True)
    ]


def _examples(
    session: ReadSession,
    ctx: Context,
    matter_id: int,
    regions: Mapping[str, str],
    units: Mapping[int, tuple[str, str]],
) -> list[TicketLine]:
    """The newest tickets that the actor may open one by one; titles were masked when they were registered."""
    rows = (
        select(Ticket)
        .join(MatterTicket, MatterTicket.ticket_id == Ticket.id)
        .where(MatterTicket.matter_id == matter_id, Ticket.confidential.is_(False), *seeing.in_scope(ctx))
        .order_by(Ticket.registered_at.desc(), Ticket.id.desc())
        .limit(EXAMPLES)
    )
    if not ctx.actor.may("ticket.read"):
        return []
    return [
        TicketLine(
            code=each.code,
            title=each.title,
            region_name=regions.get(each.region_code, each.region_code),
            unit_name=units.get(each.unit_id or 0, ("", ""))[1],
            status_name=STATUS_NAMES[each.status],
            registered_at=each.registered_at,
        )
        for each in session.execute(rows).scalars()
    ]


def _alike(session: ReadSession, matter: HotMatter) -> list[tuple[int, str]]:
    """Other matters so near that they may be the same one."""
    other = aliased(HotMatter)
    rows = select(other).where(other.state == "open", other.id != matter.id, other.encoder == matter.encoder)
    others = list(session.execute(rows).scalars())
    if not others or matter.state == "merged":
        return []
    near = grouping.unpacked([each.centre for each in others]) @ grouping.unpacked([matter.centre])[0]
    ranked = sorted(zip(near.tolist(), others, strict=True), key=lambda pair: -pair[0])
    return [(each.id, each.name) for share, each in ranked[:ALIKE_SHOWN] if share >= MAY_BE_ONE]
