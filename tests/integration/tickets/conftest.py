"""A desk with people of several units, and the few words tests of tickets are written in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from kb_service.identity.model import Account, AccountRole, Unit
from kb_service.tickets import schemas
from kb_service.tickets.service import acting, reading, registering
from tests.support.service import Service

STAFF = {
    "centre": ("U-ZX", "supervisor"),
    "first": ("U-GAJ", "unit_handler"),
    "second": ("U-RSJ", "unit_handler"),
    "caller": ("U-ZX", "callback_clerk"),
}


class Desk:
    """What people do with tickets, one line each."""

    def __init__(self, service: Service) -> None:
        self.service, self.parts = service, service.parts

    def register(self, by: str = "agent", **changes: Any) -> str:
        values = {
            "class": "complaint",
            "region": "990101",
            "title": "夜间施工噪声",
            "text": "工地夜里两点还在打桩。",
            "requester": {"name": "甄金", "phone": "13987654321", "address": "梧桐里九号"},
            "essentials": ["time", "place", "parties"],
        }
        with self.parts.database.write() as session:
            data = schemas.TicketIn.model_validate(values | changes)
            return registering.register(session, self.service.world.as_(by), self.parts, data).code

    def act(self, code: str, by: str, step: str, **data: Any) -> str:
        with self.parts.database.write() as session:
            said = schemas.EventIn(type=step, data=data)
            return acting.act(session, self.service.world.as_(by), self.parts, code, said).status

    def read(self, code: str, by: str = "centre") -> schemas.TicketOut:
        with self.parts.database.read() as session:
            return reading.read(session, self.service.world.as_(by), self.parts, code)


@pytest.fixture
def people(service: Service) -> Service:
    with service.parts.database.write() as session:
        units = dict(session.execute(select(Unit.code, Unit.id)).tuples().all())
        for number, (login, (unit, role)) in enumerate(STAFF.items(), 200):
            session.add(
                Account(
                    id=number, login=login, name=login, unit_id=units[unit], password_hash="-",
                    active=True, demo=False, created_at=service.parts.clock.now(), failures=0,
                )
            )  # fmt: skip
            session.flush()
            session.add(AccountRole(account_id=number, role_code=role, officer=False))
    return service


@pytest.fixture
def tickets(people: Service) -> Desk:
    return Desk(people)


@pytest.fixture
def in_city(people: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Desk]]:
    """The desk of a city, with the numbers its regulation leaves open and its rules continued."""
    from kb_service.core.context import SYSTEM, Context
    from kb_service.core.settings import get_settings
    from kb_service.regulations import profiles
    from kb_service.regulations import service as regulations
    from tests.support.deadlines import TAIAN

    def choose(city: str) -> Desk:
        monkeypatch.setenv("KB_PROFILE", city)
        get_settings.cache_clear()
        people.parts.settings.profile = city
        ctx = Context(SYSTEM, people.parts.clock.now())
        with people.parts.database.write() as session:
            profile = profiles.get_profile(city)
            if profile.validity.end is not None:
                until = profile.validity.end.replace(year=2030)
                regulations.record_continuation(session, ctx, city, until, "市政府通知", "市政府")
            if city == "taian-2025":
                for name, number in TAIAN.items():
                    regulations.supply_number(session, ctx, city, name, number, "市级清单")
        return Desk(people)

    yield choose
    get_settings.cache_clear()
