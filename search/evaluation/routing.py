"""How well requests are sorted: trained on one file of rows, measured on another."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from search.evaluation.metrics import expected_calibration_error
from search.evaluation.rows import InputError, LabelledRow, read_labelled
from search.routing.model import RoutingModel, shares
from search.training.routing import Example, TooFewRows, train_routing


def examples_of(path: Path) -> list[Example]:
    """Rows `{"id", "text", "label"}`. Raises InputError for a wrong line."""
    return [Example(row.text, row.label) for row in read_labelled(path)]


def evaluate_routing(train_path: Path, test_path: Path, *, seed: int = 7) -> dict[str, Any]:
    """Raises InputError for a wrong line, or rows that nothing can be learnt from."""
    tested = list(read_labelled(test_path))
    try:
        model = train_routing(examples_of(train_path), seed=seed)
    except TooFewRows as error:
        raise InputError(train_path, 0, str(error)) from error
    return {"train": model.about["rows"], "labels": len(model.labels)} | figures(model, tested)


def figures(model: RoutingModel, rows: Sequence[LabelledRow]) -> dict[str, Any]:
    """`macro_f1` is the mean over the labels of the rows; a label that the model does not know counts as missed."""
    found = shares(model, [row.text for row in rows])
    order = np.argsort(-found, axis=1, kind="stable")
    wanted = [row.label for row in rows]
    first = [model.labels[at] for at in order[:, 0]]
    right = [guess == label for guess, label in zip(first, wanted, strict=True)]
    near = [
        label in {model.labels[at] for at in best} for best, label in zip(order[:, :2], wanted, strict=True)
    ]
    by_label = {label: _f1(first, wanted, label) for label in sorted(set(wanted))}
    return {
        "rows": len(rows),
        "accuracy": round(float(np.mean(right)), 4),
        "macro_f1": round(float(np.mean(list(by_label.values()))), 4),
        "top2": round(float(np.mean(near)), 4),
        "ece": round(expected_calibration_error(found.max(axis=1), right), 4),
        "f1": {label: round(value, 4) for label, value in by_label.items()},
    }


def _f1(first: Sequence[str], wanted: Sequence[str], label: str) -> float:
    both = sum(guess == label == truth for guess, truth in zip(first, wanted, strict=True))
    return 2 * both / (first.count(label) + wanted.count(label))
