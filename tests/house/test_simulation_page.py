"""The page on simulation is whole and current, and its JSON Schema says what is taken and what is not."""

import copy
import json
from typing import Any

import jsonschema
import pytest

from kb_service.tickets.rules.life import kinds
from kb_service.tickets.rules.life.event_schema import scenario_schema
from tests.support.scenarios import names, scenario
from tools import simulation_page

SCHEMA = scenario_schema()


def complaints(content: Any) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(content)]


def test_the_page_on_simulation_is_current() -> None:
    before = simulation_page.PAGE.read_text(encoding="utf-8")
    assert before == simulation_page.page(before), "run: make docs"


def test_the_schema_on_the_page_is_the_schema() -> None:
    text = simulation_page.PAGE.read_text(encoding="utf-8").rpartition("```json\n")[2].partition("\n```")[0]
    assert json.loads(text) == SCHEMA


def test_every_event_type_and_each_of_its_details_has_a_meaning() -> None:
    for kind in kinds():
        assert kind.note, kind.name
        for name, field in kind.data.model_fields.items():
            assert field.description, f"{kind.name}.{name}"


@pytest.mark.parametrize("name", names())
def test_every_scenario_of_the_tests_keeps_to_the_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert complaints(scenario(name)["scenario"]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"type": "vanish"},
        {"by": "mayor"},
        {"data": {"to": "U1", "colour": "red"}},
        {"data": {}},
        {"note": "x"},
    ],
)
def test_the_schema_refuses_what_is_not_an_event(change: dict[str, Any]) -> None:
    content = copy.deepcopy(scenario(names()[0])["scenario"])
    content["events"][1] |= change
    assert complaints(content) != []
