"""Ledgers and scores: recomputed they are equal, and what was late stays late."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.knowledge.duties import rules
from kb_service.knowledge.duties.rules import Confirmed, Entry, Period, Scheme
from kb_service.regulations.knowledge_rules import knowledge_rules
from kb_service.regulations.profiles import get_profile

QUARTER = Period(date(2026, 7, 1), date(2026, 9, 30))
NOON = datetime(2026, 8, 3, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURS = st.integers(-3000, 3000).map(lambda number: NOON + number * HOUR)
ENTRIES = st.lists(
    st.builds(
        Entry,
        key=st.integers(0, 10**6).map(str),
        measure=st.sampled_from(sorted(rules.MEASURES)),
        title=st.just("事项"),
        link=st.just("/"),
        began_at=st.just(NOON),
        due_at=HOURS,
        done_at=st.none() | HOURS,
        appeal=st.sampled_from(["", "open", "approved", "rejected"]),
    ),
    unique_by=lambda each: each.key,
    max_size=30,
)


def entry(due_at: datetime, done_at: datetime | None = None, **changed: object) -> Entry:
    made = Entry("k", "task", "事项", "/", NOON, due_at, done_at)
    return replace(made, **changed)  # type: ignore[arg-type]


@given(ENTRIES, HOURS, st.randoms(use_true_random=False))
def test_a_score_worked_out_later_is_equal(entries: list[Entry], later: datetime, shuffle: object) -> None:
    """What is done after the period, or known only then, changes nothing in it."""
    then = rules.score(entries, Scheme(), QUARTER)
    caught_up = [
        replace(each, done_at=max(later, QUARTER.end)) if each.done_at is None else each for each in entries
    ]
    more = [entry(QUARTER.end + HOUR, key="new")]
    assert rules.score([*reversed(caught_up), *more], Scheme(), QUARTER) == then


@given(HOURS, st.none() | HOURS, HOURS, st.integers(0, 5000))
@pytest.mark.clause("SG-29", "TA-8.4")
def test_an_overdue_duty_never_heals_by_itself(
    due_at: datetime, done_at: datetime | None, at: datetime, hours: int
) -> None:
    owed = entry(due_at, done_at)
    if rules.state(owed, at) in {"overdue", "late"}:
        assert rules.state(owed, at + hours * HOUR) in {"overdue", "late"}
        assert rules.state(replace(owed, done_at=at + hours * HOUR), at + 6000 * HOUR) == "late"


@given(ENTRIES)
def test_a_score_lies_between_0_and_100_and_names_what_it_rests_on(entries: list[Entry]) -> None:
    found = rules.score(entries, Scheme(), QUARTER)
    counted = [
        each
        for each in entries
        if rules.belongs(each, QUARTER) and rules.state(each, QUARTER.end) != "excused"
    ]
    assert (found.value is None) == (not counted)
    if found.value is not None:
        assert 0 <= float(found.value) <= 100
    assert sum(each.in_time + each.late + each.overdue for each in found.measures) == len(counted)


def test_a_granted_appeal_takes_the_entry_out_with_a_mark() -> None:
    missed, met = entry(NOON), entry(NOON, NOON - HOUR, key="m")
    assert rules.score([missed, met], Scheme(), QUARTER).value == "50.0"
    appealed = rules.with_appeals([missed, met], {"k": "approved"})
    found = rules.score(appealed, Scheme(), QUARTER)
    assert found.value == "100.0"
    assert next(each for each in found.measures if each.measure == "task").excused == 1
    rejected = rules.with_appeals([missed, met], {"k": "rejected"})
    assert rules.score(rejected, Scheme(), QUARTER).value == "50.0"


@pytest.mark.clause("SG-29")
def test_what_was_missed_counts_in_every_quarter_until_it_is_done_or_owed_no_longer() -> None:
    following = Period(date(2026, 10, 1), date(2026, 12, 31))
    missed = entry(NOON)
    assert rules.score([missed], Scheme(), following).value == "0.0"
    assert rules.score([replace(missed, done_at=following.start)], Scheme(), following).value == "40.0"
    for end in ({"done_at": NOON + HOUR}, {"over_at": NOON + HOUR}, {"measure": "accuracy"}):
        assert rules.score([entry(NOON, **end)], Scheme(), following).value is None


def test_what_is_late_counts_in_part_and_weights_decide() -> None:
    late = entry(NOON, NOON + HOUR)
    good = entry(NOON, NOON - HOUR, key="a", measure="accuracy")
    scheme = Scheme({"task": 30, "accuracy": 10}, late_credit=40)
    assert rules.score([late, good], scheme, QUARTER).value == "55.0"
    assert rules.score([late], replace(scheme, late_credit=0), QUARTER).value == "0.0"


def test_what_is_not_due_yet_does_not_count_in_a_running_period() -> None:
    coming = entry(NOON + 10 * HOUR)
    assert rules.score([coming], Scheme(), QUARTER, NOON).value is None
    assert rules.score([coming], Scheme(), QUARTER, NOON + 11 * HOUR).value == "0.0"


@pytest.mark.clause("SG-28.3")
def test_a_script_that_comes_after_the_target_is_late() -> None:
    assert rules.script_target(knowledge_rules(get_profile("shaoguan-2022")).script.at_once, 60) == 60
    due = rules.script_due(NOON, 60)
    owed = entry(due, NOON + timedelta(minutes=59), measure="script")
    assert rules.state(owed, NOON + 5 * HOUR) == "in_time"
    assert rules.state(replace(owed, done_at=NOON + HOUR), NOON + 5 * HOUR) == "late"
    assert rules.state(replace(owed, done_at=None), NOON + 5 * HOUR) == "overdue"


def confirmed(at: int, holds: int, over: int | None = None) -> Confirmed:
    day = timedelta(days=1)
    end = None if over is None else NOON + over * day
    return Confirmed(NOON + at * day, NOON + (at + holds) * day, NOON + at * day, end)


def owed(*chain: Confirmed) -> list[tuple[str, int]]:
    """State at the end of the quarter, and the day it was due."""
    found = rules.verifications_owed("K1", "题", chain, QUARTER)
    return [(rules.state(each, QUARTER.end), (each.due_at - NOON).days) for each in found]


def test_each_confirmation_that_runs_out_while_the_point_is_live_was_owed() -> None:
    assert owed(confirmed(0, 20)) == [("overdue", 20)]
    assert owed(confirmed(0, 20), confirmed(19, 90)) == [("in_time", 20)]
    assert owed(confirmed(0, 20), confirmed(25, 90)) == [("late", 20)]
    assert owed(confirmed(0, 20, over=10)) == []
    assert owed(confirmed(0, 20, over=25)) == [("overdue", 20)]
    assert owed(confirmed(0, 90)) == []


def test_confirming_every_day_gains_one_entry_a_period() -> None:
    assert len(owed(*(confirmed(day, 20) for day in range(10)))) == 2
    assert owed(*(confirmed(day, 90) for day in range(10))) == [("in_time", 90)]


@pytest.mark.clause("MZ-19.1", "XT-8.2")
def test_a_unit_renews_something_in_every_stretch() -> None:
    spans = rules.stretches(QUARTER.first, QUARTER.last, 30)
    assert [(last - first).days for first, last in spans] == [29] * len(spans)
    assert all(QUARTER.first <= last <= QUARTER.last for _, last in spans)
    since = NOON - timedelta(days=900)
    silent = rules.updates_owed("U", spans, [], since)
    assert {rules.state(each, QUARTER.end) for each in silent} == {"overdue"}
    acts = [each.due_at - HOUR for each in silent]
    assert {rules.state(each, QUARTER.end) for each in rules.updates_owed("U", spans, acts, since)} == {
        "in_time"
    }
    assert rules.updates_owed("U", spans, [], QUARTER.end) == []


@given(st.dates(date(2021, 1, 1), date(2030, 1, 1)), st.integers(1, 400), st.integers(7, 366))
def test_stretches_are_the_same_for_whichever_period_asks(first: date, length: int, days: int) -> None:
    middle, last = first + timedelta(days=length // 2), first + timedelta(days=length)
    apart = rules.stretches(first, middle, days) + rules.stretches(middle + timedelta(days=1), last, days)
    assert apart == rules.stretches(first, last, days)


@pytest.mark.clause("SG-28.1")
def test_what_a_unit_must_tell_stands_against_it_while_it_is_missing() -> None:
    found = rules.reported("U", [("hours", "对外服务时间"), ("contacts", "联系方式")], ["hours"], QUARTER)
    assert [rules.state(each, NOON) for each in found] == ["overdue", "in_time"]


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_quarters_follow_each_other(day: date) -> None:
    here = rules.this_quarter(day)
    assert here.first <= day <= here.last
    assert rules.previous_quarter(day).last + timedelta(days=1) == here.first
    assert rules.this_quarter(here.last + timedelta(days=1)).first == here.last + timedelta(days=1)
