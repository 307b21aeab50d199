"""Fitting the confidence of hits to questions whose answers are known."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.evaluation.calibration import fit_logistic, sigmoid
from search.evaluation.corpus import Say, ask, ids_of, indexed_corpus
from search.evaluation.metrics import auroc, brier_skill, expected_calibration_error
from search.evaluation.retrieval import silent
from search.evaluation.rows import read_queries
from search.ports import Mode
from search.ranking.confidence import SIGNALS, ConfidenceModel, ranking_mark, signals
from search.ranking.model import RankingModel

DEPTH = 5
FOLDS = 5
_RIDGE = 1.0
_COSINES = np.linspace(0.0, 0.8, 81)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A corpus with questions; `relevant` empty means that it holds no answer. Each question counts `weight` times."""

    name: str
    corpus: Path
    queries: Path
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Rows:
    """One row a hit among the first `DEPTH`; `query` numbers the questions of all sets.

    `answerable[q]` and `set_of[q]` belong to question q, which may have no hit and so no row; `weights` to sets.
    """

    signals: Floats
    correct: NDArray[np.bool_]
    first: NDArray[np.bool_]
    query: NDArray[np.int64]
    answerable: NDArray[np.bool_]
    set_of: NDArray[np.int64]
    weights: NDArray[np.int64]


def train_confidence(
    sets: Sequence[LabelledSet], out: Path, *, encoder: str = "builtin", seed: int = 7, say: Say = silent
) -> dict[str, Any]:
    """Fit to the first hits of all sets' questions and write `out`; figures are by cross-validation over questions."""
    rows = collect(sets, encoder, say)
    held_out = _cross_validated(rows, seed)
    model = _fit(rows, np.ones(len(rows.correct), dtype=bool))
    blind = collect(sets, "none", say)
    model = replace(model, unmeasured=_stand_in(model, blind))
    without = _apply(model, _with_cosine(blind.signals, model.unmeasured))
    out.write_text(json.dumps(model.to_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    everything = np.ones(len(rows.answerable), dtype=bool)
    return {
        "questions": len(rows.answerable),
        "hits": len(rows.correct),
        "all": _figures(rows, held_out, everything),
        **{each.name: _figures(rows, held_out, rows.set_of == number) for number, each in enumerate(sets)},
        "without_vectors": {
            each.name: _figures(blind, without, blind.set_of == number) for number, each in enumerate(sets)
        },
    }


def collect(sets: Sequence[LabelledSet], encoder: str, say: Say) -> Rows:
    found: list[tuple[list[float], bool, bool, int]] = []
    answerable: list[bool] = []
    set_of: list[int] = []
    for number, each in enumerate(sets):
        for is_answerable, hits in _asked(each, encoder, say):
            question = len(answerable)
            found += [(seen, right, place == 0, question) for place, (seen, right) in enumerate(hits)]
            answerable.append(is_answerable)
            set_of.append(number)
        say(f"{each.name}：{set_of.count(number)} 个问题")
    return Rows(
        np.array([row[0] for row in found], dtype=np.float64),
        np.array([row[1] for row in found], dtype=bool),
        np.array([row[2] for row in found], dtype=bool),
        np.array([row[3] for row in found], dtype=np.int64),
        np.array(answerable, dtype=bool),
        np.array(set_of, dtype=np.int64),
        np.array([each.weight for each in sets], dtype=np.int64),
    )


def _asked(
    each: LabelledSet, encoder: str, say: Say
) -> Iterator[tuple[bool, list[tuple[list[float], bool]]]]:
    ids = ids_of(each.corpus)
    mode: Mode = "keyword" if encoder == "none" else "hybrid"
    with indexed_corpus(each.corpus, ids, encoder, say) as corpus, corpus.opened() as engine:
        for query in read_queries(each.queries, frozenset(ids).__contains__):
            result = ask(engine, query.text, mode, DEPTH)
            terms = len(result.terms)
            hits = []
            for hit in result.hits:
                seen = signals(hit, terms, 0.0)
                right = corpus.id_of(hit.document.code) in query.relevant
                hits.append(([seen[name] for name in SIGNALS], right))
            yield bool(query.relevant), hits


def _fit(rows: Rows, chosen: NDArray[np.bool_]) -> ConfidenceModel:
    """Signals are brought to one spread while fitting, so that the ridge weighs on all alike."""
    places = np.flatnonzero(chosen)
    # The first hit is the one that is shown and decided on: it counts as much as all that are behind it.
    each = rows.weights[rows.set_of[rows.query[places]]] * np.where(rows.first[places], DEPTH - 1, 1)
    counted = np.repeat(places, each)
    seen = rows.signals[counted]
    middle, spread = seen.mean(axis=0), seen.std(axis=0) + 1e-9
    fitted = fit_logistic((seen - middle) / spread, rows.correct[counted].astype(float), _RIDGE)
    weights = fitted[:-1] / spread
    intercept = float(fitted[-1] - weights @ middle)
    named = dict(zip(SIGNALS, map(float, weights), strict=True))
    return ConfidenceModel(named, intercept, 0.0, ranking_mark(RankingModel()))


def _apply(model: ConfidenceModel, seen: Floats) -> Floats:
    return sigmoid(seen @ np.array([model.weights[name] for name in SIGNALS]) + model.intercept)


def _with_cosine(seen: Floats, cosine: float) -> Floats:
    """Signals of hits without vectors, as if each had this cosine."""
    filled = seen.copy()
    filled[:, SIGNALS.index("point_cosine")] = cosine * seen[:, SIGNALS.index("point")]
    return filled


def _stand_in(model: ConfidenceModel, blind: Rows) -> float:
    """The cosine that makes first hits of points as confident as they are right where there are no vectors."""
    own = blind.first & (blind.signals[:, SIGNALS.index("point")] > 0)
    share = float(blind.correct[own].mean())
    gaps = [abs(float(_apply(model, _with_cosine(blind.signals[own], c)).mean()) - share) for c in _COSINES]
    return float(_COSINES[int(np.argmin(gaps))])


def _cross_validated(rows: Rows, seed: int) -> Floats:
    folds = np.random.default_rng(seed).integers(0, FOLDS, len(rows.answerable))[rows.query]
    held_out = np.zeros(len(rows.correct))
    for fold in range(FOLDS):
        model = _fit(rows, folds != fold)
        held_out[folds == fold] = _apply(model, rows.signals[folds == fold])
    return held_out


def _figures(rows: Rows, confidences: Floats, questions: NDArray[np.bool_]) -> dict[str, float]:
    """Of the shown confidence, that of the first hit; a question without hits has confidence 0."""
    shown, correct = np.zeros(len(questions)), np.zeros(len(questions))
    shown[rows.query[rows.first]] = confidences[rows.first]
    correct[rows.query[rows.first]] = rows.correct[rows.first]
    return {
        "auroc_answerable": round(auroc(shown[questions], rows.answerable[questions]), 4),
        "auroc_correct": round(auroc(shown[questions], correct[questions]), 4),
        "ece": round(expected_calibration_error(shown[questions], correct[questions]), 4),
        "brier_skill": round(brier_skill(shown[questions], correct[questions]), 4),
    }
