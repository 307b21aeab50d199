"""How probable it is that a hit answers the question: one logistic model over what ranking measured.

The model in `confidence.json` is made by `search.training.confidence` and belongs to one ranking model: whoever
changes the ranking fits it anew.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, log1p
from pathlib import Path
from typing import Any, Final, Self

from search.ports import Hit

CONFIDENCE_FILE: Final = Path(__file__).parent / "confidence.json"

LEAD: Final = "lead"
_MEASURED: Final = ("coverage", "bigrams", "characters", "question", "cosine")
SIGNALS: Final = ("first", "ahead", "behind", "said", *_MEASURED, "policy")
_LONG = 5.0


def signals(hit: Hit, terms: int) -> dict[str, float]:
    """What the model looks at, each about 0 to 1; `terms` is the number of terms of the query.

    How sure a hit is depends on the other hits as much as on itself: whether it leads, and by how much.
    """
    lead = hit.features[LEAD]
    return {
        "first": float(lead >= 0),
        "ahead": max(lead, 0.0),
        "behind": max(-lead, 0.0),
        "said": log1p(terms) / _LONG,
        **{name: hit.features[name] for name in _MEASURED},
        "policy": float(hit.document.type == "policy"),
    }


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """`ranking` tells which ranking model it was fitted to."""

    weights: Mapping[str, float]
    intercept: float
    ranking: str

    def confidence(self, hit: Hit, terms: int) -> float:
        known = signals(hit, terms)
        total = self.intercept + sum(self.weights[name] * known[name] for name in SIGNALS)
        return 1.0 / (1.0 + exp(-min(max(total, -30.0), 30.0)))

    def to_json(self) -> dict[str, Any]:
        rounded = {name: round(self.weights[name], 4) for name in SIGNALS}
        return {"ranking": self.ranking, "intercept": round(self.intercept, 4), "weights": rounded}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        weights = {name: float(stored["weights"][name]) for name in SIGNALS}
        return cls(weights, float(stored["intercept"]), str(stored["ranking"]))


def ranking_mark(ranking: object) -> str:
    """Tells one setting of a ranking model from another."""
    return hashlib.sha256(repr(ranking).encode()).hexdigest()[:12]


@cache
def shipped_model() -> ConfidenceModel:
    return ConfidenceModel.from_json(json.loads(CONFIDENCE_FILE.read_text(encoding="utf-8")))


def confidence(hit: Hit, terms: int) -> float:
    """The probability that the hit answers a question of so many terms (`len(SearchResult.terms)`)."""
    return shipped_model().confidence(hit, terms)
