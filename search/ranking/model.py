"""The tuned sum that orders candidates. Its scalars were chosen on the development rows (docs/decisions)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from search.ranking.features import FEATURES, Saturation, Values

_NO_TERMS_TO_SPARE = 8
_LEAST = 1e-6
# Whether a text names the number asked for, or another place, does not depend on what others name.
AS_IT_IS = ("numbers", "elsewhere")
# What earns a share of what is missing, in the order in which it does; the weights are fields of the model.
EARNING = ("official", "answers", "unit", "region", "equality")


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
    """`weights` compare candidates with the best of each feature (those of `AS_IT_IS` by their own value), `own`
    weighs the features themselves; the more a question is in a caller's own words (`trust`), the more the latter
    decide.

    `length` counts for untitled texts: a long one, a letter for instance, mentions much. `document` and `siblings`
    count for policies, whose passages share a title: how much less than the best one the whole document holds of
    the question, and how many of its passages there are among the candidates.
    `types` multiplies a score by the type of its point: what answers goes before what merely mentions.
    Five features earn a share of what is missing to 1: `equality` of a title or question; `official`, speaking in
    official words of all that was said in the caller's (from `official_enough` on it is a hit whatever words it
    shares); `answers`, holding what looks like an answer of the kind that is asked for; being of a `unit` or
    `region` that the question names.
    A candidate is no hit that holds less than `floor` of the query's weight or less than `share_of_best` of
    what the fullest one holds, unless it is as `near` by vectors: one common word brings in no text.
    """

    weights: Mapping[str, float] = field(
        default_factory=lambda: _frozen(
            {
                "bigrams": 0.22,
                "opening": 0.09,
                "characters": 0.35,
                "coverage": 0.33,
                "numbers": 0.04,
                "cosine": 0.21,
                "elsewhere": -0.28,
                "length": -1.36,
                "document": 0.64,
                "siblings": -0.56,
            }
        )
    )
    own: Mapping[str, float] = field(
        default_factory=lambda: _frozen(
            {"bigrams": 2.0, "characters": 1.0, "coverage": 1.0, "keywords": 0.5, "cosine": 1.0}
        )
    )
    types: Mapping[str, float] = field(default_factory=lambda: _frozen({"policy": 0.65}))
    equality: float = 0.8
    official: float = 0.15
    official_enough: float = 0.3
    answers: float = 0.06
    unit: float = 0.06
    region: float = 0.06
    saturation: Saturation = field(default_factory=Saturation)
    floor: float = 0.12
    share_of_best: float = 0.3
    near: float = 0.4
    trust: Trust = field(default_factory=Trust)

    def scores(self, values: Values, terms: int, kinds: Sequence[str] = (), *, cosine: bool) -> Values:
        """Scores in [0, 1] of all candidates of a query of so many terms, before the factor of their types.

        `kinds` are `policy` or `untitled` for candidates of that kind; the cosine counts only where there are
        vectors.
        """
        return _summed(self._parts(values, terms, compared(values, kinds), cosine=cosine))

    def parts(
        self, values: Values, terms: int, kinds: Sequence[str] = (), *, cosine: bool
    ) -> tuple[Values, Values]:
        """What each feature adds to each score; candidates x `FEATURES`, which sum up to the scores. And the scores
        without the cosine.
        """
        shares = compared(values, kinds)
        plain = self._parts(values, terms, shares, cosine=False)
        return self._parts(values, terms, shares, cosine=True) if cosine else plain, _summed(plain)

    def _parts(self, values: Values, terms: int, shares: Values, *, cosine: bool) -> Values:
        share = self.trust.share(values, terms) if cosine else 0.0
        own = _own_parts(values, self.own, self.own["cosine"] + self.trust.weight * share if cosine else 0.0)
        best = float(own.sum(axis=1).max(initial=0.0))
        decides = self.trust.decides(share, terms)
        parts: Values = decides * own + (1 - decides) * best * self._weighed(shares, cosine=cosine)
        total = parts.sum(axis=1)
        for name in EARNING:
            column = FEATURES.index(name)
            earned = np.maximum(1 - total, 0) * np.float32(getattr(self, name)) * values[:, column]
            parts[:, column] += earned
            total += earned
        return parts

    def _weighed(self, shares: Values, *, cosine: bool) -> Values:
        """Each feature over the best candidate's, weighed; the best candidate's sum is 1, none is below 0."""
        row = np.array(
            [self.weights.get(name, 0.0) if cosine or name != "cosine" else 0.0 for name in FEATURES],
            dtype=np.float32,
        )
        parts: Values = shares * row
        total = parts.sum(axis=1)
        scale = np.where(total > 0, 1 / max(float(total.max(initial=0.0)), _LEAST), 0.0).astype(np.float32)
        parts *= scale[:, None]
        return parts

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


def compared(values: Values, kinds: Sequence[str]) -> Values:
    """What `weights` are put on: candidates x `FEATURES`, as shares of the best candidate's.

    A length counts for untitled texts and a document for policies, whose best one gets 0 and the others less, so
    that no policy gains on what is none.
    """
    found = values / np.maximum(values.max(axis=0, initial=0.0), _LEAST)
    for name in AS_IT_IS:
        found[:, FEATURES.index(name)] = values[:, FEATURES.index(name)]
    policy = (
        np.array([kind == "policy" for kind in kinds], dtype=bool) if kinds else np.zeros(len(values), bool)
    )
    untitled = (
        np.array([kind == "untitled" for kind in kinds], bool) if kinds else np.zeros(len(values), bool)
    )
    length, document, siblings = (FEATURES.index(name) for name in ("length", "document", "siblings"))
    found[:, length] = np.where(untitled, values[:, length] - np.float32(0.5), 0)
    fullest = max(float(values[policy, document].max(initial=0.0)), _LEAST)
    found[:, document] = np.where(policy, values[:, document] / np.float32(fullest) - 1, 0)
    most = values[policy, siblings].max(initial=0.0)
    found[:, siblings] = np.where(policy, values[:, siblings] - most, 0)
    shares: Values = found.astype(np.float32)
    return shares


def _summed(parts: Values) -> Values:
    total: Values = np.clip(parts.sum(axis=1), 0.0, 1.0)
    return total


def _own_parts(values: Values, weights: Mapping[str, float], cosine: float) -> Values:
    """The parts of the weighted mean of features, the cosine with a weight of its own."""
    row = np.array([cosine if name == "cosine" else weights.get(name, 0.0) for name in FEATURES], np.float32)
    parts: Values = values * (row / max(float(row.sum()), _LEAST))
    return parts
