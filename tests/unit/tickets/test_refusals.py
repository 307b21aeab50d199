"""Bad input is refused with code and clause, and nothing is changed by it."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.errors import KbError
from kb_service.tickets.service.simulating import simulate
from tests.support.scenarios import names, scenario
from tests.support.ticket_life import HANDLER, Step, begun, life, may, refusals

SIGN: Step = ("2026-11-16T11:00", "sign", "unit:U1", HANDLER)


@pytest.mark.parametrize(
    ("step", "refused"),
    [
        (("2026-11-16T12:00", "vanish", "centre"), ("unknown_event", "SG-35")),
        (("2026-11-16T12:00", "reply", "unit:U1"), ("bad_details", "SG-17.1")),
        (("2026-11-16T12:00", "reply", "unit:U1", {"result": "x", "tone": "y"}), ("bad_details", "SG-17.1")),
        (("2026-11-16T12:00", "reply", "unit:U1", {"result": ["x"]}), ("bad_details", "SG-17.1")),
        (("2026-11-16T12:00", "reply", "agent", {"result": "x"}), ("wrong_role", "SG-17.1")),
        (("2026-11-16T12:00", "reply", "unit:U2", {"result": "x"}), ("other_unit", "SG-17.1")),
        (("2026-11-16T12:00", "decide_return", "centre", {"approved": True}), ("wrong_state", "SG-14.1")),
        (("2026-11-16T12:00", "register", "agent"), ("wrong_state", "SG-10")),
        (("2026-11-15T12:00", "note", "unit:U1", {"text": "x"}), ("out_of_order", "SG-17.3")),
        (("2026-11-20T12:00", "note", "unit:U1", {"text": "x"}), ("event_in_future", "SG-17.3")),
        (("2026-11-20T12:00", "vanish", "unit:U1"), ("event_in_future", "SG-35")),
        (SIGN, ("event_repeated", "SG-22")),
        (("2026-11-16T12:00", "case_filed", "unit:U1", {"case": "x"}), ("not_in_profile", "SG-35")),
        (("2026-11-16T12:00", "pass_on", "unit:U1", {"to": "U9"}), ("unknown_unit", "SG-6")),
        (("2026-11-16T12:00", "sub_task", "unit:U1", {"id": "a", "to": "U9", "title": "x", "due_day": "2026-11-20"}),
         ("unknown_unit", "SG-14.0")),
    ],
)  # fmt: skip
def test_a_wrong_event_is_refused_and_changes_nothing(step: Step, refused: tuple[str, str]) -> None:
    good = begun("shaoguan-2022")
    units: dict[str, Any] = {"units": ["U1", "U2"]}
    now = "2026-11-16T13:00"
    plain = life("shaoguan-2022", {}, *good, now=now, deployment=units)
    wrong = life("shaoguan-2022", {}, *good, step, now=now, deployment=units)
    assert refusals(wrong) == [refused]
    assert wrong["refused"][0]["reason"].endswith("。")
    assert wrong | {"refused": []} == plain


def test_nothing_happens_before_the_registration() -> None:
    found = life("shaoguan-2022", {}, ("2026-11-16T09:00", "dispatch", "centre", {"to": "U1"}))
    assert (found["state"], refusals(found)) == ("new", [("not_registered", "SG-6")])


def test_a_second_event_of_the_same_name_is_repeated_whatever_it_says() -> None:
    found = life("shaoguan-2022", {}, *begun("shaoguan-2022"))
    events = [
        {"at": "2026-11-16T09:00:00+08:00", "type": "register", "by": "agent", "id": "a"},
        {
            "at": "2026-11-16T10:00:00+08:00",
            "type": "dispatch",
            "by": "centre",
            "data": {"to": "U1"},
            "id": "a",
        },
    ]
    found = life("shaoguan-2022", {}, now="2026-11-16T13:00", events=events)
    assert (found["state"], refusals(found)) == ("pending", [("event_repeated", "SG-6")])


def test_a_viewer_is_told_what_they_may_do_and_others_may_not() -> None:
    told = {
        viewer: may(life("xiangtan-2021", {}, *begun("xiangtan-2021"), viewer=viewer), "request_return")
        for viewer in ("unit:U1", "unit:U2", "centre", "agent+unit:U1")
    }
    assert told == {
        "unit:U1": (True, "", ""),
        "unit:U2": (False, "other_unit", "XT-16.2"),
        "centre": (False, "wrong_role", "XT-16.2"),
        "agent+unit:U1": (True, "", ""),
    }


@pytest.mark.parametrize(
    ("profile", "request_class", "refused"),
    [
        ("shaoguan-2022", "appeal", ("class_not_in_profile", "SG-10")),
        ("shantou-2016", "appeal", ("class_not_in_profile", "ST-6")),
    ],
)
def test_a_class_the_city_does_not_have_is_not_registered(
    profile: str, request_class: str, refused: tuple[str, str]
) -> None:
    found = life(profile, {"class": request_class}, ("2026-11-16T09:00", "register", "agent"))
    assert (found["state"], refusals(found)) == ("new", [refused])


@pytest.mark.parametrize(
    ("profile", "day", "clause"),
    [
        ("shantou-2016", "2021-11-01", "ST-23"),
        ("shaoguan-2022", "2025-11-04", "SG-35"),
        ("xiangtan-2021", "2021-09-09", "XT-28"),
        ("meizhou-2014", "2017-11-01", "MZ-25"),
        ("taian-2025", "2025-10-31", "TA-33"),
    ],
)
def test_outside_its_validity_a_profile_registers_nothing(profile: str, day: str, clause: str) -> None:
    step: Step = (f"{day}T09:00", "register", "agent")
    ended: dict[str, Any] = {"continued_until": None}
    assert refusals(life(profile, {"class": "help"}, step, deployment=ended)) == [
        ("profile_not_in_force", clause)
    ]


def test_rules_that_were_continued_register_until_that_day_and_a_ticket_keeps_them() -> None:
    continued: dict[str, Any] = {"continued_until": "2025-12-31"}
    steps: list[Step] = [
        ("2025-12-31T23:59", "register", "agent"),
        ("2026-01-05T09:00", "dispatch", "centre", {"to": "U1"}),
    ]
    found = life("shaoguan-2022", {}, *steps, deployment=continued)
    assert (found["state"], refusals(found)) == ("dispatched", [])
    late = life("shaoguan-2022", {}, ("2026-01-01T00:00", "register", "agent"), deployment=continued)
    assert refusals(late) == [("profile_not_in_force", "SG-35")]


def test_the_city_s_own_days_move_a_due_day() -> None:
    days = {"holidays": ["2026-11-17"], "workdays": ["2026-11-21"]}
    found = life(
        "shaoguan-2022", {"class": "consultation"}, *begun("shaoguan-2022", "2026-11-16"), calendar=days
    )
    assert [each["counted_days"] for each in found["clocks"] if each["name"] == "handling"] == [
        ["2026-11-18", "2026-11-19"]
    ]
    friday = life(
        "shaoguan-2022", {"class": "consultation"}, *begun("shaoguan-2022", "2026-11-20"), calendar=days
    )
    assert [each["due_day"] for each in friday["clocks"] if each["name"] == "handling"] == ["2026-11-23"]


STRANGE: list[Any] = [
    None,
    -1,
    0,
    10**12,
    True,
    "",
    "x" * 6000,
    [],
    {},
    [[]],
    "2026-13-01",
    "9999-12-31T23:59:59+08:00",
    "unit:",
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The address of everything in a scenario."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def refusals_of(content: Any) -> list[tuple[str, str, str]]:
    """Code, clause and reason of each refused event, or those of the refusal to replay at all."""
    try:
        found = simulate(content)
    except KbError as error:
        return [(error.code, "-", error.detail)]
    return [(each["code"], each["clause"], each["reason"]) for each in found["refused"]]


@given(st.sampled_from(names()), st.data())
def test_whatever_stands_in_a_scenario_it_is_replayed_or_refused_with_a_reason(
    name: str, data: st.DataObject
) -> None:
    content = copy.deepcopy(scenario(name)["scenario"])
    for _ in range(data.draw(st.integers(1, 3))):
        *parents, last = data.draw(st.sampled_from(places(content)[1:]))
        inner = content
        for key in parents:
            inner = inner[key]
        inner[last] = copy.deepcopy(data.draw(st.sampled_from(STRANGE)))
    assert [each for each in refusals_of(content) if "" in each] == []
