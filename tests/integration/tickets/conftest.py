"""A desk with people of several units, and the few words tests of tickets are written in."""

from collections.abc import Callable
from typing import Any

import pytest

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
    for login, (unit, role) in STAFF.items():
        service.world.employ(login, unit, role)
    return service


@pytest.fixture
def tickets(people: Service) -> Desk:
    return Desk(people)


@pytest.fixture
def in_city(people: Service, rules: Callable[[str], None]) -> Callable[[str], Desk]:
    """The desk of a city."""

    def choose(city: str) -> Desk:
        rules(city)
        return Desk(people)

    return choose
