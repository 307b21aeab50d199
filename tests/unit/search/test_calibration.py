"""Claims about turning scores into probabilities."""

import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.evaluation.calibration import Isotonic, Platt, calibrator_from_json, fit_logistic, sigmoid
from search.evaluation.metrics import expected_calibration_error

scored = st.lists(st.tuples(st.floats(-5, 5), st.booleans()), min_size=2, max_size=60)


def test_isotonic_pools_neighbours_that_fall() -> None:
    curve = Isotonic.fit([1.0, 2.0, 3.0, 4.0], [0, 1, 0, 1])
    assert curve.scores == (1.0, 2.5, 4.0)
    assert curve.shares == (0.0, 0.5, 1.0)
    assert curve.apply([0.0, 2.5, 9.0]).tolist() == [0.0, 0.5, 1.0]


def test_blocks_of_too_few_rows_join_a_neighbour() -> None:
    curve = Isotonic.fit([1.0, 2.0, 3.0, 4.0, 5.0], [0, 0, 1, 1, 1], least=2)
    assert curve.shares == (0.0, 1.0)


@given(scored)
def test_an_isotonic_curve_never_falls_and_keeps_the_mean(rows: list[tuple[float, bool]]) -> None:
    scores, labels = [score for score, _ in rows], [label for _, label in rows]
    curve = Isotonic.fit(scores, labels)
    assert list(curve.shares) == sorted(curve.shares)
    assert list(curve.scores) == sorted(set(curve.scores))
    assert all(0.0 <= share <= 1.0 for share in curve.shares)


@given(scored)
def test_platt_gives_probabilities_in_the_order_of_scores(rows: list[tuple[float, bool]]) -> None:
    scores, labels = [score for score, _ in rows], [label for _, label in rows]
    curve = Platt.fit(scores, labels)
    shares = curve.apply(sorted(scores))
    assert np.all((shares >= 0.0) & (shares <= 1.0))
    steps = np.diff(shares) * (1 if curve.slope >= 0 else -1)
    assert np.all(steps >= -1e-12)


def test_platt_finds_the_curve_that_made_the_rows() -> None:
    chance = random.Random(4)
    scores = [chance.uniform(-3, 3) for _ in range(20_000)]
    labels = [chance.random() < float(sigmoid(np.array(1.5 * score - 0.5))) for score in scores]
    curve = Platt.fit(scores, labels)
    assert curve.slope == pytest.approx(1.5, abs=0.1)
    assert curve.intercept == pytest.approx(-0.5, abs=0.1)
    assert expected_calibration_error(curve.apply(scores), labels) < 0.02


def test_separable_scores_do_not_give_certainty() -> None:
    curve = Platt.fit([0.0, 1.0, 2.0, 3.0], [False, False, True, True])
    assert 0.0 < curve.apply([0.0])[0] < curve.apply([3.0])[0] < 1.0


def test_the_logistic_solution_has_no_slope_left() -> None:
    chance = np.random.default_rng(3)
    features = chance.standard_normal((200, 3))
    targets = (features @ [1.0, -2.0, 0.5] + chance.standard_normal(200) > 0).astype(float)
    weights = fit_logistic(features, targets, ridge=0.5)
    design = np.column_stack([features, np.ones(200)])
    slope = design.T @ (sigmoid(design @ weights) - targets) + np.array([0.5, 0.5, 0.5, 0.0]) * weights
    assert np.abs(slope).max() < 1e-5


@pytest.mark.parametrize("curve", [Platt(1.25, -0.5), Isotonic((0.1, 0.5), (0.2, 0.9))])
def test_a_calibrator_survives_json(curve: Platt | Isotonic) -> None:
    assert calibrator_from_json(json.loads(json.dumps(curve.to_json()))) == curve


def test_an_unknown_kind_of_calibrator_is_refused() -> None:
    with pytest.raises(ValueError, match="spline"):
        calibrator_from_json({"kind": "spline"})


def test_large_scores_do_not_overflow() -> None:
    with np.errstate(over="raise"):
        assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
