"""The tuned sum that orders candidates. Its scalars were chosen on the development rows (docs/decisions)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from search.ranking.features import FEATURES, KEYWORD_FEATURES, Saturation, Values

_NO_TERMS_TO_SPARE = 8


def _frozen(values: dict[str, float]) -> Mapping[str, float]:
    return MappingProxyType(values)


@dataclass(frozen=True, slots=True)
class RankingModel:
    """`types` multiplies a score by the type of its point: what answers goes before what merely mentions.

    A candidate that shares less than `floor` of the query's weight, and is no nearer than `near` by vectors,
    is no hit: one common word cannot bring in a text by itself.
    """

    weights: Mapping[str, float] = field(
        default_factory=lambda: _frozen(
            {
                "words": 0.4,
                "bigrams": 3.0,
                "characters": 0.2,
                "coverage": 0.4,
                "title": 0.4,
                "question": 0.8,
                "keywords": 0.1,
                "equality": 0.5,
                "common_part": 0.4,
                "cosine": 0.3,
            }
        )
    )
    types: Mapping[str, float] = field(default_factory=lambda: _frozen({"policy": 0.85}))
    saturation: Saturation = field(default_factory=Saturation)
    floor: float = 0.25
    near: float = 0.6

    def keyword_scores(self, values: Values) -> Values:
        return self._sum(values, KEYWORD_FEATURES)

    def scores(self, values: Values, *, cosine: bool) -> Values:
        """The weighted mean of the features; of all but the cosine where there are no vectors."""
        return self._sum(values, FEATURES if cosine else KEYWORD_FEATURES)

    def type_factors(self, types: Sequence[str]) -> Values:
        return np.array([self.types.get(kind, 1.0) for kind in types], dtype=np.float32)

    def shares_enough(self, values: Values, terms: int) -> NDArray[np.bool_]:
        """Long queries are never covered whole, so their floor sinks with the number of terms."""
        floor = self.floor * min(1.0, _NO_TERMS_TO_SPARE / max(terms, 1))
        covered = values[:, FEATURES.index("coverage")]
        near = values[:, FEATURES.index("cosine")] >= self.near
        enough: NDArray[np.bool_] = (covered >= floor) | near
        return enough

    def _sum(self, values: Values, names: Sequence[str]) -> Values:
        weights = np.array([self.weights[name] if name in names else 0.0 for name in FEATURES], np.float32)
        mean: Values = np.clip(values @ weights / max(float(weights.sum()), 1e-9), 0.0, 1.0)
        return mean
