"""How the outcomes of the steps become a decision. Pure: values in, values out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from kb_service.answering.clarifying import MAX_POINTS, Clarification, best_question, by_place, distinct

Outcome = Literal["answer", "clarify", "dispatch", "not_accept", "emergency", "human"]
RISKS: Final = ("normal", "money", "entitlement", "health", "law")
# People say first what they want: a cue among the first so many characters counts twice.
OPENING: Final = 40
# From this length on a text is a letter, whose questions further on count for this much.
LETTER: Final = 150
ASIDE: Final = 0.4
# What a class counts for that a model has never seen.
UNHEARD: Final = 0.02
# Below this share of the best candidate's confidence another is no real alternative.
NEAR: Final = 0.55
# The citizen is asked where it is at least so probable that one of the choices is meant.
FLOOR: Final = 0.15
MORE_LIKELY: Final = 0.5
# A wrong answer on these subjects costs more, so the doubt left over must be smaller by this factor.
DOUBT: Final[Mapping[str, float]] = {
    "normal": 1.0,
    "money": 0.8,
    "entitlement": 0.8,
    "health": 0.7,
    "law": 0.8,
}

Cues = Mapping[str, Sequence[tuple[re.Pattern[str], float]]]


@dataclass(frozen=True)
class ClassGuess:
    """`confidence` is the share of the winning class's weight among all that was recognised."""

    request_class: str
    confidence: float
    cues: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """A point that may answer the question; `confidence` is the probability that it does.

    `held`: `warn` or `suspend` where something is wrong with it; until that is repaired nobody is answered
    with what is suspended. `disputed`: in what another candidate contradicts it.
    """

    code: str
    version: int
    title: str
    confidence: float
    risk: str
    region: str
    region_name: str
    state: str
    public: bool
    unit: str
    category: str = ""
    matter: str | None = None
    held: str = ""
    disputed: str = ""

    @property
    def suspended(self) -> bool:
        return self.held == "suspend"


@dataclass(frozen=True)
class Verdict:
    decision: Outcome
    confidence: float
    reasons: tuple[str, ...]
    answered_by: Candidate | None = None
    clarification: Clarification | None = None


def threshold(ordinary: float, risk: str) -> float:
    """The confidence from which a subject of this risk is answered at once."""
    return 1 - (1 - ordinary) * DOUBT.get(risk, min(DOUBT.values()))


def class_of(text: str, cues: Cues) -> ClassGuess:
    """In a long letter a question is mostly a reproach, unless the letter opens with it."""
    weights: dict[str, float] = {}
    found: dict[str, list[str]] = {}
    for name, patterns in cues.items():
        for pattern, weight in patterns:
            match = pattern.search(text)
            if match:
                opens = match.start() < OPENING
                asides = name == "consultation" and not opens and len(text) > LETTER
                told = 2.0 if opens else ASIDE if asides else 1.0
                weights[name] = weights.get(name, 0.0) + weight * told
                found.setdefault(name, []).append(match.group().strip())
    if not weights:
        return ClassGuess("consultation", 0.5)
    best = max(weights, key=lambda name: weights[name])
    confidence = weights[best] / (sum(weights.values()) + 0.5)
    return ClassGuess(best, round(confidence, 4), tuple(found[best]), weights)


def with_learnt(guess: ClassGuess, learnt: Mapping[str, float]) -> ClassGuess:
    """Cues and a model together: each is a factor. Who asks for a person gets one, whatever the model says."""
    if guess.request_class == "human" or not learnt:
        return guess
    whole = sum(guess.weights.values())
    names = [*learnt, *(name for name in guess.weights if name not in learnt and name != "human")]
    mixed = {
        name: (learnt.get(name, 0.0) + UNHEARD) * (guess.weights.get(name, 0.0) + 1) / (whole + 1)
        for name in names
    }
    best = max(mixed, key=lambda name: mixed[name])
    cues = guess.cues if best == guess.request_class else ()
    return ClassGuess(best, round(mixed[best] / sum(mixed.values()), 4), cues, guess.weights)


def abuse_in(text: str, patterns: Sequence[re.Pattern[str]]) -> str:
    """The first insult or threat, empty where there is none."""
    found = min(
        filter(None, (each.search(text) for each in patterns)), key=lambda match: match.start(), default=None
    )
    return found.group() if found else ""


def mentioned_regions(text: str, names: Mapping[str, str]) -> list[str]:
    """Codes of the regions a text names in full or without 区/县/镇/街道; longer names first."""
    found = []
    for code, name in sorted(names.items(), key=lambda item: -len(item[1])):
        short = re.sub(r"(街道办?|区|县|市|镇|乡|街道)$", "", name)
        if name in text or (len(short) >= 2 and short in text):
            found.append(code)
    return found


def usable(candidates: Sequence[Candidate], *, public_only: bool) -> list[Candidate]:
    """Those that may be told as valid and right today, and on a public channel only what the public may see and
    nothing near contradicts."""
    return [
        each
        for each in candidates
        if each.state == "in_force"
        and not each.suspended
        and ((each.public and not each.disputed) or not public_only)
    ]


def _of_other_places(candidates: Sequence[Candidate], best: Candidate) -> list[Candidate]:
    """What other counties have on the matter of a county's point, however its words fit: where it is, decides."""
    if not _of_county(best.region):
        return []
    return [
        each
        for each in candidates
        if _of_county(each.region)
        and each.region != best.region
        and (each.category, each.matter) == (best.category, best.matter)
    ]


def _where(candidates: Sequence[Candidate], best: Candidate) -> Clarification | None:
    """Which county is meant, where a matter that each county has its own point on is more likely meant than not."""
    rivals = [best, *_of_other_places(candidates, best)]
    return by_place(rivals) if sum(each.confidence for each in rivals) >= MORE_LIKELY else None


def _of_county(region: str) -> bool:
    """GB/T 2260: codes of provinces and cities end in 00."""
    return bool(region) and not region.endswith("00")


def choose(
    candidates: Sequence[Candidate], *, ordinary: float, region_known: bool, clarified: bool
) -> Verdict | None:
    """Answer or clarify, or None where the base has nothing to say with enough confidence.

    `candidates` are usable ones, best first. A second clarification is never asked.
    """
    if not candidates:
        return None
    best = candidates[0]
    near = [each for each in candidates if each.confidence >= best.confidence * NEAR]
    enough = best.confidence >= threshold(ordinary, best.risk)
    if enough and not clarified and not region_known:
        by_region = by_place(near) or by_place([best, *_of_other_places(candidates, best)])
        if by_region is not None:
            return Verdict(
                "clarify",
                best.confidence,
                ("不同地区的规定不一样，需要先确认地区。",),
                clarification=by_region,
            )
    if enough:
        return Verdict("answer", best.confidence, (f"知识点“{best.title}”可以答复。",), answered_by=best)
    likely = (
        best.confidence >= FLOOR / 2 and sum(each.confidence for each in distinct(near)[:MAX_POINTS]) >= FLOOR
    )
    if likely and not clarified:
        return Verdict(
            "clarify",
            best.confidence,
            ("有相近的知识点，把握还不够，需要先确认要问的是哪一件。",),
            clarification=(None if region_known else _where(candidates, best)) or best_question(near),
        )
    return None
