"""A ticket of a city nobody has lives by that city's numbers, without code."""

from pathlib import Path
from typing import Any

import pytest

from kb_service.tickets.service.simulating import simulate
from tests.support.sixth_city import city_file
from tests.support.ticket_life import due_days, may, records, refusals

Step = tuple[str, str, str] | tuple[str, str, str, dict[str, Any]]
UNTIL_RECEIPT: list[Step] = [
    ("2026-11-16T09:00", "register", "agent"),
    ("2026-11-16T15:59", "dispatch", "centre", {"to": "U1"}),
]


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return city_file(tmp_path)


def life(city: Path, now: str, *steps: Step, **request: Any) -> dict[str, Any]:
    events = [
        {
            "at": f"{step[0]}:00+08:00",
            "type": step[1],
            "by": step[2],
            "data": step[3] if len(step) > 3 else {},
        }
        for step in steps
    ]
    ticket = {"class": "complaint", "route": "river"} | request
    return simulate({"ticket": ticket, "events": events, "now": f"{now}:00+08:00"}, city)


def test_an_unsigned_ticket_counts_as_signed_at_the_end_of_its_return_window(city: Path) -> None:
    found = life(city, "2026-12-01T09:00", *UNTIL_RECEIPT)
    # Four working days to sign: 17 - 20. Six more to return it: 23 - 27 and 30 November, at half past five.
    assert [(each["effect"], each["at"], each["clause"]) for each in found["effects"]] == [
        ("deemed_signed", "2026-11-30T17:30:00+08:00", "LU-10")
    ]
    # Thirteen from there: 1 - 4, 7 - 11, 14 - 17 December.
    assert due_days(found, "handling") == [("2026-12-17", "running")]
    assert due_days(found, "sign") == [("2026-11-20", "overdue")]
    assert due_days(found, "centre_dispatch") == [("2026-11-16", "met")]
    # The unit had five hours on the clock to speak with the requester.
    assert due_days(found, "first_contact") == [("2026-11-16", "overdue")]


def test_its_later_life_goes_by_its_own_numbers(city: Path) -> None:
    calls: list[Step] = [
        (f"2026-11-{day}T10:00", "contact", "unit:U1", {"reached": False}) for day in (18, 19, 20, 21)
    ]
    done: list[Step] = [
        ("2026-11-17T09:00", "sign", "unit:U1"),
        *calls,
        ("2026-11-23T09:00", "request_completion", "unit:U1"),
        ("2026-11-24T09:00", "callback", "callback", {"reached": True, "solved": False}),
        ("2026-11-25T09:00", "redo", "centre", {"ground": "unsolved"}),
        (
            "2026-11-25T10:00",
            "open_supervision",
            "centre",
            {"kind": "boat", "trigger": "flood", "reason": "水患"},
        ),
        (
            "2026-11-25T11:00",
            "record_abuse",
            "centre",
            {"abuse": "shouting", "steps": ["restricted"], "text": "x"},
        ),
    ]
    found = life(city, "2026-11-26T09:00", *UNTIL_RECEIPT, *done)
    assert refusals(found) == []
    assert [(each["effect"], each["at"]) for each in found["effects"]] == [
        ("deemed_replied", "2026-11-21T10:00:00+08:00")
    ]
    # Eleven working days from the 25th, fourteen for the supervision, forty-five calendar days.
    assert due_days(found, "redo") == [("2026-12-10", "running")]
    assert due_days(found, "supervision") == [("2026-12-15", "running")]
    assert due_days(found, "restriction") == [("2027-01-09", "running")]
    assert records(found, "redo") == [("unsolved", "LU-17")]


def test_what_it_does_not_have_is_refused_by_the_regulation_as_a_whole(city: Path) -> None:
    found = life(city, "2026-11-17T09:00", *UNTIL_RECEIPT)
    lacking = ("report_result", "start_survey", "promise", "escalate", "case_filed", "settle_objection")
    assert {name: may(found, name) for name in lacking} == dict.fromkeys(
        lacking, (False, "not_in_profile", "LU-40")
    )
