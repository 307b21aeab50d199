"""Who reaches which rows."""

from hypothesis import given
from hypothesis import strategies as st

from kb_service.identity.rules import (
    UnitNode,
    ancestors,
    descendants,
    region_scope,
    unit_scope,
    with_merged,
)

PARENTS = {"99": None, "9901": "99", "9902": "99", "990101": "9901"}
UNITS = [
    UnitNode(1, None, "99"),
    UnitNode(2, 1, "99"),
    UnitNode(3, None, "9901"),
    UnitNode(4, 3, "990101"),
    UnitNode(5, None, "9902"),
]


def test_own_reach_is_the_unit_and_those_below_it() -> None:
    assert unit_scope(["own"], UNITS[2], UNITS, PARENTS) == frozenset({3, 4})


def test_regional_reach_is_every_unit_of_the_region_and_its_towns() -> None:
    assert unit_scope(["region"], UNITS[2], UNITS, PARENTS) == frozenset({3, 4})
    assert region_scope(["region"], "9901", PARENTS) == frozenset({"9901", "990101"})


def test_one_role_that_reaches_all_makes_the_scope_unlimited() -> None:
    assert unit_scope(["own", "all"], UNITS[3], UNITS, PARENTS) is None
    assert region_scope(["own", "all"], "9901", PARENTS) is None


def test_without_a_role_nothing_is_reached() -> None:
    assert unit_scope([], UNITS[0], UNITS, PARENTS) == frozenset()


def test_ancestors_lead_from_the_place_to_the_city() -> None:
    assert ancestors("990101", PARENTS) == ("990101", "9901", "99")


@given(st.dictionaries(st.integers(0, 12), st.integers(0, 12) | st.none(), max_size=13), st.integers(0, 12))
def test_a_broken_tree_ends_the_walk_and_children_are_in_it(
    parents: dict[int, int | None], root: int
) -> None:
    found = descendants([root], parents)
    assert root in found
    assert all(child in found for child, parent in parents.items() if parent in found)


def test_what_was_merged_into_a_unit_one_after_the_other_is_reached_by_it_and_by_nobody_else() -> None:
    merged = [(7, 8), (8, 3), (9, 5)]
    assert with_merged(frozenset({3, 4}), merged) == frozenset({3, 4, 7, 8})
    assert with_merged(frozenset({2}), merged) == frozenset({2})
    assert with_merged(None, merged) is None
