"""What holds of every ticket's life, in every city."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.tickets.rules.life import (
    Accepted,
    Actor,
    Event,
    Rules,
    State,
    TicketState,
    clocks,
    judge,
    judged_by_satisfaction,
    replay,
    settle,
)
from kb_service.tickets.rules.life.facts import Satisfaction
from kb_service.tickets.rules.life.intake_data import RegisterData
from tests.support.lives import BEGINNING, CITIES, GAPS, LONG, ends, lives, rules_of

IN_CALENDAR_DAYS = {"restriction", "report"}
LATER = st.integers(0, 60 * 24).map(lambda hours: timedelta(hours=hours))


def replayed(rules: Rules, events: list[Event], later: timedelta = timedelta()) -> TicketState:
    return replay(
        rules.profile, rules.calendar, events, ends(events) + later, continued_until=rules.continued_until
    )


@given(lives(), LATER)
def test_replaying_a_history_gives_what_it_came_to_live(
    life: tuple[Rules, list[Event]], later: timedelta
) -> None:
    rules, events = life
    state = State()
    accepted: list[Event] = []
    for each in events:
        # Somebody reads the ticket in between: that leaves nothing behind.
        settle(rules, state, each.at - timedelta(minutes=1))
        verdict = judge(rules, state, each)
        if isinstance(verdict, Accepted):
            state, accepted = verdict.state, [*accepted, each]
    found = replayed(rules, events, later)
    assert settle(rules, state, ends(events) + later) == found.state
    assert replayed(rules, accepted, ends(events) + later - ends(accepted)).state == found.state


@given(lives(), st.lists(LATER, min_size=1, max_size=5))
def test_reading_in_between_changes_nothing(life: tuple[Rules, list[Event]], steps: list[timedelta]) -> None:
    rules, events = life
    state = now = replayed(rules, events).state, ends(events)
    current, instant = state
    for each in steps:
        instant += each
        current = settle(rules, current, instant)
    assert current == settle(rules, now[0], instant)


@given(lives(), LATER, LATER)
def test_what_is_overdue_never_heals_by_itself(
    life: tuple[Rules, list[Event]], soon: timedelta, later: timedelta
) -> None:
    rules, events = life
    first, then = replayed(rules, events, soon), replayed(rules, events, soon + later)
    overdue = {(each.name, each.due) for each in first.clocks if each.status == "overdue"}
    assert overdue - {(each.name, each.due) for each in then.clocks if each.status == "overdue"} == set()


@given(lives(), st.data())
def test_events_of_one_instant_come_to_the_same_in_any_order(
    life: tuple[Rules, list[Event]], data: st.DataObject
) -> None:
    rules, events = life
    first = data.draw(st.integers(1, len(events)))
    number = data.draw(st.integers(0, len(events) - first))
    instant = events[min(first, len(events) - 1)].at
    together = [replace(each, at=instant) for each in events[first : first + number]]
    rest = [each for each in events[first + number :] if each.at >= instant]
    mixed = data.draw(st.permutations(together))
    one = replay_of(rules, [*events[:first], *together, *rest])
    other = replay_of(rules, [*events[:first], *mixed, *rest])
    assert one.state == other.state
    assert one.clocks == other.clocks


def replay_of(rules: Rules, events: list[Event]) -> TicketState:
    return replay(rules.profile, rules.calendar, events, ends(events), continued_until=LONG)


@given(lives())
def test_a_refused_event_changes_nothing(life: tuple[Rules, list[Event]]) -> None:
    rules, events = life
    found = replayed(rules, events)
    wrong = {each.event for each in found.refused}
    right = [each for place, each in enumerate(events) if place not in wrong]
    assert replayed(rules, right, ends(events) - ends(right)).state == found.state
    assert [each for each in found.refused if not each.refusal.clause or not each.refusal.reason] == []


@given(lives())
def test_every_action_says_with_its_clause_why_it_is_offered_or_not(life: tuple[Rules, list[Event]]) -> None:
    rules, events = life
    for each in replayed(rules, events).allowed:
        assert each.ok or (each.reason.endswith("。") and each.clause and each.code), each


@given(lives(), LATER)
def test_the_last_day_of_a_period_of_working_days_is_one(
    life: tuple[Rules, list[Event]], later: timedelta
) -> None:
    rules, events = life
    counted = [each for each in replayed(rules, events, later).clocks if each.counted_days]
    for each in counted:
        if each.name not in IN_CALENDAR_DAYS and each.clause != "MZ-11.2":
            assert rules.calendar.is_working(each.due_day)
            assert each.counted_days[-1] == each.due_day


@given(st.sampled_from(CITIES), st.data(), LATER, LATER)
def test_a_later_receipt_never_gives_an_earlier_due_time(
    profile_id: str, data: st.DataObject, begun: timedelta, later: timedelta
) -> None:
    rules = rules_of(profile_id)
    request_class = data.draw(st.sampled_from(list(rules.profile.classes)))
    sudden = rules.profile.sudden is not None and data.draw(st.booleans())
    early, late = (dues(rules, request_class, sudden, each) for each in (begun, begun + later))
    assert early.keys() == late.keys()
    assert [name for name in early if late[name] < early[name]] == []


def dues(rules: Rules, request_class: str, sudden: bool, begun: timedelta) -> dict[str, float]:
    instant = BEGINNING + begun
    request = {"class": request_class, "sudden": sudden, "essentials": ["time", "place", "facts", "parties"]}
    events = [
        Event(instant, "register", Actor(frozenset({"agent"})), request),
        Event(instant, "dispatch", Actor(frozenset({"centre"})), {"to": "U1"}),
        Event(instant, "sign", Actor(frozenset({"unit"})), {"handler": "张三", "handler_contact": "1"}),
    ]
    state = replay_of(rules, events).state
    return {each.name: each.due.timestamp() for each in clocks(rules, state, instant)}


@given(lives(), st.sampled_from(GAPS))
def test_an_event_before_the_newest_one_is_refused(life: tuple[Rules, list[Event]], gap: timedelta) -> None:
    rules, events = life
    state = replayed(rules, events).state
    early = Event(
        events[-1].at - gap - timedelta(days=300), "urge", Actor(frozenset({"centre"})), {"text": "催"}
    )
    verdict = judge(rules, state, early)
    assert not isinstance(verdict, Accepted)
    assert verdict.refusal.code == "out_of_order"


def test_a_step_that_belongs_before_one_of_the_same_instant_is_a_conflict() -> None:
    rules, instant = rules_of("shaoguan-2022"), BEGINNING
    registered = Event(instant, "register", Actor(frozenset({"agent"})), {"class": "help"})
    dispatched = Event(instant, "dispatch", Actor(frozenset({"centre"})), {"to": "U1"})
    urged = Event(instant, "urge", Actor(frozenset({"centre"})), {"text": "催"})
    supplied = Event(instant, "supplement", Actor(frozenset({"requester"})), {"text": "补充"})
    state = replay_of(rules, [registered, dispatched, urged]).state
    verdict = judge(rules, state, supplied)
    assert not isinstance(verdict, Accepted)
    assert (verdict.refusal.code, verdict.refusal.clause) == ("simultaneous", "SG-10")
    assert isinstance(judge(rules, state, replace(supplied, at=instant + timedelta(seconds=1))), Accepted)


@pytest.mark.clause("XT-20.2")
@pytest.mark.parametrize("profile_id", ["shaoguan-2022", "xiangtan-2021"])
@pytest.mark.parametrize(("kind", "counts"), [(None, True), ("mediation", False), ("enforcement", False)])
def test_mediation_and_law_enforcement_are_not_judged_by_satisfaction_alone(
    profile_id: str, kind: str | None, counts: bool
) -> None:
    rules = rules_of(profile_id)
    request = RegisterData.model_validate({"class": "help", "kind": kind})
    told = Satisfaction("unsatisfied", "handling", "callback", BEGINNING, 0)
    state = State(request=request, satisfactions=(told,))
    assert judged_by_satisfaction(rules.profile, state) is counts
    assert not judged_by_satisfaction(
        rules.profile, replace(state, satisfactions=(replace(told, counted=False),))
    )
    assert not judged_by_satisfaction(rules.profile, State(request=request))


@pytest.mark.clause("XT-20.2")
@pytest.mark.parametrize("reason", [0, 1, 2])
def test_an_appeal_for_a_reason_of_the_city_takes_the_rating_out_of_the_assessment(reason: int) -> None:
    rules = rules_of("xiangtan-2021")
    reasons = ("反映情况不属实", "政策原因暂时无法解决", "恶意投诉、浪费行政资源")
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("register", "agent", {"class": "help"}),
        ("dispatch", "centre", {"to": "U1"}),
        ("sign", "unit", {}),
        ("reply", "unit", {"result": "已办"}),
        ("request_completion", "unit", {"handler": "张三", "time": "当日", "course": "核实", "result": "已办",
                                        "requester_contact": "电话"}),
        ("decide_completion", "centre", {"approved": True}),
        ("callback", "callback", {"reached": True, "satisfaction": "unsatisfied", "contact": True}),
        ("appeal_rating", "unit", {"reason": "没有道理", "evidence": "记录"}),
        ("appeal_rating", "unit", {"reason": reasons[reason], "evidence": "记录"}),
        ("decide_appeal", "centre", {"approved": True}),
    ]  # fmt: skip
    events = [
        Event(BEGINNING + timedelta(hours=hours), name, Actor(frozenset({by})), data)
        for hours, (name, by, data) in enumerate(steps)
    ]
    found = replay_of(rules, events)
    assert [(each.refusal.code, each.refusal.clause) for each in found.refused] == [
        ("appeal_reason", "XT-20.2")
    ]
    assert not judged_by_satisfaction(rules.profile, found.state)
