"""What stands in the figures and matters now that may call for a warning."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import case, func, select

from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit
from kb_service.identity.rules import ancestors
from kb_service.identity.service import people
from kb_service.identity.service.actors import region_parents
from kb_service.insight import area
from kb_service.insight.matters.model import HotMatter, MatterTicket, Trend
from kb_service.insight.statistics.model import TicketMark
from kb_service.insight.warnings import rules
from kb_service.insight.warnings.rules import Found
from kb_service.regulations import rules as regulation
from kb_service.regulations import service as regulations
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life.words import OPEN
from kb_service.tickets.service import registering


@dataclass
class Watch:
    """The city as it is looked at once."""

    session: ReadSession
    ctx: Context
    parts: Runtime

    @cached_property
    def parents(self) -> dict[str, str | None]:
        return region_parents(self.session)

    @cached_property
    def regions(self) -> dict[str, str]:
        return {region.code: region.name for region in people.regions(self.session)}

    @cached_property
    def units(self) -> dict[int, Unit]:
        return {unit.id: unit for unit in people.all_units(self.session)}

    def county(self, region: str) -> str:
        """The county a place lies in; the city where it lies in none."""
        path = ancestors(region, self.parents)
        return path[-2] if len(path) > 1 else region

    def inside(self, region: str) -> list[str]:
        return [code for code in self.parents if region in ancestors(code, self.parents)]

    def name(self, region: str) -> str:
        return self.regions.get(region, region)


def find(watch: Watch, kinds: Mapping[str, int]) -> list[Found]:
    found = [each for kind in kinds for each in _FINDERS[kind](watch)]
    return rules.calling(found, kinds)


def _rises(watch: Watch) -> Iterator[Found]:
    """One a matter, told of the smallest place that has most of it."""
    rows = (
        select(Trend, HotMatter.name)
        .join(HotMatter, HotMatter.id == Trend.matter_id)
        .where(Trend.kind.in_(("new", "rising")), HotMatter.state == "open")
    )
    by_matter: dict[int, dict[str, tuple[Trend, str]]] = defaultdict(dict)
    for trend, name in watch.session.execute(rows).tuples():
        by_matter[trend.matter_id][trend.region_code] = trend, name
    city = area.city(watch.session)
    for matter_id, places in by_matter.items():
        tickets = {code: int(trend.evidence["tickets"]) for code, (trend, _) in places.items()}
        place = rules.narrowest(tickets, watch.parents, city)
        trend, name = places[place]
        told = f"{watch.name(place)}“{name}”近7日 {tickets[place]} 件，按以往应约 {trend.evidence['expected']:g} 件"
        yield Found(
            "rise",
            f"rise:{matter_id}",
            told,
            tickets[place],
            dict(trend.evidence) | {"places": {watch.name(code): number for code, number in tickets.items()}},
            f"/matters/{matter_id}",
            busiest(watch, matter_id, place),
            place,
            matter_id,
            trend.ratio >= rules.GRAVE_RATIO,
        )


def busiest(watch: Watch, matter_id: int, place: str) -> int | None:
    """The unit with most of the matter's tickets of the last week in the place."""
    number = func.count(Ticket.id)
    rows = (
        select(Ticket.unit_id)
        .join(MatterTicket, MatterTicket.ticket_id == Ticket.id)
        .where(
            MatterTicket.matter_id == matter_id,
            Ticket.unit_id.is_not(None),
            Ticket.confidential.is_(False),
            Ticket.registered_at >= watch.ctx.now - rules.WEEK,
            Ticket.region_code.in_(watch.inside(place)),
        )
        .group_by(Ticket.unit_id)
        .order_by(number.desc(), Ticket.unit_id)
    )
    return watch.session.execute(rows.limit(1)).scalar_one_or_none()


def _crowds(watch: Watch) -> Iterator[Found]:
    rows = (
        select(MatterTicket.matter_id, HotMatter.name, Ticket.region_code, Ticket.requester_id, func.count())
        .join(Ticket, Ticket.id == MatterTicket.ticket_id)
        .join(HotMatter, HotMatter.id == MatterTicket.matter_id)
        .where(
            HotMatter.state == "open",
            Ticket.confidential.is_(False),
            Ticket.requester_id.is_not(None),
            Ticket.registered_at >= watch.ctx.now - rules.WEEK,
        )
        .group_by(MatterTicket.matter_id, HotMatter.name, Ticket.region_code, Ticket.requester_id)
    )
    people_of: dict[tuple[int, str, str], set[str]] = defaultdict(set)
    tickets: dict[tuple[int, str, str], int] = defaultdict(int)
    for matter_id, name, region, requester, number in watch.session.execute(rows).tuples():
        key = matter_id, name, watch.county(region)
        people_of[key].add(str(requester))
        tickets[key] += number
    for (matter_id, name, county), them in people_of.items():
        yield Found(
            "crowd",
            f"crowd:{matter_id}:{county}",
            f"{watch.name(county)}近7日有 {len(them)} 人反映“{name}”",
            len(them),
            {"people": len(them), "tickets": tickets[matter_id, name, county], "days": 7},
            f"/matters/{matter_id}",
            busiest(watch, matter_id, county),
            county,
            matter_id,
            len(them) >= rules.GRAVE_TIMES * rules.KINDS["crowd"].at_least,
        )


def _sudden(watch: Watch) -> Iterator[Found]:
    """By county and what it is on the profile's list; one of each a day."""
    profile = regulations.standing_profile(watch.session)
    rows = select(Ticket).where(
        Ticket.status.in_(sorted(OPEN)),
        Ticket.sudden.is_(True),
        Ticket.confidential.is_(False),
        Ticket.registered_at >= watch.ctx.now - rules.DAY,
    )
    by_kind: dict[tuple[str, str, str], list[Ticket]] = defaultdict(list)
    for ticket in watch.session.execute(rows.order_by(Ticket.id)).scalars():
        match = regulation.sudden_match(profile, registering.text_of(watch.parts, ticket))
        kind, label = (match.id, match.label) if match else ("other", "突发事项")
        by_kind[kind, label, watch.county(ticket.region_code)].append(ticket)
    for (kind, label, county), tickets in by_kind.items():
        day = local_day(min(each.registered_at for each in tickets))
        yield Found(
            "sudden",
            f"sudden:{kind}:{county}:{day}",
            f"{watch.name(county)}发生{label}，已收到 {len(tickets)} 件诉求",
            len(tickets),
            {"tickets": [each.code for each in tickets[-20:]], "kind": label, "hours": 24},
            f"/tickets/{tickets[-1].code}",
            next((each.unit_id for each in reversed(tickets) if each.unit_id), None),
            county,
            None,
            grave=True,
        )


def _overdue(watch: Watch) -> Iterator[Found]:
    late = case((Ticket.due_at <= watch.ctx.now, 1), else_=0)
    rows = (
        select(Ticket.unit_id, func.sum(late), func.count(Ticket.id))
        .where(Ticket.status.in_(sorted(OPEN)), Ticket.unit_id.is_not(None), Ticket.confidential.is_(False))
        .group_by(Ticket.unit_id)
    )
    for unit_id, number, whole in watch.session.execute(rows).tuples():
        assert unit_id is not None
        yield Found(
            "overdue",
            f"overdue:{unit_id}",
            f"{watch.units[unit_id].name}有 {number} 件工单逾期未办结（在办 {whole} 件）",
            int(number),
            {"overdue": int(number), "open": whole},
            f"/tickets?overdue=1&unit={watch.units[unit_id].code}",
            unit_id,
            grave=int(number) >= rules.GRAVE_TIMES * rules.KINDS["overdue"].at_least,
        )


def _dissatisfied(watch: Watch) -> Iterator[Found]:
    bad = func.sum(case((TicketMark.good.is_(False), 1), else_=0))
    rows = (
        select(TicketMark.unit_id, bad, func.count())
        .where(
            TicketMark.name == "satisfaction",
            TicketMark.left_out == "",
            TicketMark.day > local_day(watch.ctx.now - rules.MONTH),
        )
        .group_by(TicketMark.unit_id)
    )
    found = [(unit_id, int(number), whole) for unit_id, number, whole in watch.session.execute(rows).tuples()]
    all_bad, all_rated = sum(each[1] for each in found), sum(each[2] for each in found)
    for unit_id, number, whole in found:
        if unit_id is None or not rules.repeatedly(number, whole, all_bad, all_rated):
            continue
        yield Found(
            "dissatisfied",
            f"dissatisfied:{unit_id}",
            f"{watch.units[unit_id].name}近30日 {whole} 件评价中 {number} 件不满意",
            number,
            {"dissatisfied": number, "rated": whole, "city_dissatisfied": all_bad, "city_rated": all_rated},
            f"/tickets?unit={watch.units[unit_id].code}",
            unit_id,
            grave=number >= rules.GRAVE_TIMES * rules.KINDS["dissatisfied"].at_least,
        )


_FINDERS: Mapping[str, Callable[[Watch], Iterator[Found]]] = {
    "rise": _rises,
    "crowd": _crowds,
    "sudden": _sudden,
    "overdue": _overdue,
    "dissatisfied": _dissatisfied,
}
