"""A city nobody has, put into the deployment's folder as one file: registered, dispatched and timed over HTTP."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kb_service.core.clock import FixedClock
from kb_service.core.settings import get_settings
from kb_service.regulations import profiles
from kb_service.regulations.profiles import SHIPPED, get_profile
from kb_service.regulations.rule_tree import carried_rules
from kb_service.regulations.schema import Profile
from kb_service.tickets import jobs
from tests.integration.tickets.conftest import Desk
from tests.support.service import Service
from tests.support.sixth_city import CITY, city_file

Bearer = Callable[..., dict[str, str]]
NAME = "luhe-2026"
NUMBERS = ("working_days", "hours", "calendar_days")


@pytest.fixture
def sixth(people: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The city's file lies where a deployment puts its own, and nothing else tells the service of it."""
    folder = people.parts.settings.var_dir
    (folder / "profiles").mkdir(exist_ok=True)
    city_file(folder / "profiles")
    monkeypatch.setenv("KB_VAR_DIR", str(folder))
    monkeypatch.setenv("KB_PROFILE", NAME)
    get_settings.cache_clear()
    profiles._load.cache_clear()
    people.parts.settings.profile = NAME
    yield Desk(people)
    get_settings.cache_clear()
    profiles._load.cache_clear()


def test_it_lives_over_http_by_its_own_numbers_and_clauses(
    sixth: Desk, client: TestClient, bearer: Bearer, clock: FixedClock
) -> None:
    centre, unit = bearer("supervisor"), bearer("unit_handler", "U-GAJ")
    sent = {
        "class": "complaint", "region": "990101", "title": "河堤漏水", "text": "堤上一直在渗水。",
        "route": "river", "requester": {"phone": "13987654321"},
    }  # fmt: skip
    made = client.post("/api/v1/tickets", json=sent, headers=centre)
    assert made.status_code == 201, made.json()
    code = made.json()["code"]

    def act(step: str, data: dict[str, Any], who: dict[str, str], expected: int = 201) -> dict[str, Any]:
        clock.advance(timedelta(minutes=5))
        answer = client.post(f"/api/v1/tickets/{code}/events", json={"type": step, "data": data}, headers=who)
        assert answer.status_code == expected, answer.json()
        found: dict[str, Any] = answer.json()
        return found

    def due(view: dict[str, Any], name: str) -> tuple[str, str]:
        return next((each["due_day"], each["clause"]) for each in view["clocks"] if each["name"] == name)

    # Friday 20 November 2026: seven hours for the centre, four working days to sign.
    shown = act("dispatch", {"to": "U-GAJ"}, centre)
    assert (shown["profile"], shown["class_label"]) == (NAME, "投诉")
    assert due(shown, "sign") == ("2026-11-26", "LU-10")
    shown = act("sign", {}, unit)
    # Thirteen working days from the 20th: 23 - 27, 30 - 4 and 7 - 9 December.
    assert due(shown, "handling") == ("2026-12-09", "LU-4")
    refused = act("report_result", {"result": "已办"}, unit, 409)
    assert (refused["code"], refused["clause"]) == ("not_in_profile", "LU-40")
    refused = act("dispatch", {"to": "U-NOBODY"}, centre, 409)
    assert refused["clause"] == "LU-9"
    shown = act("open_supervision", {"kind": "boat", "trigger": "flood", "reason": "水位上涨"}, centre)
    # Fourteen working days from the 20th.
    assert due(shown, "supervision") == ("2026-12-10", "LU-19")
    assert [each["kind_label"] for each in shown["supervisions"]] == ["乘船督办"]
    clock.advance(timedelta(days=40))
    while jobs.sweep(sixth.parts):
        pass
    late = client.get(f"/api/v1/tickets/{code}", headers=centre).json()
    assert (late["overdue"], late["card"]["colour"], late["card"]["clause"]) == (True, "red", "LU-18")


def _numbers(value: object) -> set[tuple[str, int]]:
    """Every period in a profile's data."""
    if isinstance(value, dict):
        own = {(key, each) for key, each in value.items() if key in NUMBERS and isinstance(each, int)}
        return own.union(*(_numbers(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(_numbers(each) for each in value))
    return set()


def test_its_numbers_are_those_of_no_other_city_and_every_rule_is_its_own(sixth: Desk) -> None:
    others: set[tuple[str, int]] = set()
    for file in SHIPPED.glob("*.yaml"):
        others |= _numbers(get_profile(file.stem).content())
    mine = _numbers(get_profile(NAME).content())
    assert mine
    assert mine & others == set()
    assert sixth.parts.settings.profile == NAME
    clauses = {each for carried in carried_rules(get_profile(NAME)) for each in carried.rule.clause}
    assert all(each.startswith("LU-") for each in clauses)


def test_it_has_something_of_its_own_in_every_section_a_profile_may_have() -> None:
    # Numbers left open and whole profiles taken over are what other files have instead of their own.
    assert set(Profile.model_fields) - set(CITY) == {"deployment", "extends", "recognition"}
