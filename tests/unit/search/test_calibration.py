"""Claims about turning scores into probabilities."""

import random

import numpy as np
import pytest

from search.evaluation.calibration import fit_logistic, sigmoid
from search.evaluation.metrics import expected_calibration_error


def test_the_curve_that_made_the_rows_is_found() -> None:
    chance = random.Random(4)
    scores = np.array([chance.uniform(-3, 3) for _ in range(20_000)])
    labels = np.array([chance.random() < float(sigmoid(np.array(1.5 * score - 0.5))) for score in scores])
    slope, intercept = fit_logistic(scores[:, None], labels.astype(float), ridge=1e-6)
    assert slope == pytest.approx(1.5, abs=0.1)
    assert intercept == pytest.approx(-0.5, abs=0.1)
    assert expected_calibration_error(sigmoid(slope * scores + intercept), labels) < 0.02


def test_the_logistic_solution_has_no_slope_left() -> None:
    chance = np.random.default_rng(3)
    features = chance.standard_normal((200, 3))
    targets = (features @ [1.0, -2.0, 0.5] + chance.standard_normal(200) > 0).astype(float)
    weights = fit_logistic(features, targets, ridge=0.5)
    design = np.column_stack([features, np.ones(200)])
    slope = design.T @ (sigmoid(design @ weights) - targets) + np.array([0.5, 0.5, 0.5, 0.0]) * weights
    assert np.abs(slope).max() < 1e-5


def test_large_scores_do_not_overflow() -> None:
    with np.errstate(over="raise"):
        assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
