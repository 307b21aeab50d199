"""The demo city's year before it opens: made in bulk, and yet what the doors of users would have made."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from kb_service.app import build_runtime
from kb_service.core.clock import CITY, FixedClock, local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession
from kb_service.core.ids import current_number
from kb_service.core.runtime import Runtime
from kb_service.core.settings import Settings
from kb_service.demo import loader, past
from kb_service.insight.statistics import jobs
from kb_service.insight.statistics.model import TicketFact, TicketMark
from kb_service.notices.model import Notice
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life import restored
from kb_service.tickets.service import histories, reading
from tests.conftest import MORNING


@pytest.fixture
def city(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    """The city as it was founded, and a thin past of a few months."""
    for name, value in (("RECENT_A_DAY", 1), ("YEAR_DAYS", 90)):
        monkeypatch.setattr(past, name, value)
    settings = Settings(
        var_dir=tmp_path, database_url=database_url, worker=False, profile="demo", encoder="none"
    )
    parts = build_runtime(settings, clock=FixedClock(MORNING), search=False)
    loader._found(parts, local_day(MORNING))
    past.fill(parts, local_day(MORNING))
    yield parts
    parts.engine.close()
    parts.database.dispose()


def test_the_past_is_what_its_histories_come_to(city: Runtime) -> None:
    with city.database.read() as session:
        tickets = session.execute(select(Ticket).order_by(Ticket.id)).scalars().all()
        assert [each.registered_at for each in tickets] == sorted(each.registered_at for each in tickets)
        for ticket, stood in histories.standings(session, tickets):
            state = restored(stood.rules, [histories.event_of(row) for row in stood.rows])
            assert state.request is not None
            assert ticket.last_seq == len(stood.rows)
            assert ticket.unit_id == next(iter(histories.units_of(session, state).values()), None)
            assert all(row.at <= MORNING for row in stood.rows)
        counted = _counted(session)
    assert jobs.remake(city) > 0
    with city.database.read() as session:
        assert _counted(session) == counted


def _counted(session: ReadSession) -> tuple[Sequence[Any], Sequence[Any]]:
    facts = select(TicketFact.ticket_id, TicketFact.disposal, TicketFact.unit_id, TicketFact.last_at)
    marks = select(TicketMark.ticket_id, TicketMark.name, TicketMark.nth, TicketMark.good, TicketMark.day)
    return (
        session.execute(facts.order_by(TicketFact.ticket_id)).all(),
        sorted(session.execute(marks).tuples().all(), key=str),
    )


def test_nobody_is_told_of_the_past_and_numbers_go_on_after_it(city: Runtime) -> None:
    with city.database.read() as session:
        of_tickets = select(func.count()).select_from(Notice).where(Notice.subject.startswith("ticket:"))
        assert session.execute(of_tickets).scalar_one() == 0
        code = session.execute(select(func.max(Ticket.code))).scalar_one()
        day, number = code.split("-")
        assert current_number(session, f"ticket:{day[:4]}-{day[4:6]}-{day[6:]}") == int(number)
        shown = reading.read(session, Context(SYSTEM, MORNING), city, code)
    assert [shown.text != "", shown.registered_at.astimezone(CITY).date() < local_day(MORNING)] == [
        True,
        True,
    ]
