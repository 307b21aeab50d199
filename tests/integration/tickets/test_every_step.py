"""Every type of event over HTTP and in the console: reachable, told about, refused with code and clause."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from admin import step_form
from kb_service.regulations.profiles import get_profile
from kb_service.tickets.rules.life import KINDS
from tests.integration.tickets.conftest import Desk

Bearer = Callable[..., dict[str, str]]
STEPS = sorted(set(KINDS) - {"register"})


def test_every_step_is_listed_with_the_schema_of_its_details(client: TestClient, bearer: Bearer) -> None:
    found = client.get("/api/v1/tickets/event-types", headers=bearer("supervisor")).json()["items"]
    assert sorted(each["type"] for each in found) == STEPS
    assert all(each["data"]["type"] == "object" and each["label"] for each in found)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_out_of_place_is_refused_over_http_with_code_and_changes_nothing(
    tickets: Desk, client: TestClient, bearer: Bearer, step: str
) -> None:
    code = tickets.register()
    headers = bearer("supervisor")
    sent = {"type": step, "data": {"nothing_of_the_kind": 1}}
    answer = client.post(f"/api/v1/tickets/{code}/events", json=sent, headers=headers)
    assert (answer.status_code, answer.json()["code"]) in {(422, "bad_details"), (404, "unknown_ticket")}
    assert len(tickets.read(code).events) == 1


def test_a_repeated_request_acts_once(tickets: Desk, client: TestClient, bearer: Bearer) -> None:
    code = tickets.register()
    headers = bearer("supervisor") | {"Idempotency-Key": "step-1"}
    sent = {"type": "dispatch", "data": {"to": "U-GAJ"}, "seq": 1}
    first, second = (
        client.post(f"/api/v1/tickets/{code}/events", json=sent, headers=headers) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["seq"] == second.json()["seq"] == 2
    stale = client.post(f"/api/v1/tickets/{code}/events", json=sent, headers=bearer("supervisor"))
    assert (stale.status_code, stale.json()["code"]) == (409, "ticket_changed")


def test_an_event_that_another_platform_named_is_taken_once(tickets: Desk) -> None:
    from kb_service.core.errors import Conflict
    from kb_service.tickets import schemas
    from kb_service.tickets.service import acting

    code = tickets.register()
    tickets.act(code, "centre", "dispatch", to="U-GAJ")
    said = schemas.EventIn(type="urge", data={"text": "请尽快"}, id="platform-7")
    for expected in ("", "event_repeated"):
        with tickets.parts.database.write() as session:
            agent = tickets.service.world.as_("agent")
            if not expected:
                acting.act(session, agent, tickets.parts, code, said)
                continue
            with pytest.raises(Conflict) as refused:
                acting.act(session, agent, tickets.parts, code, said)
            assert refused.value.code == expected


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("city", ["shantou-2016", "shaoguan-2022", "taian-2025", "xiangtan-2021"])
def test_every_step_has_a_form_with_a_label_for_each_field(city: str, step: str) -> None:
    from admin.rendering import strings

    made = step_form.inputs(step, get_profile(city), [("U1", "甲单位")])
    asked = {field.alias or name for name, field in KINDS[step].data.model_fields.items()}
    assert {each.name for each in made} >= asked - {"done", "overdue", "cites", "template"}
    for each in made:
        assert strings(f"ticket.in_{each.name}")
        assert each.kind != "choice" or all(word for _, word in each.options)
