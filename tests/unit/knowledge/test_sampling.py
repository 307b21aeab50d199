"""Samples that anybody can draw again, fairly shared out, with honest bounds."""

import random

from hypothesis import given
from hypothesis import strategies as st

from kb_service.knowledge.verification import sampling
from kb_service.knowledge.verification.sampling import Candidate, Stratum

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        code=st.integers(0, 500).map(lambda number: f"K{number:06d}"),
        unit=st.sampled_from(["U-A", "U-B", "U-C"]),
        type=st.sampled_from(["faq", "policy"]),
        risk=st.sampled_from(["normal", "money", "health"]),
        changes=st.integers(1, 9),
        corrections=st.integers(0, 4),
        used=st.integers(0, 1000),
    ),
    unique_by=lambda each: each.code,
    max_size=80,
)
STRATA = st.lists(
    st.builds(Stratum, by=st.sampled_from(sorted(sampling.STRATA)), size=st.integers(1, 30)), max_size=3
)


@given(CANDIDATES, STRATA, st.text(max_size=10), st.randoms(use_true_random=False))
def test_the_same_seed_draws_the_same_sample_in_whatever_order_the_points_come(
    points: list[Candidate], strata: list[Stratum], seed: str, shuffle: random.Random
) -> None:
    drawn = sampling.draw(points, strata, seed)
    mixed = points.copy()
    shuffle.shuffle(mixed)
    assert sampling.draw(mixed, strata, seed) == drawn
    assert sampling.population_hash(mixed) == sampling.population_hash(points)


@given(CANDIDATES, STRATA, st.text(max_size=10))
def test_a_sample_has_its_size_and_no_point_twice(
    points: list[Candidate], strata: list[Stratum], seed: str
) -> None:
    codes = [each.code for each in sampling.draw(points, strata, seed)]
    assert len(codes) == len(set(codes)) == min(len(points), sum(each.size for each in strata))
    assert set(codes) <= {each.code for each in points}


@given(CANDIDATES, st.integers(1, 60), st.text(max_size=10))
def test_each_unit_and_type_has_its_share_of_a_random_sample(
    points: list[Candidate], size: int, seed: str
) -> None:
    drawn = {each.code for each in sampling.draw(points, [Stratum("random", size)], seed)}
    groups: dict[tuple[str, str], list[str]] = {}
    for each in points:
        groups.setdefault((each.unit, each.type), []).append(each.code)
    for members in groups.values():
        exact = min(size, len(points)) * len(members) / len(points)
        assert abs(len(drawn.intersection(members)) - exact) < 1


def test_another_seed_draws_another_sample() -> None:
    points = [Candidate(f"K{number}", "U", "faq") for number in range(200)]
    samples = {tuple(sampling.draw(points, [Stratum("random", 10)], str(seed))) for seed in range(20)}
    assert len(samples) == 20


def test_what_is_risky_or_much_used_is_drawn_more_often() -> None:
    points = [Candidate(f"K{at}", "U", "faq") for at in range(90)]
    points += [Candidate(f"R{at}", "U", "faq", risk="health", corrections=3, used=500) for at in range(10)]
    for by in ("risk", "use"):
        drawn = [
            each.code for seed in range(200) for each in sampling.draw(points, [Stratum(by, 5)], str(seed))
        ]
        assert sum(code.startswith("R") for code in drawn) > len(drawn) / 2


@given(st.lists(st.frozensets(st.integers(1, 5)), max_size=40), st.integers(1, 5))
def test_nobody_audits_what_they_are_barred_from_and_the_load_is_shared(
    barred: list[frozenset[int]], people: int
) -> None:
    auditors = list(range(1, people + 1))
    found = sampling.assign(barred, auditors)
    for who, not_for in zip(found, barred, strict=True):
        assert who not in not_for
        assert (who is None) == not_for.issuperset(auditors)
    if not any(barred):
        loads = [found.count(each) for each in auditors]
        assert max(loads) - min(loads) <= 1


def test_the_interval_is_wilsons() -> None:
    """Newcombe 1998, table I: 15 of 148, method 3: 0.0624 to 0.1605."""
    found = sampling.rate(148, 15, 2)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0624, 0.1605)


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_the_bounds_hold_the_share_and_stay_between_0_and_1(counts: tuple[int, int]) -> None:
    found = sampling.rate(*counts, 0)
    assert 0 <= found.low <= found.share <= found.high <= 1


def test_nothing_looked_at_tells_nothing() -> None:
    assert (sampling.rate(0, 0, 0).low, sampling.rate(0, 0, 0).high) == (0, 1)
