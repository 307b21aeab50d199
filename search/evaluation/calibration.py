"""From scores to probabilities: a logistic regression."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_NEWTON_ROUNDS = 100


def sigmoid(values: Floats) -> Floats:
    """1 / (1 + e^-x) without overflow at either end."""
    raised = np.exp(-np.abs(values))
    share: Floats = np.where(values >= 0, 1.0, raised) / (1.0 + raised)
    return share


def fit_logistic(features: Floats, targets: Floats, ridge: float) -> Floats:
    """Weights, the last of them the intercept, of a logistic regression by Newton's method.

    `targets` may be any numbers in 0…1. `ridge` pulls every weight but the intercept to 0 and must be above 0
    where the classes can be separated.
    """
    design = np.column_stack([features, np.ones(len(features))])
    penalty = np.full(design.shape[1], ridge)
    penalty[-1] = 1e-9
    weights = np.zeros(design.shape[1])
    for _ in range(_NEWTON_ROUNDS):
        shares = sigmoid(design @ weights)
        slope = design.T @ (shares - targets) + penalty * weights
        curve = (design * (shares * (1.0 - shares))[:, None]).T @ design + np.diag(penalty + 1e-9)
        move = np.linalg.solve(curve, slope)
        length = float(np.abs(move).max())
        weights -= move * min(1.0, 5.0 / max(length, 1e-12))
        if length < 1e-9:
            break
    return weights
