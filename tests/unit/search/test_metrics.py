"""Claims about the figures of retrieval and confidence, against values worked by hand."""

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.evaluation.metrics import (
    auroc,
    brier_score,
    brier_skill,
    coverage_at_precision,
    expected_calibration_error,
    ndcg_at,
    percentile,
    recall_at,
    reciprocal_rank,
    risk_coverage,
)

RANKED = ["d", "b", "a", "c"]
answers = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def test_recall_asks_for_any_relevant_item_among_the_first() -> None:
    assert recall_at(RANKED, {"a"}, 2) == 0.0
    assert recall_at(RANKED, {"a"}, 3) == 1.0
    assert recall_at(RANKED, {"b", "x"}, 2) == 1.0


def test_the_reciprocal_rank_is_that_of_the_first_relevant_item() -> None:
    assert reciprocal_rank(RANKED, {"a", "c"}, 10) == pytest.approx(1 / 3)
    assert reciprocal_rank(RANKED, {"c"}, 3) == 0.0


def test_ndcg_of_two_relevant_items_by_hand() -> None:
    gained = 1 / log2(3) + 1 / log2(5)
    ideal = 1 + 1 / log2(3)
    assert ndcg_at(RANKED, {"b", "c"}, 10) == pytest.approx(gained / ideal)


def test_ndcg_expects_no_more_than_fits_into_the_first_k() -> None:
    assert ndcg_at(["a", "b"], {"a", "b", "c", "d"}, 2) == 1.0


@given(st.permutations(list("abcdefgh")), st.sets(st.sampled_from("abcdefgh"), min_size=1), st.integers(1, 8))
def test_each_figure_of_a_ranking_lies_between_none_and_all(
    ranked: list[str], relevant: set[str], k: int
) -> None:
    for figure in (recall_at, reciprocal_rank, ndcg_at):
        assert 0.0 <= figure(ranked, relevant, k) <= 1.0
    assert (recall_at(ranked, relevant, k) > 0) == (reciprocal_rank(ranked, relevant, k) > 0)


@given(st.sets(st.sampled_from("abcdefgh"), min_size=1), st.integers(1, 8))
def test_a_perfect_ranking_has_full_marks(relevant: set[str], k: int) -> None:
    ranked = sorted(relevant) + sorted(set("abcdefgh") - relevant)
    assert ndcg_at(ranked, relevant, k) == pytest.approx(1.0)
    assert reciprocal_rank(ranked, relevant, k) == 1.0


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([5.0, 1.0, 3.0, 2.0, 4.0], 0.5) == 3.0
    assert percentile([1.0, 2.0], 0.95) == 2.0
    assert percentile([], 0.5) == 0.0


def test_auroc_by_hand_with_a_tie() -> None:
    # Pairs (positive, negative): .9>.5, .9>.1, .5=.5 counted half, .5>.1.
    assert auroc([0.9, 0.5, 0.5, 0.1], [True, True, False, False]) == pytest.approx(3.5 / 4)


def test_auroc_of_one_kind_alone_is_a_coin() -> None:
    assert auroc([0.2, 0.9], [True, True]) == 0.5


@given(answers)
def test_auroc_turns_around_with_the_scores(rows: list[tuple[float, bool]]) -> None:
    scores, labels = [score for score, _ in rows], [label for _, label in rows]
    assert auroc(scores, labels) == pytest.approx(1.0 - auroc([-score for score in scores], labels))


def test_coverage_is_the_largest_share_that_keeps_the_precision() -> None:
    confidences, correct = [0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 0, 1, 1]
    assert coverage_at_precision(confidences, correct, 1.0) == pytest.approx(0.4)
    assert coverage_at_precision(confidences, correct, 0.8) == pytest.approx(1.0)
    assert coverage_at_precision([0.9, 0.8], [0, 0], 0.5) == 0.0


def test_equal_confidences_are_answered_together_or_not_at_all() -> None:
    assert coverage_at_precision([0.9, 0.9, 0.1], [1, 0, 0], 1.0) == 0.0


@given(answers, st.floats(0.05, 1.0))
def test_coverage_shrinks_as_more_precision_is_asked(
    rows: list[tuple[float, bool]], precision: float
) -> None:
    confidences, correct = [score for score, _ in rows], [label for _, label in rows]
    strict = coverage_at_precision(confidences, correct, precision)
    assert strict <= coverage_at_precision(confidences, correct, precision / 2)


def test_the_calibration_error_of_two_bins_by_hand() -> None:
    # Lower bin: mean .15 against 0; upper bin: mean .85 against .5; each holds half of the rows.
    error = expected_calibration_error([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 0], bins=2)
    assert error == pytest.approx(0.5 * 0.15 + 0.5 * 0.35)


@given(answers, st.randoms())
def test_the_calibration_error_does_not_depend_on_the_order_of_rows(rows, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, two = (
        expected_calibration_error([score for score, _ in each], [label for _, label in each])
        for each in (rows, shuffled)
    )
    assert one == pytest.approx(two)


@given(answers)
def test_saying_the_base_rate_is_calibrated_and_without_skill(rows: list[tuple[float, bool]]) -> None:
    labels = [label for _, label in rows]
    base = [sum(labels) / len(labels)] * len(labels)
    assert expected_calibration_error(base, labels) == pytest.approx(0.0, abs=1e-12)
    if 0 < sum(labels) < len(labels):
        assert brier_skill(base, labels) == pytest.approx(0.0, abs=1e-12)


def test_brier_score_and_skill_by_hand() -> None:
    assert brier_score([0.8, 0.4], [1, 0]) == pytest.approx((0.04 + 0.16) / 2)
    assert brier_skill([0.8, 0.4], [1, 0]) == pytest.approx(1 - 0.1 / 0.25)
    assert brier_skill([1.0, 1.0], [1, 1]) == 1.0


def test_risk_and_coverage_go_from_the_most_confident_to_all() -> None:
    assert risk_coverage([0.9, 0.6, 0.6, 0.2], [1, 1, 0, 0]) == [
        (0.25, 0.0),
        (0.75, pytest.approx(1 / 3)),
        (1.0, 0.5),
    ]
