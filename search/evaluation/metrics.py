"""Figures of retrieval and of confidence, each a pure function of plain sequences."""

from collections.abc import Collection, Sequence
from itertools import pairwise
from math import log2

import numpy as np
from numpy.typing import ArrayLike, NDArray


def recall_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """1 where any relevant id is among the first `k`, else 0.

    Several relevant ids are copies of one answer, so finding one of them is finding it.
    """
    return float(any(found in relevant for found in ranked[:k]))


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """One over the place of the first relevant id among the first `k`, else 0."""
    for place, found in enumerate(ranked[:k], start=1):
        if found in relevant:
            return 1.0 / place
    return 0.0


def ndcg_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Binary normalised discounted gain of the first `k`; 0 where nothing is relevant."""
    ideal = sum(1.0 / log2(place + 1) for place in range(1, min(k, len(relevant)) + 1))
    gained = sum(
        1.0 / log2(place + 1) for place, found in enumerate(ranked[:k], start=1) if found in relevant
    )
    return gained / ideal if ideal else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0…1) of the values do not exceed; 0 for no values."""
    if not values:
        return 0.0
    return float(np.quantile(np.asarray(values, dtype=np.float64), share, method="inverted_cdf"))


def auroc(scores: ArrayLike, positive: ArrayLike) -> float:
    """Chance that a positive outscores a negative, ties counted half; .5 where either kind is missing."""
    values = np.asarray(scores, dtype=np.float64)
    labels = np.asarray(positive, dtype=bool)
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        return 0.5
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2.0)[group]
    return float((ranks[labels].sum() - positives * (positives + 1) / 2.0) / (positives * negatives))


def coverage_at_precision(confidences: ArrayLike, correct: ArrayLike, precision: float) -> float:
    """Largest share that can be answered, most confident first, with at least `precision` of it correct.

    Equal confidences are answered together or not at all, as a threshold does.
    """
    values = np.asarray(confidences, dtype=np.float64)
    labels = np.asarray(correct, dtype=np.float64)
    if not len(values):
        return 0.0
    order = np.argsort(-values, kind="stable")
    answered = np.arange(1, len(values) + 1)
    reached = np.cumsum(labels[order]) / answered
    last_of_tie = np.append(values[order][1:] != values[order][:-1], True)
    good = answered[last_of_tie & (reached >= precision - 1e-12)]
    return float(good.max() / len(values)) if len(good) else 0.0


def expected_calibration_error(confidences: ArrayLike, correct: ArrayLike, bins: int = 15) -> float:
    """Mean distance between confidence and share correct over `bins` bins of equal mass.

    Within equal confidences the labels are averaged first, so that the order of the rows does not matter.
    """
    values = np.asarray(confidences, dtype=np.float64)
    labels = np.asarray(correct, dtype=np.float64)
    if not len(values):
        return 0.0
    distinct, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    shares = np.bincount(group, weights=labels, minlength=len(distinct)) / sizes
    ordered, share = np.repeat(distinct, sizes), np.repeat(shares, sizes)
    edges = np.linspace(0, len(values), min(bins, len(values)) + 1).round().astype(int)
    gaps = [abs(float((ordered[start:end] - share[start:end]).sum())) for start, end in pairwise(edges)]
    return sum(gaps) / len(values)


def brier_score(confidences: ArrayLike, correct: ArrayLike) -> float:
    values = np.asarray(confidences, dtype=np.float64)
    return float(np.mean(np.square(values - np.asarray(correct, dtype=np.float64)))) if len(values) else 0.0


def brier_skill(confidences: ArrayLike, correct: ArrayLike) -> float:
    """How much of the Brier score of always naming the base rate is saved; 1 is perfect, 0 no better."""
    labels = np.asarray(correct, dtype=np.float64)
    if not len(labels):
        return 0.0
    base = brier_score(np.full(len(labels), labels.mean()), labels)
    if base == 0.0:
        return 1.0 if brier_score(confidences, labels) == 0.0 else 0.0
    return 1.0 - brier_score(confidences, labels) / base


def risk_coverage(confidences: ArrayLike, correct: ArrayLike) -> list[tuple[float, float]]:
    """(share answered, share of it wrong) for each threshold, most confident first."""
    values = np.asarray(confidences, dtype=np.float64)
    if not len(values):
        return []
    order = np.argsort(-values, kind="stable")
    answered = np.arange(1, len(values) + 1)
    wrong: NDArray[np.float64] = 1.0 - np.cumsum(np.asarray(correct, dtype=np.float64)[order]) / answered
    last_of_tie = np.append(values[order][1:] != values[order][:-1], True)
    return [
        (float(a / len(values)), float(w))
        for a, w in zip(answered[last_of_tie], wrong[last_of_tie], strict=True)
    ]
