"""A unit is renamed or merged over HTTP: its open tickets follow with their clocks and supervisions."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from kb_service.core.clock import FixedClock
from kb_service.knowledge.reorganising import jobs as reorganising_jobs
from kb_service.tickets import jobs
from tests.integration.tickets.conftest import Desk
from tests.support.ticket_life import HANDLER

Bearer = Callable[..., dict[str, str]]


@pytest.mark.parametrize(
    ("plan", "unit", "named"),
    [
        ({"kind": "rename", "unit": "U-GAJ", "name": "市公安和应急局"}, "U-GAJ", "市公安和应急局"),
        ({"kind": "merge", "units": ["U-GAJ"], "into": "U-RSJ"}, "U-RSJ", ""),
    ],
)
def test_open_tickets_follow_a_change_of_units_with_their_clocks(
    in_city: Callable[[str], Desk],
    client: TestClient,
    bearer: Bearer,
    clock: FixedClock,
    plan: dict[str, object],
    unit: str,
    named: str,
) -> None:
    desk = in_city("xiangtan-2021")
    code = desk.register()
    desk.act(code, "centre", "dispatch", to="U-GAJ")
    desk.act(code, "first", "sign", **HANDLER)
    centre = bearer("supervisor")

    def shown() -> dict[str, object]:
        return dict(client.get(f"/api/v1/tickets/{code}", headers=centre).json())

    before = shown()
    clock.advance(timedelta(hours=2))
    sent = {"plan": plan, "reason": "机构改革"}
    done = client.post("/api/v1/unit-changes", json=sent, headers=bearer("system_officer"))
    assert done.status_code in {200, 201}, done.json()
    for job in reorganising_jobs.JOBS:
        job.run(desk.parts)
    while jobs.follow_units(desk.parts):
        pass
    after = shown()
    assert after["unit"] == unit
    assert after["due_at"] == before["due_at"]
    assert named in str(after["unit_name"])
    assert str(after["status"]) == "signed"
    kept = [(each["name"], each["due"]) for each in before["clocks"]]  # type: ignore[attr-defined]
    assert [(each["name"], each["due"]) for each in after["clocks"]] == kept  # type: ignore[attr-defined]
    # Whoever works for the unit now goes on from here.
    reply = {"type": "reply", "data": {"result": "已责令停工", "written": True}}
    sent_by = bearer("unit_handler", unit)
    assert client.post(f"/api/v1/tickets/{code}/events", json=reply, headers=sent_by).status_code == 201
