"""How figures make up a score."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.insight.evaluation.rules import EXCUSED, score
from kb_service.insight.statistics import periods
from kb_service.insight.statistics.rules import Tally, Value
from kb_service.regulations.schema.oversight import Scheme

PERIOD = periods.quarter(2026, 3)
NOTHING = Value(0, 0)


def scheme(**items: dict[str, object]) -> Scheme:
    told = {name: {"clause": ("XX-1",), **item} for name, item in items.items()}
    return Scheme.model_validate({"stated": False, "reading": "部署单位规定", "items": told}, strict=False)


HALF = scheme(sign_in_time={"weight": 50}, redos={"weight": 50, "each": 10})


def marks(name: str, good: int, bad: int, left_out: str = "") -> dict[str, Sequence[Tally]]:
    return {name: [Tally(True, True, left_out, good), Tally(False, True, left_out, bad)]}


@pytest.mark.clause("ST-20.1", "XT-25", "TA-22")
def test_a_share_earns_its_part_and_a_count_loses_points_for_each() -> None:
    found = score(marks("sign", 3, 1) | {"redo": [Tally(False, True, "", 2)]}, NOTHING, HALF, PERIOD)
    assert found.value == "67.5"
    assert [(item.figure, item.points) for item in found.items] == [
        ("sign_in_time", "37.5"),
        ("redos", "30.0"),
    ]


@pytest.mark.clause("SG-27", "MZ-23", "XT-25")
def test_weights_decide_how_much_a_figure_counts_and_what_is_left_out_costs_nothing() -> None:
    by_weight = scheme(sign_in_time={"weight": 80}, satisfaction={"weight": 20, "excluding": ("kind",)})
    told = marks("sign", 1, 1) | marks("satisfaction", 1, 0)
    assert score(told, NOTHING, by_weight, PERIOD).value == "60.0"
    enforced = marks("sign", 1, 1) | {"satisfaction": [Tally(True, True, ""), Tally(False, True, "kind", 9)]}
    assert score(enforced, NOTHING, by_weight, PERIOD).value == "60.0"


def test_a_count_takes_off_no_more_than_it_weighs() -> None:
    many = marks("sign", 1, 0) | {"redo": [Tally(False, True, "", 99)]}
    assert score(many, NOTHING, HALF, PERIOD).value == "50.0"


def test_of_whom_nothing_was_due_there_is_no_score() -> None:
    assert score({}, NOTHING, HALF, PERIOD).value is None


def test_what_an_appeal_took_out_counts_neither_for_nor_against() -> None:
    found = score(marks("sign", 1, 0) | marks("redo", 0, 1, EXCUSED), NOTHING, HALF, PERIOD)
    assert (found.value, found.items[1].excluded) == ("100.0", 1)


COUNTS = st.integers(0, 50)


@given(COUNTS, COUNTS, COUNTS)
def test_one_more_in_time_never_lowers_a_score_and_one_more_redo_never_raises_it(
    good: int, bad: int, redos: int
) -> None:
    def at(good: int, redos: int) -> float:
        told = marks("sign", good, bad) | {"redo": [Tally(False, True, "", redos)]}
        return float(score(told, NOTHING, HALF, PERIOD).value or 0)

    if good + bad:
        assert at(good + 1, redos) >= at(good, redos) >= at(good, redos + 1)


@given(COUNTS, COUNTS)
def test_the_same_marks_give_the_same_hash_and_others_another(good: int, bad: int) -> None:
    found = [score(marks("sign", good, each), NOTHING, HALF, PERIOD).inputs for each in (bad, bad, bad + 1)]
    assert found[0] == found[1] != found[2]
