"""Claims about learning the weights of ranking, and about their file."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from search.evaluation.rows import InputError
from search.ranking.features import FEATURES
from search.ranking.learned import LEARNT, LearnedRanker
from search.ranking.model import EARNING, RankingModel
from search.training.ranker import Candidates, learn, place_of_right, train_ranker, usage
from tests.support.plain_engine import PlainEngine


def questions(telling: str, count: int = 40, seed: int = 3) -> list[Candidates]:
    """Eight candidates each, of which the right one has most of one feature and all else is chance."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        values = rng.random((8, len(FEATURES))).astype(np.float32) * 0.5
        values[:, [FEATURES.index(name) for name in EARNING]] = 0.0
        right = np.zeros(8, dtype=bool)
        right[rng.integers(8)] = True
        values[right, FEATURES.index(telling)] = 1.0
        made.append(Candidates(values, ("faq",) * 8, ("faq",) * 8, 40, right))
    return made


def test_the_feature_that_tells_gets_the_most_weight() -> None:
    weights = learn({"own": questions("words")})
    assert max(weights, key=lambda name: weights[name]) == "words"


def test_training_again_gives_the_same_file(tmp_path: Path) -> None:
    sets = {"own": questions("words"), "other": questions("cosine")}
    for name in ("one", "two"):
        train_ranker(sets, tmp_path / name, held_out={"held": questions("words", seed=9)}, seed=5)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_figures_stand_beside_those_of_the_weights_that_ship(tmp_path: Path) -> None:
    found = train_ranker({"own": questions("words")}, tmp_path / "r.json", held_out={})
    own = found["sets"]["own"]
    assert own["questions"] == 40
    assert found["better"] == (own["learnt"]["recall@1"] > own["ships"]["recall@1"])
    assert own["learnt"]["recall@1"] > 0.9
    assert LearnedRanker.load(tmp_path / "r.json").about["sets"]["own"] == own


def test_a_learnt_model_ranks_with_its_weights_and_keeps_the_rest() -> None:
    learnt = LearnedRanker({"words": 1.0}).model()
    assert learnt == replace(RankingModel(), weights={"words": 1.0})
    assert place_of_right(questions("words")[0], learnt) == 1


@pytest.mark.parametrize(
    "written",
    [
        "no json",
        "[]",
        json.dumps({"format": 1, "weights": {"unheard": 1.0}}),
        json.dumps({"format": 2, "weights": {"words": 1.0}}),
        json.dumps({"format": 1, "weights": {"words": "much"}}),
        '{"format": 1, "weights": {"words": NaN}}',
        json.dumps({"format": 1, "weights": {EARNING[0]: 1.0}}),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path: Path, written: str) -> None:
    (tmp_path / "r.json").write_text(written)
    with pytest.raises(ValueError, match=r"r\.json"):
        LearnedRanker.load(tmp_path / "r.json")


def test_what_earns_a_share_is_not_learnt() -> None:
    assert set(LEARNT) | set(EARNING) == set(FEATURES)
    assert not set(LEARNT) & set(EARNING)


def test_a_wrong_line_of_usage_is_named(tmp_path: Path) -> None:
    (tmp_path / "u.jsonl").write_text('{"query": "a", "shown": "b", "chosen": "c"}\n')
    with pytest.raises(InputError, match="第 1 行"):
        usage(PlainEngine(), tmp_path / "u.jsonl", frozenset({"public"}), 0)
