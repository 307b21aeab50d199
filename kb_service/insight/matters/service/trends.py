"""What has risen, and what is foreseen: counts of each matter in each place, tested together."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, select

from kb_service.core.clock import day_start, local_day
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.runtime import Runtime
from kb_service.identity.rules import ancestors
from kb_service.identity.service.actors import region_parents
from kb_service.insight.matters import rules
from kb_service.insight.matters.model import HotMatter, MatterTicket, Trend
from kb_service.insight.matters.rules import Counts, Told
from kb_service.tickets.model import Ticket

Place = tuple[int, str]
Spans = Sequence[tuple[datetime, datetime]]


def renew(parts: Runtime) -> int:
    """Puts what is found today in the place of what was found before; returns how many trends there are."""
    now = parts.clock.now()
    with parts.database.read() as session:
        found = _found(session, now)
    with parts.database.write() as session:
        session.execute(delete(Trend))
        if found:
            session.execute(insert(Trend), found)
    return len(found)


def _found(session: ReadSession, now: datetime) -> list[dict[str, Any]]:
    rising = rules.rising(counted(session, recent_spans(now)))
    foreseen = rules.foreseen(counted(session, season_spans(now))) if _whole_year(session, now) else {}
    day = local_day(now)
    return [
        {
            "matter_id": matter_id,
            "region_code": region,
            "kind": told.kind,
            "day": day,
            "ratio": told.test.ratio,
            "adjusted": told.adjusted,
            "evidence": evidence(told, spans),
        }
        for found, spans in ((rising, recent_spans(now)), (foreseen, season_spans(now)))
        for (matter_id, region), told in found.items()
    ]


def recent_spans(now: datetime) -> Spans:
    """The last seven whole days, and the weeks before them; nearest first."""
    end = day_start(local_day(now))
    return [
        (end - rules.RECENT * (at + 1), end - rules.RECENT * at) for at in range(rules.PAST_STRETCHES + 1)
    ]


def season_spans(now: datetime) -> Spans:
    """The days a year ago that are coming now, then the stretches of the year after them."""
    begin = day_start(local_day(now)) - rules.YEAR
    return [
        (begin + rules.SEASON * at, begin + rules.SEASON * (at + 1))
        for at in range(rules.SEASON_STRETCHES + 1)
    ]


def _whole_year(session: ReadSession, now: datetime) -> bool:
    """Whether there were tickets already when the year that is looked at began."""
    first = select(func.min(Ticket.registered_at))
    oldest: datetime | None = session.execute(first).scalar_one()
    return oldest is not None and oldest < season_spans(now)[0][1] - timedelta(days=1)


def counted(session: ReadSession, spans: Spans) -> Mapping[Place, Counts]:
    """Each matter in the whole city and in each county and town where it was spoken of."""
    parents = region_parents(session)
    above = {code: ancestors(code, parents) for code in parents}
    columns = [func.sum(case((_within(span), 1), else_=0)) for span in spans]
    reach = and_(
        Ticket.registered_at >= min(begin for begin, _ in spans),
        Ticket.registered_at < max(end for _, end in spans),
        Ticket.confidential.is_(False),
    )
    whole = _summed(
        session.execute(select(Ticket.region_code, *columns).where(reach).group_by(Ticket.region_code)), above
    )
    mine = session.execute(
        select(MatterTicket.matter_id, Ticket.region_code, *columns)
        .join(Ticket, Ticket.id == MatterTicket.ticket_id)
        .join(HotMatter, HotMatter.id == MatterTicket.matter_id)
        .where(reach, HotMatter.state == "open")
        .group_by(MatterTicket.matter_id, Ticket.region_code)
    )
    found: dict[Place, list[int]] = defaultdict(lambda: [0] * len(spans))
    for matter_id, region, *numbers in mine:
        for each in above.get(region, (region,)):
            _add(found[matter_id, each], numbers)
    return {
        place: Counts(numbers[0], tuple(numbers[1:]), whole[place[1]][0], tuple(whole[place[1]][1:]))
        for place, numbers in found.items()
    }


def _within(span: tuple[datetime, datetime]) -> ColumnElement[bool]:
    return and_(Ticket.registered_at >= span[0], Ticket.registered_at < span[1])


def _summed(rows: Any, above: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for region, *numbers in rows:
        for each in above.get(region, (region,)):
            _add(found.setdefault(each, [0] * len(numbers)), numbers)
    return found


def _add(into: list[int], numbers: Sequence[Any]) -> None:
    for at, number in enumerate(numbers):
        into[at] += int(number)


def evidence(told: Told, spans: Spans) -> dict[str, Any]:
    """The numbers a reader needs to judge the alarm by themselves."""
    found = told.test
    begin, end = spans[0]
    return {
        "from": local_day(begin).isoformat(),
        "to": local_day(end - timedelta(seconds=1)).isoformat(),
        "tickets": found.recent,
        "expected": found.expected,
        "past": found.past,
        "stretches": len(spans) - 1,
        "ratio": found.ratio,
        "scatter": found.scatter,
        "chance": found.chance,
        "adjusted": told.adjusted,
        "tests": told.tests,
    }


def removed(session: WriteSession, matter_id: int) -> None:
    """A matter that is no longer watched has no trends."""
    session.execute(delete(Trend).where(Trend.matter_id == matter_id))
