"""Weights of ranking that were learnt, as a file: what `kb train ranker` writes and the service may rank with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any, Final, Self

from search.ranking.features import FEATURES
from search.ranking.model import EARNING, RankingModel

FORMAT: Final = 1
# What compares candidates; what earns a share of the rest does so for reasons that no comparison tells.
LEARNT: Final = tuple(name for name in FEATURES if name not in EARNING)


@dataclass(frozen=True, slots=True)
class LearnedRanker:
    """`weights` of some of `LEARNT`; `about` tells what they were learnt from and how well they did."""

    weights: Mapping[str, float]
    about: Mapping[str, Any] = field(default_factory=dict)

    def model(self) -> RankingModel:
        return replace(RankingModel(), weights=dict(self.weights))

    def save(self, path: Path) -> None:
        told = {
            "format": FORMAT,
            "weights": {name: round(self.weights[name], 4) for name in LEARNT if name in self.weights},
            "about": dict(self.about),
        }
        path.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises ValueError for a file that is none, or of features that are not measured."""
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            weights = {str(name): float(weight) for name, weight in told["weights"].items()}
            about = dict(told.get("about", {}))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"{path.name} 不是排序权重文件。") from error
        unknown = sorted(set(weights) - set(LEARNT))
        if told.get("format") != FORMAT or unknown or not all(map(isfinite, weights.values())):
            raise ValueError(f"{path.name} 的权重与本版本不符{'：' if unknown else ''}{'、'.join(unknown)}。")
        return cls(weights, about)
