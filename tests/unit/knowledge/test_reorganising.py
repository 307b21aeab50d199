"""Which point goes where when a unit is split."""

from hypothesis import given
from hypothesis import strategies as st

from kb_service.knowledge.reorganising.rules import Claim, PointAt, assign, fingerprint

CATEGORIES = [("C11", "C1"), ("C12", "C1"), ("C21", "C2")]
points = st.lists(
    st.builds(
        lambda number, place, matter: PointAt(
            number, f"K{number}", "", CATEGORIES[place], f"M{matter}" if matter else None, None
        ),
        st.integers(1, 200),
        st.integers(0, 2),
        st.integers(0, 3),
    ),
    unique_by=lambda point: point.id,
    max_size=30,
)
names = st.sampled_from
claims = st.lists(
    st.builds(
        Claim,
        names(["A", "B", "C"]),
        st.frozensets(st.integers(1, 200).map("K{}".format), max_size=5),
        st.frozensets(names(["M1", "M2", "M3"]), max_size=2),
        st.frozensets(names(["C1", "C2", "C11", "C12", "C21"]), max_size=2),
    ),
    max_size=3,
    unique_by=lambda claim: claim.unit,
)


@given(points, claims, st.none() | st.just("REST"))
def test_every_point_goes_to_exactly_one_unit_that_claims_it_or_to_the_rest(
    given_points: list[PointAt], given_claims: list[Claim], rest: str | None
) -> None:
    found = assign(given_points, given_claims, rest)
    assert set(found.units) == {point.id for point in given_points}
    for point in given_points:
        claiming = {claim.unit: claim.rank(point) for claim in given_claims}
        ranks = [rank for rank in claiming.values() if rank is not None]
        unit = found.units[point.id]
        if not ranks:
            assert unit == rest
        else:
            assert unit is not None and claiming[unit] == min(ranks)
        assert (point.code in found.disputed) == (ranks.count(min(ranks, default=-1)) > 1)


def test_a_point_by_name_outweighs_its_matter_and_that_its_category() -> None:
    point = PointAt(1, "K1", "", ("C11", "C1"), "M1", 7)
    by_category, by_leaf = Claim("A", categories=frozenset({"C1"})), Claim("B", categories=frozenset({"C11"}))
    by_matter, by_change = Claim("C", matters=frozenset({"M1"})), Claim("D", came_by=frozenset({7}))
    by_name = Claim("E", points=frozenset({"K1"}))
    ranks = [claim.rank(point) for claim in (by_name, by_change, by_matter, by_leaf, by_category)]
    assert ranks == sorted(set(ranks), key=lambda rank: rank or 0)


@given(points, claims)
def test_the_mark_of_an_assignment_changes_when_a_point_goes_elsewhere(
    given_points: list[PointAt], given_claims: list[Claim]
) -> None:
    units = assign(given_points, given_claims, None).units
    assert fingerprint(units, {}) == fingerprint(dict(reversed(units.items())), {})
    for point in given_points[:1]:
        assert fingerprint({**units, point.id: "ELSEWHERE"}, {}) != fingerprint(units, {})
