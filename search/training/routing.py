"""Training of a routing model: balanced linear machines, one a label, calibrated on rows they have not seen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.routing.features import Block, fit_block, read
from search.routing.model import RoutingModel

FOLDS: Final = 5
LEAST: Final = {"words": 2, "characters": 3, "opening": 1}
MOST_TERMS: Final = 120_000
CALIBRATION_PENALTY: Final = 1.0


@dataclass(frozen=True)
class Recipe:
    """What the kinds of terms count for, and how much the machines may lean on single ones."""

    words: float
    characters: float
    opening: float
    penalty: float


# Messages of citizens are long and say the matter first; chosen by cross-validation (see the model card).
MESSAGES: Final = Recipe(words=1.0, characters=0.5, opening=0.7, penalty=0.5)
# The project's own rows are mostly a line.
OWN: Final = Recipe(words=1.0, characters=1.0, opening=1.0, penalty=1.0)


class TooFewRows(ValueError):
    """Nothing can be learnt from these rows; the message is for users."""


@dataclass(frozen=True)
class Example:
    text: str
    label: str


def train_routing(
    examples: Sequence[Example],
    *,
    seed: int,
    recipe: Recipe = MESSAGES,
    about: dict[str, Any] | None = None,
) -> RoutingModel:
    """The same rows, seed and library versions give the same model.

    A label with fewer than five rows cannot be held out and is left out; `about` of the model names it.
    Raises TooFewRows where fewer than two labels are left.
    """
    counts = Counter(example.label for example in examples)
    labels = sorted(label for label, number in counts.items() if number >= FOLDS)
    if len(labels) < 2:
        raise TooFewRows(f"至少要有两个标签、每个不少于 {FOLDS} 条，才能训练。")
    kept = [example for example in examples if counts[example.label] >= FOLDS]
    texts = [read(example.text) for example in kept]
    wanted = np.asarray([labels.index(example.label) for example in kept])
    blocks = [
        fit_block(name, getattr(recipe, name), texts, least, MOST_TERMS) for name, least in LEAST.items()
    ]
    matrix = _matrix(blocks, texts)
    slopes, intercepts = _machines(matrix, wanted, len(labels), recipe.penalty, seed)
    turn, shift = _calibration(
        _held_out(matrix, wanted, len(labels), recipe.penalty, seed), wanted, len(labels)
    )
    # Two linear steps are one: what is kept is their product.
    weights = (turn @ slopes).T
    bounds = np.cumsum([0, *(len(block.terms) for block in blocks)])
    said = {
        "rows": len(kept),
        "seed": seed,
        "left_out": {label: number for label, number in sorted(counts.items()) if number < FOLDS},
    }
    return RoutingModel(
        labels=tuple(labels),
        blocks=tuple(blocks),
        weights=tuple(weights[start:end].astype(np.float16) for start, end in pairwise(bounds.tolist())),
        bias=(turn @ intercepts + shift).astype(np.float32),
        about=said | (about or {}),
    )


def _matrix(blocks: Sequence[Block], texts: Sequence[str]) -> Any:
    from scipy import sparse

    columns: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float32]] = []
    ends = [0]
    for text in texts:
        offset = 0
        for block in blocks:
            places, said = block.vector(text)
            columns.append(places + offset)
            values.append(said)
            offset += len(block.terms)
        ends.append(ends[-1] + sum(len(part) for part in columns[-len(blocks) :]))
    width = sum(len(block.terms) for block in blocks)
    data = (np.concatenate(values).astype(np.float64), np.concatenate(columns), np.asarray(ends))
    return sparse.csr_matrix(data, shape=(len(texts), width))


def _machines(
    matrix: Any, wanted: NDArray[np.int64], labels: int, penalty: float, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slopes (labels by terms) and intercepts; rare labels weigh as much as common ones."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=penalty, class_weight="balanced", random_state=seed, max_iter=5_000)
    machine.fit(matrix, wanted)
    slopes, intercepts = machine.coef_, machine.intercept_
    if labels == 2:
        return np.vstack([-slopes, slopes]), np.concatenate([-intercepts, intercepts])
    return slopes, intercepts


def _held_out(
    matrix: Any, wanted: NDArray[np.int64], labels: int, penalty: float, seed: int
) -> NDArray[np.float64]:
    """The scores of each row by machines that have not seen it."""
    from sklearn.model_selection import StratifiedKFold

    scores = np.zeros((len(wanted), labels))
    for seen, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(wanted, wanted):
        slopes, intercepts = _machines(matrix[seen], wanted[seen], labels, penalty, seed)
        scores[unseen] = matrix[unseen] @ slopes.T + intercepts
    return scores


def _calibration(
    scores: NDArray[np.float64], wanted: NDArray[np.int64], labels: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A matrix and a vector that turn scores into logits of true probabilities."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=CALIBRATION_PENALTY, max_iter=2_000).fit(scores, wanted)
    if labels == 2:
        half, shift = fitted.coef_ / 2, fitted.intercept_ / 2
        return np.vstack([-half, half]), np.concatenate([-shift, shift])
    return fitted.coef_, fitted.intercept_
