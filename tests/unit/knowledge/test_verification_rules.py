"""How long a confirmation holds, who may give it, and the mark that follows."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.clock import day_start, local_day
from kb_service.knowledge.verification import rules
from kb_service.knowledge.verification.rules import IntervalSet, TrustFacts

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
FACTS = TrustFacts(type="faq", source="", approved_at=NOON, due_at=NOON + timedelta(days=365))


def due(days: int) -> datetime:
    return rules.verification_due(NOON, [(None, days)])


@pytest.mark.clause("TA-8.4")
def test_a_confirmation_holds_through_its_last_day() -> None:
    assert due(30) == day_start(date(2026, 12, 21))


def test_the_owner_may_state_less_than_the_interval_but_not_more() -> None:
    holds = rules.steps("faq", [])
    assert rules.verification_due(NOON, holds, date(2026, 12, 1)) == day_start(date(2026, 12, 2))
    assert rules.verification_due(NOON, holds, date(2036, 1, 1)) == rules.verification_due(NOON, holds)


def test_a_points_own_interval_goes_before_its_types_until_it_is_taken_away() -> None:
    later = [NOON + timedelta(days=each) for each in range(3)]
    found = rules.steps(
        "faq", [IntervalSet(later[1], 200)], [IntervalSet(later[0], 20), IntervalSet(later[2], None)]
    )
    assert found == [(None, 365), (later[0], 20), (later[2], 200)]


def test_a_shorter_interval_leaves_time_before_anything_is_overdue() -> None:
    shortened = NOON + timedelta(days=100)
    assert rules.verification_due(NOON, [(None, 365), (shortened, 30)]) == shortened + rules.GRACE


def test_an_interval_that_was_over_before_does_not_matter() -> None:
    before = NOON - timedelta(days=5)
    assert rules.verification_due(NOON, [(None, 10), (before, 40)]) == due(40)


CHANGES = st.lists(st.tuples(st.integers(0, 900), st.integers(1, 400)), max_size=5)


@given(CHANGES, CHANGES)
def test_what_was_overdue_does_not_stop_being_so_by_a_later_change_of_intervals(
    first: list[tuple[int, int]], more: list[tuple[int, int]]
) -> None:
    def holds(changes: list[tuple[int, int]]) -> list[tuple[datetime | None, int]]:
        return rules.steps("faq", [IntervalSet(NOON + timedelta(days=at), days) for at, days in changes])

    known = rules.verification_due(NOON, holds(first))
    after = [(at, days) for at, days in more if NOON + timedelta(days=at) >= known]
    assert rules.verification_due(NOON, holds([*first, *after])) == known


@given(st.integers(1, 3660), st.integers(1, 3660), st.integers(0, 3000))
def test_a_change_never_makes_anything_overdue_in_the_past(old: int, new: int, at: int) -> None:
    changed = NOON + timedelta(days=at)
    found = rules.verification_due(NOON, [(None, old), (changed, new)])
    assert found >= min(changed, due(old))


@pytest.mark.clause("MZ-7.4", "SG-29")
def test_the_owner_or_who_stands_above_it_says_so_and_never_the_centre_for_others() -> None:
    centre, county, town = 1, 4, 5
    assert rules.may_state(town, [town, county], {centre})
    assert rules.may_state(county, [town, county], {centre})
    assert not rules.may_state(centre, [town, county], {centre})
    assert not rules.may_state(centre, [town, county, centre], {centre})
    assert rules.may_state(centre, [centre], {centre})
    assert not rules.may_state(None, [town], {centre})


@pytest.mark.parametrize(
    ("changed", "mark"),
    [
        ({}, "approved"),
        ({"verified_at": NOON, "verified_by": "市人社局"}, "verified"),
        ({"open_corrections": 1, "due_at": NOON}, "disputed"),
        ({"due_at": NOON + timedelta(days=1)}, "overdue"),
        ({"effective_to": date(2026, 11, 25)}, "expiring"),
        ({"effective_to": date(2027, 11, 25)}, "approved"),
        ({"type": "policy"}, "unsourced"),
        ({"type": "policy", "source": "市政府公报"}, "approved"),
        ({"type": "agency"}, "approved"),
        ({"approved_at": NOON - timedelta(days=800)}, "aged"),
    ],
)
@pytest.mark.clause("TA-8.4")
def test_the_mark_tells_the_gravest_thing(changed: dict[str, object], mark: str) -> None:
    found = rules.trust(replace(FACTS, **changed), NOON + timedelta(days=1))  # type: ignore[arg-type]
    assert found.mark == mark
    assert found.name
    assert found.reason
    assert found.questionable == (mark in {"disputed", "overdue"})


@given(st.integers(0, 2000))
def test_a_mark_of_verified_never_outlives_its_day(days: int) -> None:
    facts = replace(FACTS, due_at=due(365), verified_at=NOON)
    now = NOON + timedelta(days=days)
    assert (rules.trust(facts, now).mark == "overdue") == (local_day(now) >= local_day(facts.due_at))
