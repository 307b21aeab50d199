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
class Trust:
    """How much more the cosine weighs where a question is in a caller's own words.

    Such a question is short, no text holds much of it, and yet the vectors find something near. `weight` is what
    the cosine gains where all three are plain; a nearest cosine of `from_cosine` is not near at all, one of
    `to_cosine` plainly so; questions of more than `short` terms lose in proportion.
    """

    weight: float = 5.0
    from_cosine: float = 0.3
    to_cosine: float = 0.5
    short: int = 12

    def share(self, values: Values, terms: int) -> float:
        """Between 0 and 1, over the candidates of one query of so many terms."""
        uncovered = 1.0 - float(values[:, FEATURES.index("coverage")].max(initial=0.0))
        nearest = float(values[:, FEATURES.index("cosine")].max(initial=0.0))
        near = (nearest - self.from_cosine) / (self.to_cosine - self.from_cosine)
        return min(max(near, 0.0), 1.0) * uncovered**2 * min(1.0, self.short / max(terms, 1))


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
                "cosine": 0.1,
            }
        )
    )
    types: Mapping[str, float] = field(default_factory=lambda: _frozen({"policy": 0.75}))
    equality: float = 0.8
    saturation: Saturation = field(default_factory=Saturation)
    floor: float = 0.12
    share_of_best: float = 0.3
    near: float = 0.4
    trust: Trust = field(default_factory=Trust)

    def keyword_scores(self, values: Values) -> Values:
        return self._sum(values, 0.0)

    def scores(self, values: Values, terms: int, *, cosine: bool) -> Values:
        """The weighted mean of the features, the cosine's weight after `trust`; without it where there are no
        vectors. `values` are all candidates of a query of so many terms.
        """
        gained = self.trust.weight * self.trust.share(values, terms)
        return self._sum(values, self.weights["cosine"] + gained if cosine else 0.0)

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

    def _sum(self, values: Values, cosine: float) -> Values:
        weights = np.array([self.weights.get(name, 0.0) for name in KEYWORD_FEATURES] + [cosine], np.float32)
        mean: Values = np.clip(values @ weights / max(float(weights.sum()), 1e-9), 0.0, 1.0)
        return mean + (1 - mean) * np.float32(self.equality) * values[:, FEATURES.index("equality")]
