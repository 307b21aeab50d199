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

    `equality` is the share of what is missing to 1 that an equal title or question earns.
    A candidate is no hit that holds less than `floor` of the query's weight or less than `share_of_best` of
    what the fullest one holds, unless it is as `near` by vectors: one common word brings in no text.
    """

    weights: Mapping[str, float] = field(
        default_factory=lambda: _frozen(
            {
                "words": 0.6,
                "bigrams": 3.5,
                "characters": 1.2,
                "coverage": 0.4,
                "title": 0.1,
                "question": 0.1,
                "keywords": 1.6,
                "common_part": 0.1,
                "cosine": 0.3,
            }
        )
    )
    types: Mapping[str, float] = field(default_factory=lambda: _frozen({"policy": 0.75}))
    equality: float = 0.8
    saturation: Saturation = field(default_factory=Saturation)
    floor: float = 0.12
    share_of_best: float = 0.3
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
        covered = values[:, FEATURES.index("coverage")]
        near = values[:, FEATURES.index("cosine")] >= self.near
        floor = self.floor * min(1.0, _NO_TERMS_TO_SPARE / max(terms, 1))
        best = float(covered.max(initial=0.0))
        enough: NDArray[np.bool_] = (covered >= max(floor, self.share_of_best * best)) | near
        return enough

    def _sum(self, values: Values, names: Sequence[str]) -> Values:
        weights = np.array([self.weights.get(name, 0.0) * (name in names) for name in FEATURES], np.float32)
        mean: Values = np.clip(values @ weights / max(float(weights.sum()), 1e-9), 0.0, 1.0)
        return mean + (1 - mean) * np.float32(self.equality) * values[:, FEATURES.index("equality")]
