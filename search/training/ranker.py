"""Learning the weights of ranking: a conditional logit over the candidates of each question, like the weights that
ship, from questions whose answers are known and from what people chose."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from search.evaluation.corpus import Say, ask, ids_of, indexed_corpus
from search.evaluation.retrieval import silent
from search.evaluation.rows import InputError, read_queries
from search.ports import Hit, Query, SearchEngine
from search.ranking.features import FEATURES, Values
from search.ranking.learned import LEARNT, LearnedRanker
from search.ranking.model import RankingModel, compared
from search.training.confidence import LabelledSet
from search.training.sources import read_rows

CANDIDATES: Final = 60
FOLDS: Final = 5
_RIDGE = 0.005
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Those of one question: `values` are candidates x `FEATURES`, `right` those that answer it."""

    values: Values
    kinds: tuple[str, ...]
    types: tuple[str, ...]
    terms: int
    right: NDArray[np.bool_]


Sets = Mapping[str, Sequence[Candidates]]


def train_ranker(
    sets: Sets, out: Path, *, held_out: Sets, seed: int = 7, say: Say = silent
) -> dict[str, Any]:
    """Writes the weights and gives figures of them and of those that ship: by cross-validation on `sets`, and on
    `held_out`, which nothing is learnt from. `better`: on the mean of all sets the best hit is right more often."""
    folds = {
        name: np.random.default_rng(seed).integers(0, FOLDS, len(questions))
        for name, questions in sets.items()
    }
    ships = RankingModel()
    scored: dict[str, list[int]] = {name: [0] * len(questions) for name, questions in sets.items()}
    for fold in range(FOLDS):
        kept = {
            name: [q for q, at in zip(sets[name], folds[name], strict=True) if at != fold] for name in sets
        }
        model = LearnedRanker(learn(kept)).model()
        for name in sets:
            for at in np.flatnonzero(folds[name] == fold).tolist():
                scored[name][at] = place_of_right(sets[name][at], model)
        say(f"第 {fold + 1}/{FOLDS} 份")
    weights = learn(sets)
    learnt = LearnedRanker(weights).model()
    figures = {name: _compare(sets[name], scored[name], ships) for name in sets}
    for name, questions in held_out.items():
        figures[name] = _compare(questions, [place_of_right(each, learnt) for each in questions], ships)
    gained = float(
        np.mean([each["learnt"]["recall@1"] - each["ships"]["recall@1"] for each in figures.values()])
    )
    told = {"seed": seed, "sets": figures, "better": gained > 0, "gained": round(gained, 4)}
    LearnedRanker(weights, told).save(out)
    return {"weights": {name: round(weight, 4) for name, weight in weights.items()}, **told}


def learn(sets: Sets) -> dict[str, float]:
    """Every set counts alike, however many questions it has."""
    columns = [FEATURES.index(name) for name in LEARNT]
    rows, right, sizes, weights = [], [], [], []
    for questions in sets.values():
        telling = [each for each in questions if each.right.any() and not each.right.all()]
        for each in telling:
            rows.append(compared(each.values, each.kinds)[:, columns])
            right.append(each.right)
            sizes.append(len(each.right))
            weights.append(1.0 / len(telling))
    if not rows:
        return dict(RankingModel().weights)
    fitted = _fit(
        np.concatenate(rows).astype(float) * 10, np.concatenate(right), np.array(sizes), np.array(weights)
    )
    return {name: float(weight) for name, weight in zip(LEARNT, fitted, strict=True)}


def _fit(rows: Floats, right: NDArray[np.bool_], sizes: NDArray[np.int64], weights: Floats) -> Floats:
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    owner = np.repeat(np.arange(len(sizes)), sizes)

    def loss(at: Floats) -> tuple[float, Floats]:
        total = rows @ at
        raised = np.exp(total - np.maximum.reduceat(total, starts)[owner])
        whole = np.add.reduceat(raised, starts)
        found = np.maximum(np.add.reduceat(raised * right, starts), 1e-12)
        slope = ((raised / whole[owner] - raised * right / found[owner]) * weights[owner]) @ rows
        return float(-(weights * np.log(found / whole)).sum() + _RIDGE * at @ at / 2), slope + _RIDGE * at

    fitted: Floats = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B").x
    return fitted


def place_of_right(asked: Candidates, model: RankingModel) -> int:
    """From 1; 0 where no candidate is right."""
    scores = model.scores(asked.values, asked.terms, asked.kinds, cosine=True)
    order = np.argsort(-scores * model.type_factors(asked.types), kind="stable")
    found = np.flatnonzero(asked.right[order])
    return int(found[0]) + 1 if len(found) else 0


def _compare(questions: Sequence[Candidates], learnt: Sequence[int], ships: RankingModel) -> dict[str, Any]:
    return {
        "questions": len(questions),
        "ships": _figures([place_of_right(each, ships) for each in questions]),
        "learnt": _figures(learnt),
    }


def _figures(places: Sequence[int]) -> dict[str, float]:
    found = np.array(places, dtype=float)
    return {
        "recall@1": round(float(np.mean(found == 1)), 4),
        "recall@5": round(float(np.mean((found > 0) & (found <= 5))), 4),
        "mrr@10": round(
            float(np.mean(np.where((found > 0) & (found <= 10), 1 / np.maximum(found, 1), 0))), 4
        ),
    }


def collect(sets: Iterable[LabelledSet], encoder: str, say: Say = silent) -> dict[str, list[Candidates]]:
    """The candidates of each question of each set that has an answer, through the engine that serves users."""
    found: dict[str, list[Candidates]] = {}
    for each in sets:
        ids = ids_of(each.corpus)
        with indexed_corpus(each.corpus, ids, encoder, say) as corpus, corpus.opened() as engine:
            for query in read_queries(each.queries, frozenset(ids).__contains__):
                result = ask(engine, query.text, "hybrid", CANDIDATES)
                right = [corpus.id_of(hit.document.code) in query.relevant for hit in result.hits]
                if query.relevant and result.hits:
                    found.setdefault(each.name, []).append(_candidates(result.hits, len(result.terms), right))
        say(f"{each.name}：{len(found.get(each.name, ()))} 个问题")
    return found


def usage(engine: SearchEngine, file: Path, access: frozenset[str], now: int) -> list[Candidates]:
    """What people chose: rows `{"query", "shown", "chosen"}`, asked again of the base as it is. Choices of points that
    are not found any more teach nothing. Raises InputError for a wrong line."""
    found = []
    for query, shown, chosen in _usage_rows(file):
        result = engine.search(Query(text=query, access=access, now=now, limit=CANDIDATES))
        hits = [hit for hit in result.hits if hit.document.code in shown]
        right = [hit.document.code == chosen for hit in hits]
        if any(right) and not all(right):
            found.append(_candidates(hits, len(result.terms), right))
    return found


def _usage_rows(file: Path) -> Iterator[tuple[str, frozenset[str], str]]:
    for number, row in enumerate(read_rows(file), 1):
        query, shown, chosen = (row.get(name) for name in ("query", "shown", "chosen"))
        if not (isinstance(query, str) and isinstance(shown, list) and isinstance(chosen, str)):
            raise InputError(file, number, "应有 query（文字）、shown（列表）、chosen（编码）")
        yield query, frozenset(map(str, shown)) | {chosen}, chosen


def _candidates(hits: Sequence[Hit], terms: int, right: Sequence[bool]) -> Candidates:
    values = [[hit.features.get(name, 0.0) for name in FEATURES] for hit in hits]
    types = tuple(hit.document.type for hit in hits)
    kinds = tuple(
        kind if kind == "policy" or hit.document.title else "untitled"
        for kind, hit in zip(types, hits, strict=True)
    )
    return Candidates(np.array(values, dtype=np.float32), kinds, types, terms, np.array(right, dtype=bool))
