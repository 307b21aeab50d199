"""Which chain holds, who gets the next review, who may publish a script at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.identity.rules import to_grant
from kb_service.knowledge.reviewing import rules
from kb_service.knowledge.reviewing.rules import Setting
from kb_service.knowledge.rules import ORDER, Status, advance, chain

UNIT, REGION, CENTRE = ORDER
LEVELS = ("city", "county", "town")
people = st.integers(1, 8)
stages = st.lists(st.sampled_from(ORDER), unique=True).map(tuple)
settings = st.builds(
    Setting,
    st.none() | st.integers(1, 2),
    st.none() | st.sampled_from(["faq", "script"]),
    stages,
    st.booleans(),
)


@given(st.lists(settings, max_size=5), st.integers(1, 2), st.sampled_from(["faq", "script"]),
       st.sampled_from(LEVELS), st.sets(st.sampled_from(ORDER)))  # fmt: skip
def test_every_chain_ends_after_each_stage_once_at_most_whoever_there_is_to_review(
    found: list[Setting], unit: int, type_: str, level: str, staffed: set[Status]
) -> None:
    wanted = rules.resolve(found, unit, type_, level)
    assert wanted
    assert list(wanted) == [stage for stage in ORDER if stage in wanted]
    visited: list[Status] = []
    after: Status | None = None
    while True:
        step = advance(wanted, after, lambda stage: stage in staffed)
        if step.status is Status.APPROVED:
            break
        visited.append(step.status)
        assert len(visited) <= len(ORDER)
        after = step.status
    assert visited
    assert len(set(visited)) == len(visited)
    assert set(visited) <= {*wanted, CENTRE}
    assert visited[-1] in staffed or visited[-1] is CENTRE


def test_the_narrowest_setting_holds_and_a_units_comes_before_a_types() -> None:
    found = [
        Setting(None, None, (UNIT, CENTRE)),
        Setting(None, "faq", (CENTRE,)),
        Setting(1, None, (UNIT,)),
    ]
    assert rules.resolve(found, 1, "faq", "city") == (UNIT,)
    assert rules.resolve(found, 2, "faq", "city") == (CENTRE,)
    assert rules.resolve(found, 2, "policy", "city") == (UNIT, CENTRE)
    assert rules.resolve([], 2, "policy", "town") == chain("town")


def test_where_the_centre_is_required_a_unit_cannot_do_without_it() -> None:
    found = [Setting(None, "policy", (UNIT, REGION, CENTRE), centre_required=True), Setting(1, None, (UNIT,))]
    assert rules.resolve(found, 1, "policy", "city") == (UNIT, CENTRE)
    assert rules.resolve(found, 1, "faq", "city") == (UNIT,)


@pytest.mark.clause("TA-7.3")
@pytest.mark.parametrize(
    ("wanted", "level", "must_explain"),
    [
        ((UNIT, CENTRE), "county", True),
        ((UNIT, CENTRE), None, True),
        ((UNIT, CENTRE), "city", False),
        ((UNIT, REGION), "town", False),
    ],
)
def test_taking_the_countys_review_away_must_be_explained(
    wanted: tuple[Status, ...], level: str | None, must_explain: bool
) -> None:
    assert rules.leaves_region_out(wanted, level) is must_explain


@given(st.sets(people), st.sets(people), st.sets(people), st.dictionaries(people, st.integers(0, 9)))
def test_a_review_is_never_given_to_an_author_or_somebody_away_and_goes_to_who_has_least(
    candidates: set[int], authors: set[int], away: set[int], load: dict[int, int]
) -> None:
    chosen = rules.least_loaded(candidates, authors, away, load)
    fit = candidates - authors - away
    if chosen is None:
        assert not fit
    else:
        assert chosen in fit
        assert load.get(chosen, 0) == min(load.get(each, 0) for each in fit)


@given(st.lists(people), st.lists(people), st.sets(people))
def test_no_author_publishes_at_once_and_leaders_only_where_nobody_else_is_on_duty(
    duty: list[int], leaders: list[int], authors: set[int]
) -> None:
    how, who = rules.publishers(duty, leaders, authors)
    assert not who & authors
    assert (how == "duty") == bool(set(duty) - authors)
    assert who <= (set(duty) if how == "duty" else set(leaders))


@given(
    st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef"))
)
def test_what_was_given_once_is_never_given_again(
    shipped: set[str], held: set[str], before: set[str]
) -> None:
    given_now = set(to_grant(shipped, held, before))
    assert not given_now & before
    assert given_now <= shipped
    assert shipped <= held | before | given_now
