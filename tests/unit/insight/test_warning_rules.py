"""What calls for a warning, of which place it is told, and who answers for a place."""

from datetime import UTC, datetime, timedelta

import pytest

from kb_service.insight import area
from kb_service.insight.warnings import rules
from kb_service.insight.warnings.rules import Found

PARENTS = {"city": None, "east": "city", "west": "city", "lake": "east"}
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


def found(kind: str, number: int) -> Found:
    return Found(kind, f"{kind}:1", "某事", number, {})


@pytest.mark.clause("TA-24")
def test_what_reaches_the_number_of_its_kind_calls_for_a_warning() -> None:
    limits = rules.limits_of([("crowd", False, 1), ("overdue", True, 30)])
    several = [found("rise", 10), found("rise", 9), found("overdue", 29), found("crowd", 500)]
    assert rules.calling(several, limits) == [several[0]]


@pytest.mark.clause("TA-26")
@pytest.mark.parametrize(
    ("kind", "answers"), [("county", True), ("town", True), ("department", False), ("enterprise", False)]
)
def test_counties_and_towns_answer_for_their_place(kind: str, answers: bool) -> None:
    assert area.answers_for_its_place(kind) is answers


@pytest.mark.parametrize(
    ("tickets", "place"),
    [
        ({"city": 20, "east": 19, "lake": 18}, "lake"),
        ({"city": 20, "east": 19, "lake": 5}, "east"),
        ({"city": 20, "east": 10, "west": 10}, "city"),
        ({"west": 9}, "west"),
    ],
)
def test_a_rise_is_told_of_the_smallest_place_that_has_most_of_it(
    tickets: dict[str, int], place: str
) -> None:
    assert rules.narrowest(tickets, PARENTS, "city") == place


def test_what_was_dealt_with_is_silent_for_two_weeks() -> None:
    assert rules.may_warn(None, NOW)
    assert not rules.may_warn(NOW - rules.QUIET + timedelta(seconds=1), NOW)
    assert rules.may_warn(NOW - rules.QUIET, NOW)


@pytest.mark.parametrize(
    ("bad", "rated", "all_bad", "all_rated", "more"),
    [(6, 10, 12, 40, True), (3, 10, 12, 40, False), (0, 0, 12, 40, False), (1, 1, 1, 1, False)],
)
def test_a_unit_dissatisfies_repeatedly_above_the_share_of_the_city(
    bad: int, rated: int, all_bad: int, all_rated: int, more: bool
) -> None:
    assert rules.repeatedly(bad, rated, all_bad, all_rated) is more
