"""A walk over the steps of a life, over HTTP, in each city: what is offered is accepted, and lists stay true."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from kb_service.core.clock import FixedClock
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life import KINDS, ticket_state
from kb_service.tickets.service import histories
from tests.integration.tickets.conftest import Desk
from tests.support.lives import CITIES, STEPS

Bearer = Callable[..., dict[str, str]]
UNITS = {"U1": "U-GAJ", "U2": "U-RSJ", "U3": "U-RSJ", "U4": "U-RSJ"}
ROLES = {
    "agent": "agent",
    "requester": "agent",
    "centre": "supervisor",
    "callback": "callback_clerk",
    "unit": "unit_handler",
    "district": "unit_handler",
}
MORE: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "object": (("agent", {"reason": "不认可"}),),
    "sub_task": (("unit", {"id": "s1", "to": "一科", "title": "核实", "due_day": "2026-11-23"}),),
    "sub_task_done": (("unit", {"id": "s1", "text": "已核实"}),),
    "ask_party": (("unit", {"text": "已询问"}),),
    "tell_extension": (("unit", {"text": "已告知"}),),
    "seat_result": (("centre", {"result": "已跟踪"}),),
}
EVERY = {**STEPS, **MORE}
AT_THE_END = {"archive", "case_filed", "unit_changed", "open_coordination", "request_return"}
TURNS = 22


@pytest.mark.parametrize("city", CITIES)
def test_what_is_offered_is_accepted_and_the_lists_agree_with_the_history(
    in_city: Callable[[str], Desk], client: TestClient, bearer: Bearer, clock: FixedClock, city: str
) -> None:
    desk = in_city(city)
    tokens: dict[tuple[str, str], dict[str, str]] = {}

    def send(code: str, step: str, by: str, data: dict[str, Any], unit: str) -> tuple[int, dict[str, Any]]:
        place = (ROLES[by], unit if by in {"unit", "district"} else "U-ZX")
        if place not in tokens:
            tokens[place] = bearer(*place)
        said = json.loads(json.dumps(data).replace('"U1"', '"U-GAJ"'))
        said = {
            key: UNITS.get(value, value) if isinstance(value, str) else value for key, value in said.items()
        }
        answer = client.post(
            f"/api/v1/tickets/{code}/events", json={"type": step, "data": said}, headers=tokens[place]
        )
        return answer.status_code, answer.json()

    code, taken = desk.register(), {"register"}
    for _ in range(TURNS):
        clock.advance(timedelta(minutes=20))
        with desk.parts.database.read() as session:
            ticket = session.execute(select(Ticket).where(Ticket.code == code)).scalar_one()
            stood = histories.standing(session, ticket)
            found = ticket_state(stood.rules, stood.state, clock.now())
            assert ticket.status == found.status
            assert ticket.due_at == (found.leading.due if found.leading else None)
            unit = next(iter(stood.units), "U-GAJ")
        offered = [each.action for each in found.allowed if each.ok and each.action in EVERY]
        fresh = [each for each in offered if each not in taken] or offered
        step = next((each for each in fresh if each not in AT_THE_END), None)
        if step is None:
            break
        for by, data in EVERY[step]:
            if by == "system":
                continue
            status, answer = send(code, step, by, data, unit)
            assert status == 201 or answer.get("clause") or answer["code"] == "bad_details", answer
            if status == 201:
                break
        taken.add(step)
    assert set(taken) <= set(KINDS)
    assert len(desk.read(code).events) > 6
