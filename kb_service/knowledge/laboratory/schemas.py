"""What goes in and out of the laboratory."""

from typing import Literal

from pydantic import Field

from kb_service.identity.schemas import In, Out
from kb_service.knowledge.golden import rules
from search.ports import Mode


class SetupIn(In):
    """One configuration. `weights` replaces weights of the ranking by their names; `lexicon` and `hand` say whether
    the city's lexicon and what editors said (pins, boosts, stop-outs, negative questions) count."""

    mode: Mode = "hybrid"
    weights: dict[str, float] = Field(default_factory=dict, max_length=40)
    lexicon: Literal["city", "shipped", "none"] = "city"
    hand: bool = True


class TryIn(In):
    """`audience`: public, agents or the code of a role."""

    query: str = Field(min_length=1, max_length=500)
    left: SetupIn = SetupIn()
    right: SetupIn | None = None
    region: str | None = Field(default=None, max_length=12)
    audience: str = Field(default=rules.PUBLIC, max_length=32)
    limit: int = Field(default=20, ge=1, le=rules.MOST_FIRST)


class CandidateOut(Out):
    """`place` counts from 1; `other` is the place on the other side, None where it is not found there. The
    `contributions` of the features sum up to the score, but for its bounds."""

    place: int
    other: int | None
    code: str
    version: int
    title: str
    unit_name: str
    type: str
    article: str
    score: float
    keyword_score: float
    vector_score: float
    confidence: float
    matched: list[str]
    features: dict[str, float]
    contributions: dict[str, float]


class SideOut(Out):
    setup: SetupIn
    took_ms: float
    total: int
    degraded: str | None
    terms: list[str]
    candidates: list[CandidateOut]


class TriedOut(Out):
    left: SideOut
    right: SideOut | None
