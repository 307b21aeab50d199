"""The tuned sum that orders candidates. Its scalars were chosen on the development rows (docs/decisions)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from search.ranking.features import FEATURES, Saturation, Values

_NO_TERMS_TO_SPARE = 8
_LEAST = 1e-6


def _frozen(values: dict[str, float]) -> Mapping[str, float]:
    return MappingProxyType(values)


@dataclass(frozen=True, slots=True)
class Trust:
    """How far a question is in a caller's own words, and how much more the cosine weighs there.

    Such a question is short, no text holds much of it, and yet the vectors find something near. `weight` is what
    the cosine gains where all three are plain; a nearest cosine of `from_cosine` is not near at all, one of
    `to_cosine` plainly so; questions of more than `short` terms lose in proportion. A `plain` share of it decides
    alone.
    """

    weight: float = 5.0
    from_cosine: float = 0.3
    to_cosine: float = 0.5
    short: int = 12
    plain: float = 0.2

    def share(self, values: Values, terms: int) -> float:
        """Between 0 and 1, over the candidates of one query of so many terms."""
        uncovered = 1.0 - float(values[:, FEATURES.index("coverage")].max(initial=0.0))
        nearest = float(values[:, FEATURES.index("cosine")].max(initial=0.0))
        near = (nearest - self.from_cosine) / (self.to_cosine - self.from_cosine)
        return min(max(near, 0.0), 1.0) * uncovered**2 * self._brevity(terms)

    def decides(self, share: float, terms: int) -> float:
        return min(1.0, share * self._brevity(terms) / self.plain)

    def _brevity(self, terms: int) -> float:
        return min(1.0, self.short / max(terms, 1))


@dataclass(frozen=True, slots=True)
class RankingModel:
    """`weights` compare candidates with the best of each feature, `own` weighs the features themselves; the more
    a question is in a caller's own words (`trust`), the more the latter decide.

    `lengths` weighs how long a text is, by its kind: a long untitled text, a letter for instance, mentions much.
    `types` multiplies a score by the type of its point: what answers goes before what merely mentions.
    `equality` is the share of what is missing to 1 that an equal title or question earns, `official` what one
    earns that speaks, in official words, of all that was said in the caller's; from `official_enough` on it
    is a hit whatever words it shares.
    A candidate is no hit that holds less than `floor` of the query's weight or less than `share_of_best` of
    what the fullest one holds, unless it is as `near` by vectors: one common word brings in no text.
    """

    weights: Mapping[str, float] = field(
        default_factory=lambda: _frozen(
            {
                "bigrams": 0.22,
                "opening": 0.11,
                "characters": 0.38,
                "words": -0.12,
                "coverage": 0.5,
                "numbers": 0.12,
                "common_part": 0.04,
                "cosine": 0.19,
            }
        )
    )
    lengths: Mapping[str, float] = field(default_factory=lambda: _frozen({"untitled": -1.7, "policy": 0.64}))
    own: Mapping[str, float] = field(
        default_factory=lambda: _frozen(
            {"bigrams": 2.0, "characters": 1.0, "coverage": 1.0, "keywords": 0.5, "cosine": 1.0}
        )
    )
    types: Mapping[str, float] = field(default_factory=lambda: _frozen({"policy": 0.65}))
    equality: float = 0.8
    official: float = 0.15
    official_enough: float = 0.3
    saturation: Saturation = field(default_factory=Saturation)
    floor: float = 0.12
    share_of_best: float = 0.3
    near: float = 0.4
    trust: Trust = field(default_factory=Trust)

    def scores(self, values: Values, terms: int, kinds: Sequence[str] = (), *, cosine: bool) -> Values:
        """Scores in [0, 1] of all candidates of a query of so many terms, before the factor of their types.

        `kinds` are the keys of `lengths` that candidates belong to; the cosine counts only where there are vectors.
        """
        share = self.trust.share(values, terms) if cosine else 0.0
        own = _mean(values, self.own, self.own["cosine"] + self.trust.weight * share if cosine else 0.0)
        best = float(own.max(initial=0.0))
        decides = self.trust.decides(share, terms)
        score: Values = decides * own + (1 - decides) * best * self._compared(values, kinds, cosine=cosine)
        for name, part in (("official", self.official), ("equality", self.equality)):
            score = score + (1 - score) * np.float32(part) * values[:, FEATURES.index(name)]
        return np.clip(score, 0.0, 1.0)

    def _compared(self, values: Values, kinds: Sequence[str], *, cosine: bool) -> Values:
        """Each feature over the best candidate's, weighed; the best candidate gets 1."""
        relative = values / np.maximum(values.max(axis=0, initial=0.0), _LEAST)
        weights = np.array(
            [self.weights.get(name, 0.0) if cosine or name != "cosine" else 0.0 for name in FEATURES],
            dtype=np.float32,
        )
        numbers = FEATURES.index("numbers")
        relative[:, numbers] = values[:, numbers]
        total = relative @ weights
        if kinds:
            by_kind = np.array([self.lengths.get(kind, 0.0) for kind in kinds], dtype=np.float32)
            total = total + by_kind * (values[:, FEATURES.index("length")] - np.float32(0.5))
        total = np.maximum(total, 0.0)
        compared: Values = np.asarray(total / max(float(total.max(initial=0.0)), _LEAST), dtype=np.float32)
        return compared

    def type_factors(self, types: Sequence[str]) -> Values:
        return np.array([self.types.get(kind, 1.0) for kind in types], dtype=np.float32)

    def shares_enough(self, values: Values, terms: int) -> NDArray[np.bool_]:
        """Long queries are never covered whole, so their floor sinks with the number of terms."""
        covered = values[:, FEATURES.index("coverage")]
        near = values[:, FEATURES.index("cosine")] >= self.near
        floor = self.floor * min(1.0, _NO_TERMS_TO_SPARE / max(terms, 1))
        best = float(covered.max(initial=0.0))
        meant = values[:, FEATURES.index("official")] >= self.official_enough
        enough: NDArray[np.bool_] = (covered >= max(floor, self.share_of_best * best)) | near | meant
        return enough


def _mean(values: Values, weights: Mapping[str, float], cosine: float) -> Values:
    """The weighted mean of features, the cosine with a weight of its own."""
    row = np.array([cosine if name == "cosine" else weights.get(name, 0.0) for name in FEATURES], np.float32)
    mean: Values = np.clip(values @ row / max(float(row.sum()), _LEAST), 0.0, 1.0)
    return mean
