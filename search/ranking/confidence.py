"""How probable it is that a hit answers the question: one logistic model over what ranking measured.

The model in `confidence.json` is made by `search.training.confidence` and belongs to one ranking model: whoever
changes the ranking fits it anew.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, log, log1p
from pathlib import Path
from typing import Any, Final, Self

from search.ports import Hit

CONFIDENCE_FILE: Final = Path(__file__).parent / "confidence.json"

LEAD: Final = "lead"
STANDS_OUT: Final = "stands_out"
NAMES_PLACES: Final = "names_places"
SIGNALS: Final = (
    "ahead", "behind", "said", "coverage", "characters", "stands_out", "elsewhere", "names_places", "document",
    "policy", "untitled_length", "point", "point_cosine", "point_said", "point_same",
)  # fmt: skip
_LONG = 5.0
_LEAST_SCORE = 0.02
# Who is so far ahead is surely the best; being farther ahead does not make the answer righter.
_FAR_AHEAD = 0.4
_LEAST_OUT = 0.3
# A bare noun may be the title of one point and the matter of five.
_SAME, _WHOLE_QUESTION = 0.8, 6


def signals(hit: Hit, terms: int, unmeasured: float) -> dict[str, float]:
    """What the model looks at; `terms` is the number of terms of the query, `unmeasured` stands for the cosine
    where there were no vectors.

    How sure a hit is depends on the others as much as on itself: by what share of its score it leads, and how much
    more of the question it holds than a candidate mostly does. A titled point that is no policy was written to
    answer, so nearness, length and an equal title or question say more there, and how much of the question it holds
    says less; a long untitled text mentions much. Of a policy the whole document counts. A text about another place
    answers seldom.
    """
    features = hit.features
    lead, score = features[LEAD], max(hit.score, _LEAST_SCORE)
    said, cosine = log1p(terms) / _LONG, features.get("cosine", unmeasured)
    policy = float(hit.document.type == "policy")
    titled = bool(hit.document.title)
    point = float(titled and not policy)
    return {
        "ahead": min(max(lead, 0.0) / score, _FAR_AHEAD),
        "behind": max(-lead, 0.0) / (score + max(-lead, 0.0)),
        "said": said,
        "coverage": (1.0 - point) * features["coverage"],
        "characters": features["characters"],
        "stands_out": log(max(features[STANDS_OUT], _LEAST_OUT)),
        "elsewhere": features["elsewhere"],
        "names_places": features[NAMES_PLACES],
        "document": policy * features["document"],
        "policy": policy,
        "untitled_length": 0.0 if titled else features["length"],
        "point": point,
        "point_cosine": point * cosine,
        "point_said": point * said,
        "point_same": point * (features["equality"] >= _SAME and terms >= _WHOLE_QUESTION),
    }


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """`unmeasured` stands for the cosine where there were no vectors; `ranking` tells which ranking it was fitted to."""

    weights: Mapping[str, float]
    intercept: float
    unmeasured: float
    ranking: str

    def confidence(self, hit: Hit, terms: int) -> float:
        known = signals(hit, terms, self.unmeasured)
        total = self.intercept + sum(self.weights[name] * known[name] for name in SIGNALS)
        return 1.0 / (1.0 + exp(-min(max(total, -30.0), 30.0)))

    def to_json(self) -> dict[str, Any]:
        rounded = {name: round(self.weights[name], 4) for name in SIGNALS}
        return {
            "ranking": self.ranking,
            "intercept": round(self.intercept, 4),
            "unmeasured": round(self.unmeasured, 4),
            "weights": rounded,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        weights = {name: float(stored["weights"][name]) for name in SIGNALS}
        return cls(weights, float(stored["intercept"]), float(stored["unmeasured"]), str(stored["ranking"]))


def ranking_mark(ranking: object) -> str:
    """Tells one setting of a ranking model from another."""
    return hashlib.sha256(repr(ranking).encode()).hexdigest()[:12]


@cache
def shipped_model() -> ConfidenceModel:
    return ConfidenceModel.from_json(json.loads(CONFIDENCE_FILE.read_text(encoding="utf-8")))


def confidence(hit: Hit, terms: int) -> float:
    """The probability that the hit answers a question of so many terms (`len(SearchResult.terms)`).

    0 for a hit of a plain search of the database, which measures nothing.
    """
    if LEAD not in hit.features:
        return 0.0
    return shipped_model().confidence(hit, terms)
