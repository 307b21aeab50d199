"""What a history comes to for statistics."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.clock import local_day
from kb_service.insight.statistics.facts import Facts, facts
from kb_service.tickets.rules.life import (
    Accepted,
    Actor,
    Event,
    Rules,
    State,
    clocks,
    judge,
    restored,
    settle,
)
from kb_service.tickets.rules.life.limits import EXTENDABLE
from tests.support.deadlines import at
from tests.support.lives import ends, lives, rules_of
from tests.support.ticket_life import ESSENTIALS, HANDLER, WHOLE

LATER = st.integers(0, 60 * 24).map(lambda hours: timedelta(hours=hours))
Told = tuple[str, str, str] | tuple[str, str, str, dict[str, Any]]


def accepted(rules: Rules, events: Sequence[Event]) -> list[Event]:
    state = State()
    found: list[Event] = []
    for each in events:
        verdict = judge(rules, state, each)
        if isinstance(verdict, Accepted):
            state, found = verdict.state, [*found, each]
    return found


def counted(city: str, request: dict[str, Any], *steps: Told, now: str) -> Facts:
    """The facts of a complaint registered on 16 November 2026 at nine, every step of which is accepted."""
    asked = {"class": "complaint", "essentials": ESSENTIALS} | request
    given = [("2026-11-16T09:00", "register", "agent", asked), *steps]
    events = [
        Event(at(step[0]), step[1], Actor.parse(step[2]), step[3] if len(step) > 3 else {}) for step in given
    ]
    rules = rules_of(city)
    assert len(accepted(rules, events)) == len(events)
    return facts(rules, events, at(now))


def marks(found: Facts, *names: str) -> list[tuple[str, str, bool]]:
    return [(each.name, str(each.day), each.good) for each in found.marks if each.name in names]


SENT: Told = ("2026-11-16T10:00", "dispatch", "centre", {"to": "U1"})
SIGNED: Told = ("2026-11-16T11:00", "sign", "unit:U1", HANDLER)
DONE: tuple[Told, ...] = (
    ("2026-11-18T09:00", "reply", "unit:U1", {"result": "已处理"}),
    ("2026-11-18T10:00", "request_completion", "unit:U1", WHOLE),
    ("2026-11-18T11:00", "decide_completion", "centre", {"approved": True}),
)


@given(lives(), LATER)
def test_marks_of_limits_say_what_the_tickets_clocks_say(
    life: tuple[Rules, list[Event]], later: timedelta
) -> None:
    rules, events = life
    events = accepted(rules, events)
    now = ends(events) + later
    state = settle(rules, restored(rules, events), now)
    stay = len(state.legs) + 1
    found = {each.name: each for each in facts(rules, events, now).marks if each.stay == stay}
    for clock in clocks(rules, state, now):
        name = "completion" if clock.name in EXTENDABLE else clock.name
        if name not in {"sign", "completion"}:
            continue
        told = found.get(name)
        if clock.status in {"running", "stopped"}:
            assert told is None
            continue
        assert told is not None
        assert (told.good, told.done) == (clock.status == "met", clock.done_at is not None)
        met = clock.status == "met" and clock.done_at is not None
        assert told.day == (local_day(clock.done_at) if met and clock.done_at else clock.due_day)


@given(lives(), LATER, LATER)
def test_what_was_missed_stays_missed_whatever_time_brings(
    life: tuple[Rules, list[Event]], later: timedelta, much_later: timedelta
) -> None:
    rules, events = life
    events = accepted(rules, events)
    now = ends(events) + later
    before = [
        each for each in facts(rules, events, now).marks if each.name in {"sign", "reply", "completion"}
    ]
    after = facts(rules, events, now + much_later).marks
    assert [each for each in before if each not in after] == []


@given(lives())
def test_the_facts_of_an_instant_do_not_depend_on_what_came_later(life: tuple[Rules, list[Event]]) -> None:
    rules, events = life
    events = accepted(rules, events)
    middle = events[len(events) // 2].at
    known = [each for each in events if each.at <= middle]
    assert facts(rules, events, middle) == facts(rules, known, middle)


@pytest.mark.clause("MZ-12.2", "ST-20.1", "MZ-23")
def test_late_signing_and_late_reply_are_counted_on_the_last_day_of_their_limit() -> None:
    found = counted("meizhou-2014", {"class": "consultation"}, SENT, now="2027-01-20T09:00")
    assert marks(found, "reply", "completion") == [
        ("reply", "2026-11-19", False),
        ("completion", "2026-11-19", False),
    ]
    late = counted("xiangtan-2021", {}, SENT, now="2026-12-01T09:00")
    assert marks(late, "sign", "completion") == [
        ("sign", "2026-11-17", False),
        ("completion", "2026-11-24", False),
    ]


def test_what_is_done_in_time_is_counted_on_its_own_day() -> None:
    found = counted("xiangtan-2021", {}, SENT, SIGNED, *DONE, now="2026-11-19T09:00")
    assert marks(found, "sign", "reply", "completion") == [
        ("sign", "2026-11-16", True),
        ("reply", "2026-11-18", True),
        ("completion", "2026-11-18", True),
    ]
    assert (found.disposal, found.unit, found.done_at) == ("handled", "U1", at("2026-11-18T11:00"))


@pytest.mark.clause("SG-27", "XT-20.2")
@pytest.mark.parametrize(("kind", "reason"), [("enforcement", "kind"), ("mediation", "kind"), (None, "")])
def test_law_enforcement_and_mediation_are_not_judged_by_satisfaction(kind: str | None, reason: str) -> None:
    told = {"reached": True, "satisfaction": "unsatisfied", "contact": True}
    called = ("2026-11-19T09:00", "callback", "callback", told)
    request = {"kind": kind} if kind else {}
    found = counted("xiangtan-2021", request, SENT, SIGNED, *DONE, called, now="2026-11-20T09:00")
    assert [(each.good, each.left_out) for each in found.marks if each.name == "satisfaction"] == [
        (False, reason)
    ]


@pytest.mark.clause("XT-20.2")
def test_a_rating_appealed_with_success_is_left_out_from_then_on_and_not_before() -> None:
    told = {"reached": True, "satisfaction": "unsatisfied", "contact": True}
    steps: tuple[Told, ...] = (
        SENT, SIGNED, *DONE,
        ("2026-11-19T09:00", "callback", "callback", told),
        ("2026-11-20T09:00", "appeal_rating", "unit:U1", {"reason": "反映情况不属实", "evidence": "现场照片"}),
        ("2026-11-23T09:00", "decide_appeal", "centre", {"approved": True}),
    )  # fmt: skip
    then = counted("xiangtan-2021", {}, *steps, now="2026-11-22T09:00")
    now = counted("xiangtan-2021", {}, *steps, now="2026-11-23T09:00")
    assert [
        [each.left_out for each in found.marks if each.name == "satisfaction"] for found in (then, now)
    ] == [
        [""],
        ["appeal"],
    ]


def test_a_request_answered_on_the_spot_is_instant_and_owed_by_no_unit() -> None:
    answered = ("2026-11-16T09:05", "answer", "agent", {"code": "K00001", "version": 1})
    found = counted("xiangtan-2021", {"class": "consultation"}, answered, now="2026-11-20T09:00")
    assert (found.disposal, found.unit, found.marks) == ("instant", None, ())


def test_cards_come_on_the_working_day_the_city_names() -> None:
    late = counted("meizhou-2014", {"class": "consultation"}, SENT, now="2027-03-01T09:00")
    cards = {each.name: each.day for each in late.marks if each.name in {"yellow", "red"}}
    # Due on Thursday the 19th: yellow on the first working day after it, red on the third.
    assert {name: str(day) for name, day in cards.items()} == {"yellow": "2026-11-20", "red": "2026-11-24"}
