"""A city nobody has, with numbers nobody has, runs as data alone."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.regulations.explain import explain
from kb_service.regulations.profiles import SHIPPED, check_file, load
from kb_service.regulations.rules import (
    callback_due,
    card,
    centre_dispatch_due,
    check_in_force,
    deemed_replied,
    extension_due,
    ground,
    handling_due,
    initial_disposal,
    last_moment_to_ask,
    rating_due,
    redo_due,
    repeat_outcome,
    restriction_end,
    return_due,
    sign_due,
    supervision_due,
    supervision_extended_due,
    urgent_match,
)
from kb_service.regulations.schema import Profile
from tests.support import day_walker
from tests.support.deadlines import CALENDAR, at, last_day, outcome, told
from tests.support.sixth_city import city_file


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    folder = tmp_path_factory.mktemp("profiles")
    file = city_file(folder)
    assert check_file(file, [SHIPPED, folder]).problems == ()
    return load("luhe-2026", [SHIPPED, folder]).profile


MONDAY = "2026-11-16T09:00"


def test_its_limits_run_in_hours_working_days_and_calendar_days(profile: Profile) -> None:
    (asked,) = handling_due(profile, CALENDAR, "consultation", at(MONDAY))
    assert asked.due == at("2026-11-17T21:00")
    (helped,) = handling_due(profile, CALENDAR, "help", at(MONDAY))
    assert helped.due == at("2026-12-03T17:30")
    assert handling_due(profile, CALENDAR, "appeal", at(MONDAY)) == []
    (heard,) = handling_due(profile, CALENDAR, "appeal", at(MONDAY), signed_at=at("2026-11-17T09:00"))
    assert told(heard) == ("2026-12-04", "LU-4")


def test_its_clocks_are_its_own(profile: Profile) -> None:
    now = at(MONDAY)
    due = supervision_due(profile, CALENDAR, "boat", now)
    assert due is not None
    assert [
        last_day(each)
        for each in (
            sign_due(profile, CALENDAR, now),
            return_due(profile, CALENDAR, now, signed_at=now),
            callback_due(profile, CALENDAR, now),
            redo_due(profile, CALENDAR, "help", now),
            due,
            supervision_extended_due(profile, CALENDAR, due, 2, 12),
            restriction_end(profile, CALENDAR, now),
        )
    ] == ["2026-11-20", "2026-11-24", "2026-11-27", "2026-12-01", "2026-12-04", "2026-12-22", "2026-12-31"]
    rated = rating_due(profile, CALENDAR, now)
    dispatched = centre_dispatch_due(profile, CALENDAR, "river", now)
    assert [each.due for each in (rated, dispatched) if each] == [
        at("2026-11-18T21:00"),
        at("2026-11-16T16:00"),
    ]


def test_three_extensions_of_eight_asked_for_three_days_before(profile: Profile) -> None:
    (due,) = handling_due(profile, CALENDAR, "complaint", at(MONDAY), signed_at=at(MONDAY))
    assert last_day(due) == "2026-12-03"
    assert last_day(last_moment_to_ask(profile, CALENDAR, due, "complaint", 3)) == "2026-11-30"
    granted = [
        outcome(lambda nth=nth, days=days: extension_due(profile, CALENDAR, due, "complaint", nth, days))  # type: ignore[misc]
        for nth, days in ((1, 8), (3, 8), (3, 9), (4, 1))
    ]
    assert granted == ["2026-12-15", "2026-12-15", "extension_too_long", "extension_too_often"]


def test_its_choices_are_its_own(profile: Profile) -> None:
    assert initial_disposal(profile, "help", answerable=True).action == "answer"
    assert initial_disposal(profile, "report", answerable=True).action == "dispatch"
    assert ground(profile, "sea").told == "陆河口市不管海，请找海事局。"
    found = repeat_outcome(profile, done=True, new_facts=True)
    assert found is not None
    assert (found.outcome, found.limit_restarts) == ("merged", False)
    urgent = urgent_match(profile, "河边堤坝漏水了")
    assert urgent is not None
    assert urgent.to == "河务局"
    calls = [at(f"2026-11-{day}T09:00") for day in (16, 17, 18, 19)]
    assert deemed_replied(profile, calls) == calls[-1]
    assert deemed_replied(profile, calls[:-1]) is None
    check_in_force(profile, at(MONDAY).date())


@given(overdue=st.integers(0, 12))
def test_its_cards_change_after_four_and_seven_days(profile: Profile, overdue: int) -> None:
    due = sign_due(profile, CALENDAR, at("2026-11-02T09:00"))
    assert due is not None
    day = day_walker.last_day(due.due_day, overdue) if overdue else due.due_day
    shown = card(profile, CALENDAR, due, at(f"{day}T12:00") + timedelta(hours=6))
    assert shown is not None
    assert shown.colour == ("red" if overdue > 7 else "yellow" if overdue > 4 else "green")


def test_it_can_be_explained(profile: Profile) -> None:
    page = explain(profile)
    for number in ("36小时", "13个工作日", "17个自然日", "第12条", "17.5时", "陆河口市不管海"):
        assert number in page
