"""POST /api/v1/simulations: the same as `kb simulate`, for programs; nothing is written."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kb_service.tickets.service.simulating import simulate
from tests.support.scenarios import names, scenario

Bearer = Callable[..., dict[str, str]]
ROUTE = "/api/v1/simulations"
NAME = names()[0]


def test_a_scenario_comes_out_as_in_the_command(client: TestClient, bearer: Bearer) -> None:
    content = scenario(NAME)["scenario"]
    answer = client.post(ROUTE, json=content, headers=bearer("agent"))
    assert (answer.status_code, answer.json()) == (200, simulate(content))


def test_several_cities_are_told_beside_each_other(client: TestClient, bearer: Bearer) -> None:
    content = scenario("shaoguan-01-national-day-extension")["scenario"]
    answer = client.post(
        ROUTE, json=content, params={"compare": ["shaoguan-2022", "demo"]}, headers=bearer("agent")
    )
    first, second = answer.json()["compared"]
    assert (first["profile"], second["profile"]) == ("shaoguan-2022", "demo")
    assert second["refused"][0]["code"] == "profile_not_in_force"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"profile": "atlantis"}, 404, "profile_not_found"),
        ({"profile": "../secret.yaml"}, 404, "profile_not_found"),
        ({"profile": ""}, 422, "profile_missing"),
        ({"events": "none"}, 422, "bad_scenario"),
        ({"events": [{}] * 1001}, 422, "bad_scenario"),
    ],
)
def test_what_cannot_be_replayed_is_refused_with_its_place(
    client: TestClient, bearer: Bearer, change: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(ROUTE, json=scenario(NAME)["scenario"] | change, headers=bearer("agent"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_who_may_not_read_tickets_may_not_simulate_them(client: TestClient, bearer: Bearer) -> None:
    assert client.post(ROUTE, json={}, headers=bearer("unit_editor")).status_code == 403
    assert client.post(ROUTE, json={}).status_code == 401
