"""When a matter has risen, by a test that says how sure it is."""

import random
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.insight.matters import rules
from kb_service.insight.matters.rules import Counts

QUIET = (1_000,) * 8


def counts(recent: int, past: tuple[int, ...], *, all_recent: int = 1_000) -> Counts:
    return Counts(recent, past, all_recent, QUIET)


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0.02, 0.98))
def test_the_tail_is_the_sum_of_the_binomial(successes: int, more: int, share: float) -> None:
    trials = successes + more
    whole = sum(
        comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(successes, trials + 1)
    )
    assert rules.tail(successes, trials, share) == pytest.approx(whole, rel=1e-9)


@pytest.mark.clause("TA-24")
def test_three_times_the_usual_is_told_with_the_numbers_it_rests_on() -> None:
    found = rules.rising({"a": counts(30, (10, 9, 11, 10, 10, 9, 11, 10))})
    assert list(found) == ["a"]
    told = found["a"]
    assert (told.kind, told.test.recent, told.test.past, told.test.expected) == ("rising", 30, 80, 10.0)
    assert told.adjusted < 0.001
    assert told.tests == 1


def test_what_never_was_before_is_new() -> None:
    (told,) = rules.rising({"a": counts(9, (0,) * 8)}).values()
    assert told.kind == "new"


def test_a_general_rush_makes_nothing_rise() -> None:
    tripled = counts(30, (10,) * 8, all_recent=3_000)
    assert rules.rising({"a": tripled}) == {}


def test_counts_that_always_came_in_clumps_need_a_larger_one() -> None:
    even, clumped = counts(26, (10,) * 8), counts(26, (0, 40, 0, 0, 35, 0, 5, 0))
    assert set(rules.rising({"even": even, "clumped": clumped})) == {"even"}
    assert rules.test(clumped).scatter > 20


def test_few_tickets_are_told_as_nothing_however_unlikely() -> None:
    assert rules.rising({"a": Counts(rules.FEWEST_RECENT - 1, (0,) * 8, 100_000, (100_000,) * 8)}) == {}


def test_of_a_thousand_matters_that_only_fluctuate_hardly_any_is_told() -> None:
    chance = random.Random(5)
    drawn = {
        at: counts(sum(chance.random() < 0.01 for _ in range(1_000)), tuple(
            sum(chance.random() < 0.01 for _ in range(1_000)) for _ in range(8)
        ))
        for at in range(300)
    }  # fmt: skip
    unlikely = [each for each in drawn.values() if rules.test(each).chance <= rules.FALSE_SHARE]
    assert len(unlikely) >= 5
    assert rules.rising(drawn) == {}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_adjusting_keeps_the_order_and_never_makes_anything_surer(chances: list[float]) -> None:
    found = rules.adjusted(chances)
    assert all(after >= before for before, after in zip(chances, found, strict=True))
    ranked = [each for _, each in sorted(zip(chances, found, strict=True))]
    assert ranked == sorted(ranked)


@pytest.mark.clause("TA-25")
def test_what_came_in_these_days_a_year_ago_is_foreseen() -> None:
    heating = Counts(60, (25, 20, 8, 2, 0, 0, 0, 0, 0, 3, 9), 3_000, (3_000,) * 11)
    steady = Counts(12, (12,) * 11, 3_000, (3_000,) * 11)
    found = rules.foreseen({"heating": heating, "steady": steady})
    assert set(found) == {"heating"}
    assert found["heating"].kind == "foreseen"
    assert found["heating"].test.expected < 7


@pytest.mark.clause("TA-23")
@pytest.mark.parametrize(
    ("tickets", "units", "places", "called"),
    [(20, 2, 1, True), (20, 1, 2, True), (19, 5, 5, False), (20, 1, 1, False), (300, 1, 1, False)],
)
def test_frequent_and_common_matters_call_for_a_consultation(
    tickets: int, units: int, places: int, called: bool
) -> None:
    assert rules.calls_for_consultation(tickets, units, places) is called
