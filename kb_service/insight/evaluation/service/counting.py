"""What a unit is scored by: its marks of a period, as they were known at an instant."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import func, select

from kb_service.core.clock import local_day
from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit
from kb_service.insight.evaluation.rules import EXCUSED
from kb_service.insight.statistics.model import TicketFact, TicketMark
from kb_service.insight.statistics.periods import Period
from kb_service.insight.statistics.rules import Tally
from kb_service.insight.statistics.service import keeping, listing
from kb_service.knowledge.duties.model import DutyAppeal

_BATCH = 500
Marks = dict[int, dict[str, list[Tally]]]


def marks_of(session: ReadSession, units: Collection[int], period: Period, known_at: datetime) -> Marks:
    """Of each unit the marks of the period by name, as known at an instant.

    Tickets to which nothing has happened since are counted from the facts as they stand; the others are
    worked out anew from the history until then.
    """
    found: Marks = {unit_id: defaultdict(list) for unit_id in units}
    for unit_id, name, tally in (*_kept(session, units, period, known_at), *_anew(session, period, known_at)):
        if unit_id in found:
            found[unit_id][name].append(tally)
    for unit_id, name, tally in _excused(session, units, period, known_at):
        _take_out(found[unit_id][name], tally)
    return {
        unit_id: {name: _together(each) for name, each in mine.items()} for unit_id, mine in found.items()
    }


def _kept(
    session: ReadSession, units: Collection[int], period: Period, known_at: datetime
) -> Iterator[tuple[int, str, Tally]]:
    told = (TicketMark.unit_id, TicketMark.name, TicketMark.good, TicketMark.done, TicketMark.left_out)
    changed = select(TicketFact.ticket_id).where(TicketFact.last_at > known_at)
    rows = (
        select(*told, func.count())
        .where(
            TicketMark.day.between(period.first, period.last),
            TicketMark.unit_id.in_(sorted(units)),
            TicketMark.ticket_id.not_in(changed),
        )
        .group_by(*told)
    )
    for unit_id, name, good, done, left_out, number in session.execute(rows):
        yield unit_id, name, Tally(good, done, left_out, number)


def _anew(session: ReadSession, period: Period, known_at: datetime) -> Iterator[tuple[int, str, Tally]]:
    changed = select(TicketFact.ticket_id).where(
        TicketFact.last_at > known_at, TicketFact.registered_day <= local_day(known_at)
    )
    ids = session.execute(changed.order_by(TicketFact.ticket_id)).scalars().all()
    codes = dict(session.execute(select(Unit.code, Unit.id)).tuples().all())
    for start in range(0, len(ids), _BATCH):
        for _, facts in keeping.known(session, ids[start : start + _BATCH], known_at):
            for mark in facts.marks:
                if mark.unit in codes and period.first <= mark.day <= period.last:
                    yield codes[mark.unit], mark.name, Tally(mark.good, mark.done, mark.left_out)


def _excused(
    session: ReadSession, units: Collection[int], period: Period, known_at: datetime
) -> Iterator[tuple[int, str, Tally]]:
    """Marks that an appeal took out until then."""
    rows = select(DutyAppeal).where(
        DutyAppeal.unit_id.in_(sorted(units)),
        DutyAppeal.entry.startswith("ticket:"),
        DutyAppeal.status == "approved",
        DutyAppeal.decided_at <= known_at,
    )
    for appeal in session.execute(rows).scalars():
        mark = listing.mark_of(session, appeal.entry)
        if mark is not None and mark.unit_id == appeal.unit_id and period.first <= mark.day <= period.last:
            yield appeal.unit_id, mark.name, Tally(mark.good, mark.done, mark.left_out)


def _take_out(tallies: list[Tally], one: Tally) -> None:
    for at, each in enumerate(tallies):
        if (each.good, each.done, each.left_out) == (one.good, one.done, one.left_out) and each.number:
            tallies[at] = Tally(each.good, each.done, each.left_out, each.number - 1)
            tallies.append(Tally(one.good, one.done, EXCUSED))
            return


def _together(tallies: list[Tally]) -> list[Tally]:
    """One tally for those that say the same, so that the same marks give the same list."""
    sums: dict[tuple[bool, bool, str], int] = {}
    for each in tallies:
        key = each.good, each.done, each.left_out
        sums[key] = sums.get(key, 0) + each.number
    return [Tally(*key, number) for key, number in sorted(sums.items()) if number]
