"""A ticket's state, clocks and possible actions follow from its history and the city's rules."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.clock import CITY
from kb_service.regulations.calendar import WorkingCalendar
from kb_service.regulations.service import get_profile
from kb_service.tickets.rules.actions import action, actions
from kb_service.tickets.rules.clocks import Clock, clocks
from kb_service.tickets.rules.history import Event, State, advance, replay
from kb_service.tickets.rules.kinds import KINDS, STATUS_NAMES

PROFILE = get_profile("demo")
CALENDAR = WorkingCalendar()
# A Monday; the week has no holidays.
MONDAY = datetime(2026, 11, 16, 10, 0, tzinfo=CITY).astimezone(UTC)


# Type, hours after Monday morning, and data.
Step = tuple[str, float] | tuple[str, float, dict[str, Any]]


def life(*steps: Step) -> list[Event]:
    """Events by type, hours after Monday morning, and data."""
    return [
        Event(seq, step[0], MONDAY + timedelta(hours=step[1]), step[2] if len(step) > 2 else {})
        for seq, step in enumerate(steps, 2)
    ]


def state_after(*steps: Step) -> State:
    return replay(life(*steps), PROFILE)


def clock(
    state: State, name: str, hours: float, *, sudden: bool = False, request_class: str = "complaint"
) -> Clock:
    now = MONDAY + timedelta(hours=hours)
    found = clocks(state, PROFILE, CALENDAR, request_class, sudden=sudden, now=now)
    return next(each for each in found if each.name == name)


TO: dict[str, Any] = {"to": "U-GAJ"}
YES: dict[str, Any] = {"approved": True}
NO: dict[str, Any] = {"approved": False}
HANDLED: tuple[Step, ...] = (
    ("dispatch", 0, TO),
    ("sign", 1),
    ("reply", 2, {"text": "已办"}),
    ("complete", 3, {"text": "已办"}),
)


def test_the_usual_life_ends_completed() -> None:
    assert [state_after(*HANDLED[:length]).status for length in range(5)] == [
        "pending", "dispatched", "signed", "replied", "completing",
    ]  # fmt: skip
    assert state_after(*HANDLED, ("complete_decide", 4, YES), ("close", 5)).status == "closed"


def test_no_clock_runs_before_dispatch() -> None:
    assert clocks(state_after(), PROFILE, CALENDAR, "complaint", sudden=False, now=MONDAY) == []


@pytest.mark.parametrize(("done_hours", "status"), [(None, "running"), (2, "met")])
def test_a_reply_meets_the_handling_clock(done_hours: int | None, status: str) -> None:
    steps: list[Step] = [("dispatch", 0, TO), ("sign", 1)]
    if done_hours:
        steps.append(("reply", done_hours, {"text": "x"}))
    assert clock(state_after(*steps), "handling", 30).status == status


def test_an_overdue_clock_does_not_heal_by_itself_and_a_late_reply_stays_late() -> None:
    year = 24 * 365
    assert clock(state_after(("dispatch", 0, TO)), "handling", year).status == "overdue"
    late = state_after(("dispatch", 0, TO), ("sign", 1), ("reply", year, {"text": "x"}))
    assert clock(late, "handling", year + 1).status == "late"


def test_an_approved_return_waits_for_dispatch_and_the_limit_restarts() -> None:
    asked: tuple[Step, ...] = (("dispatch", 0, TO), ("return_request", 5, {"reason": "x", "basis": "y"}))
    returned = state_after(*asked, ("return_decide", 6, YES))
    assert (returned.status, returned.unit) == ("pending", None)
    again = state_after(*asked, ("return_decide", 6, YES), ("dispatch", 48, {"to": "U-RSJ"}))
    assert again.unit == "U-RSJ"
    assert clock(again, "handling", 49).due - clock(
        state_after(("dispatch", 0, TO)), "handling", 1
    ).due == timedelta(2)


def test_a_refused_return_goes_on_from_first_receipt() -> None:
    before = state_after(("dispatch", 0, TO), ("sign", 1))
    after = state_after(
        ("dispatch", 0, TO),
        ("sign", 1),
        ("return_request", 5, {"reason": "x", "basis": "y"}),
        ("return_decide", 30, NO),
    )
    assert after.status == "signed"
    assert clock(after, "handling", 31).due == clock(before, "handling", 31).due


def test_an_extension_adds_the_limit_once_more_and_is_given_once() -> None:
    signed: tuple[Step, ...] = (("dispatch", 0, TO), ("sign", 1))
    plain, asked = state_after(*signed), state_after(*signed, ("extend_request", 2, {"reason": "x"}))
    granted = advance(asked, Event(9, "extend_decide", MONDAY, YES), PROFILE)
    # Ten working days from Monday end on Friday of the next week; ten more two weeks later.
    assert str(clock(plain, "handling", 3).due_day) == "2026-11-30"
    assert str(clock(granted, "handling", 3).due_day) == "2026-12-14"
    refused = action("extend_request", granted, PROFILE)
    assert (refused.ok, refused.clause) == (False, "SG-17.5")


def test_a_ticket_whose_extension_was_asked_for_cannot_be_returned() -> None:
    asked = state_after(("dispatch", 0, TO), ("sign", 1), ("extend_request", 2, {"reason": "x"}))
    refused = action("return_request", asked, PROFILE)
    assert (refused.ok, refused.clause) == (False, "SG-16.7")


def test_completion_sent_back_goes_on_as_if_never_handed_in() -> None:
    back = state_after(*HANDLED, ("complete_decide", 4, NO))
    assert back.status == "signed"
    assert clock(back, "handling", 5).status == "running"


def test_a_redo_starts_the_limit_anew_once_and_without_extension() -> None:
    done: tuple[Step, ...] = (*HANDLED, ("complete_decide", 4, YES), ("rate", 24, {"value": "unsatisfied"}))
    redone = state_after(*done, ("redo", 48, {"note": "重办"}), ("sign", 49))
    assert redone.unit == "U-GAJ"
    assert clock(redone, "handling", 50).status == "running"
    assert not action("extend_request", redone, PROFILE).ok
    again = state_after(
        *done,
        ("redo", 48),
        ("sign", 49),
        ("reply", 50, {"text": "x"}),
        ("complete", 51, {"text": "x"}),
        ("complete_decide", 52, YES),
    )
    assert action("redo", again, PROFILE).clause == "SG-24.2"


def test_a_sudden_matter_is_recorded_within_two_hours() -> None:
    open_one = state_after(("dispatch", 0, TO), ("sign", 0.1))
    assert clock(open_one, "sudden_record", 1.9, sudden=True).status == "running"
    assert clock(open_one, "sudden_record", 2, sudden=True).status == "overdue"
    noted = state_after(("dispatch", 0, TO), ("sign", 0.1), ("note", 1, {"text": "已到场"}))
    assert clock(noted, "sudden_record", 3, sudden=True).status == "met"


EVENTS = st.lists(
    st.tuples(st.sampled_from(sorted(KINDS)), st.booleans()).map(
        lambda pair: (pair[0], {"to": "U-GAJ", "approved": pair[1], "value": "satisfied", "reached": pair[1]})
    ),
    max_size=25,
)


@given(EVENTS)
def test_whatever_is_tried_only_possible_actions_move_a_ticket_and_replay_agrees(
    tries: list[tuple[str, dict[str, Any]]],
) -> None:
    state, done = State(), []
    for number, (name, data) in enumerate(tries):
        if action(name, state, PROFILE).ok:
            event = Event(number, name, MONDAY + timedelta(hours=number), data)
            done.append(event)
            state = advance(state, event, PROFILE)
        assert state.status in STATUS_NAMES
    assert replay(done, PROFILE) == state


@given(EVENTS)
def test_every_refused_action_says_why(tries: list[tuple[str, dict[str, Any]]]) -> None:
    state = State()
    for number, (name, data) in enumerate(tries):
        for each in actions(state, PROFILE):
            assert each.ok or each.reason
        if action(name, state, PROFILE).ok:
            state = advance(state, Event(number, name, MONDAY, data), PROFILE)
