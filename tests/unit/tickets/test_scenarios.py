"""Whole lives of tickets, worked out from the regulations by hand, come out so in the simulation."""

from datetime import date
from typing import Any

import pytest

from kb_service.tickets.service.simulating import simulate
from tests.support.scenarios import CITIES, WINDOWS, counted_due_day, names, scenario


def shown(given: list[dict[str, Any]], like: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was given, reduced to the keys that the expected rows have."""
    keys = set().union(*like) if like else set(given[0]) if given else set()
    return [{key: value for key, value in each.items() if key in keys} for each in given]


def by_name_and_due(clocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(clocks, key=lambda each: (each["name"], each["due"]))


def by_clock(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(cards, key=lambda each: str(each.get("clock")))


# The clauses that each scenario guards stand in its file; tools/clauses/marks.py reads them there.
@pytest.mark.parametrize("name", names())
def test_a_ticket_s_life_comes_out_as_worked_out(name: str) -> None:
    file = scenario(name)
    wanted, found = file["expected"], simulate(file["scenario"])
    assert shown(found["refused"], wanted["refused"]) == wanted["refused"]
    assert found["state"] == wanted["state"]
    told = {each["name"] for each in wanted["clocks"]}
    listed = [each for each in found["clocks"] if each["name"] in told or each["name"] not in WINDOWS]
    without_why = [{key: each[key] for key in each if key != "why"} for each in wanted["clocks"]]
    assert by_name_and_due(shown(listed, without_why)) == by_name_and_due(without_why)
    assert by_clock(shown(found["cards"], wanted["cards"])) == by_clock(wanted["cards"])
    assert shown(found["effects"], wanted["effects"]) == wanted["effects"]
    actions = {each["action"]: each for each in found["allowed"]}
    for each in wanted["allowed"]:
        assert {key: actions[each["action"]][key] for key in each} == each


@pytest.mark.parametrize("name", names())
def test_a_second_way_of_counting_agrees_with_every_due_day(name: str) -> None:
    file = scenario(name)
    days = file["scenario"]["calendar"]
    rests, make_up = ({date.fromisoformat(day) for day in days[key]} for key in ("holidays", "workdays"))
    for each in file["expected"]["clocks"]:
        if "set" in each["why"]:
            continue
        due_day, walked = counted_due_day(each["why"], rests, make_up)
        assert (each["name"], each["due_day"]) == (each["name"], due_day.isoformat())
        assert [day.isoformat() for day in walked] == each["why"].get("days", [])


@pytest.mark.parametrize("name", names())
def test_the_days_told_with_a_clock_are_those_worked_out(name: str) -> None:
    file = scenario(name)
    found = simulate(file["scenario"])["clocks"]
    for each in file["expected"]["clocks"]:
        if "days" in each["why"]:
            counted = [
                one["counted_days"]
                for one in found
                if (one["name"], one["due"]) == (each["name"], each["due"])
            ]
            assert counted == [each["why"]["days"]]


def test_every_city_has_twelve_scenarios_and_each_refuses_something() -> None:
    every = names()
    assert [city for city in CITIES if sum(name.startswith(f"{city}-") for name in every) < 12] == []
    assert [name for name in every if not scenario(name)["expected"]["refused"]] == []
