"""From scores to probabilities: Platt's curve and isotonic steps, kept as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

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


@dataclass(frozen=True, slots=True)
class Platt:
    """p = 1 / (1 + exp(-(slope · score + intercept)))."""

    slope: float
    intercept: float

    @classmethod
    def fit(cls, scores: ArrayLike, correct: ArrayLike) -> Self:
        """Fitted to Platt's softened targets, so that separable scores do not give certainty."""
        values = np.asarray(scores, dtype=np.float64)
        labels = np.asarray(correct, dtype=bool)
        positives, negatives = int(labels.sum()), int((~labels).sum())
        targets = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
        slope, intercept = fit_logistic(values[:, None], targets, ridge=1e-6)
        return cls(float(slope), float(intercept))

    def apply(self, scores: ArrayLike) -> Floats:
        return sigmoid(self.slope * np.asarray(scores, dtype=np.float64) + self.intercept)

    def to_json(self) -> dict[str, Any]:
        return {"kind": "platt", "slope": self.slope, "intercept": self.intercept}


@dataclass(frozen=True, slots=True)
class Isotonic:
    """A curve that never falls, straight between its knots and flat beyond them."""

    scores: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def fit(cls, scores: ArrayLike, correct: ArrayLike, least: int = 1) -> Self:
        """Pool adjacent violators; blocks with fewer than `least` rows join their lower neighbour."""
        values = np.asarray(scores, dtype=np.float64)
        labels = np.asarray(correct, dtype=np.float64)
        if not len(values):
            raise ValueError("an isotonic curve needs at least one score")
        distinct, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
        hits = np.bincount(group, weights=labels).astype(np.float64)
        blocks = _pool(distinct * sizes, hits, sizes, least)
        return cls(
            tuple(float(score / size) for score, _, size in blocks),
            tuple(float(right / size) for _, right, size in blocks),
        )

    def apply(self, scores: ArrayLike) -> Floats:
        return np.interp(np.asarray(scores, dtype=np.float64), self.scores, self.shares)

    def to_json(self) -> dict[str, Any]:
        return {"kind": "isotonic", "scores": list(self.scores), "shares": list(self.shares)}


def _pool(
    scores: Floats, right: Floats, sizes: NDArray[np.integer[Any]], least: int
) -> list[tuple[float, float, float]]:
    blocks: list[tuple[float, float, float]] = []
    for score, hits, size in zip(scores, right, sizes, strict=True):
        block = (float(score), float(hits), float(size))
        while blocks and (blocks[-1][1] * block[2] >= block[1] * blocks[-1][2] or blocks[-1][2] < least):
            before = blocks.pop()
            block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    if len(blocks) > 1 and blocks[-1][2] < least:
        last, before = blocks.pop(), blocks.pop()
        blocks.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    return blocks


def calibrator_from_json(stored: Mapping[str, Any]) -> Platt | Isotonic:
    """The calibrator that `to_json` wrote; a kind that this version does not know is a ValueError."""
    if stored.get("kind") == "platt":
        return Platt(float(stored["slope"]), float(stored["intercept"]))
    if stored.get("kind") == "isotonic":
        return Isotonic(tuple(map(float, stored["scores"])), tuple(map(float, stored["shares"])))
    raise ValueError(f"unknown kind of calibrator: {stored.get('kind')!r}")
