"""Weighing what speaks for each unit. Pure: values in, values out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Final, Literal

Kind = Literal["matter", "owner", "duty", "past", "named", "learnt", "field", "place"]
# What the strongest evidence of a kind counts for.
WEIGHTS: Final[Mapping[Kind, float]] = {
    "matter": 1.0,
    "owner": 0.8,
    "duty": 0.5,
    "past": 0.9,
    "named": 0.5,
    "learnt": 1.2,
    "field": 0.7,
    "place": 0.15,
}
# Evidence of one kind says much the same again, so what comes after the strongest counts for less.
AGAIN: Final = 0.3
MAX_UNITS: Final = 3
MAX_REASONS: Final = 3
# One that little speaks for stays uncertain even when nothing speaks for another.
DOUBT: Final = 0.5
# A matter of a field that the request hardly belongs to loses this much; one of its very field gains as much.
OFF_FIELD: Final = 0.4
# People say first what they want. A word among the first characters counts most, one far on in a letter least.
OPENING: Final = 40
LETTER: Final = 150
FAR_ON: Final = 0.4
# Characters beyond the first of each word, from which a matter is as good as named.
ENOUGH: Final = 4.0
CARED_FOR: Final = 0.35
LONGEST_PHRASE: Final = 24
_CUT: Final = re.compile(r"[；;。，,、！!？?\n（）()]+")
_CITY_PREFIX: Final = re.compile(r"^(国家税务总局|市|区|县|镇)")


@dataclass(frozen=True)
class UnitGuess:
    """`reason` is the strongest of `reasons`; `transfer` tells how a call is put through to the unit at once."""

    code: str
    name: str
    confidence: float
    reason: str
    reasons: tuple[str, ...] = ()
    transfer: str = ""


@dataclass(frozen=True)
class Evidence:
    """`strength` (0 to 1) is how much it says within its kind."""

    kind: Kind
    unit: str
    name: str
    strength: float
    reason: str

    @property
    def weight(self) -> float:
        return WEIGHTS[self.kind] * min(1.0, max(0.0, self.strength))


def rank(found: Iterable[Evidence]) -> list[UnitGuess]:
    """The best few units with shares that sum to less than 1 and the strongest reasons of each."""
    by_unit: dict[str, list[Evidence]] = {}
    for evidence in found:
        if evidence.weight > 0:
            by_unit.setdefault(evidence.unit, []).append(evidence)
    for spoken in by_unit.values():
        spoken.sort(key=lambda each: (-each.weight, each.kind, each.reason))
    totals = {unit: _total(spoken) for unit, spoken in by_unit.items()}
    whole = sum(totals.values()) + DOUBT
    best = sorted(totals, key=lambda unit: (-totals[unit], unit))[:MAX_UNITS]
    return [_guess(unit, totals[unit] / whole, by_unit[unit]) for unit in best]


def _total(spoken: Sequence[Evidence]) -> float:
    heard: set[Kind] = set()
    total = 0.0
    for each in spoken:
        total += each.weight * (AGAIN if each.kind in heard else 1.0)
        heard.add(each.kind)
    return total


def _guess(unit: str, share: float, spoken: Sequence[Evidence]) -> UnitGuess:
    reasons = list(dict.fromkeys(each.reason for each in spoken))[:MAX_REASONS]
    return UnitGuess(unit, spoken[0].name, round(share, 4), reasons[0], tuple(reasons))


def agreement(field: str, fields: Mapping[str, float]) -> float:
    """What evidence of one field counts for, given the probabilities of fields; 1 where nothing is known."""
    return OFF_FIELD + (2 - OFF_FIELD) * fields.get(field, 0.0) if fields else 1.0


@dataclass(frozen=True)
class Words:
    """What a matter is called and known by; `rarity` falls with the number of matters that share a word."""

    rarity: Mapping[str, float]

    @classmethod
    def of(cls, matters: Iterable[Sequence[str]]) -> "Words":
        held: dict[str, int] = {}
        for words in matters:
            for word in set(words):
                held[word] = held.get(word, 0) + 1
        return cls({word: 1 / number for word, number in held.items()})

    def score(self, words: Sequence[str], text: str, meant: Mapping[str, float]) -> float:
        """0 to 1. Longer words say more, words said first more than words far on in a letter; `meant` are
        official terms that the text says in other words, with how surely it does."""
        total = 0.0
        for word in dict.fromkeys(words):
            if len(word) < 2:
                continue
            at = text.find(word)
            sure = (
                _told(at)
                if at >= 0
                else max((meant[term] for term in meant if word in term), default=0.0) / 2
            )
            total += sure * (len(word) - 1) * self.rarity.get(word, 1.0)
        return 1 - exp(-total / ENOUGH)


def _told(at: int) -> float:
    if at < OPENING:
        return 1.5
    return 1.0 if at < LETTER else FAR_ON


def duty_phrase(duties: Iterable[str], text: str) -> tuple[str, float]:
    """The duty that the text says most of, and the share of its character pairs that the text holds."""
    said = pairs(text)
    best, share = "", 0.0
    for phrase in (part.strip() for duty in duties for part in _CUT.split(duty)):
        own = pairs(phrase)
        if len(own) < 2:
            continue
        held = len(own & said) / (len(own) + 1)
        if held > share:
            best, share = phrase, held
    return best[:LONGEST_PHRASE], share if share >= CARED_FOR else 0.0


def pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1) if text[at : at + 2].isalnum())


def stem(name: str, places: Iterable[str]) -> str:
    """A unit's name without the place it is of, so that a city's bureau and a district's can be matched."""
    for place in sorted(places, key=len, reverse=True):
        if place and name.startswith(place) and len(name) > len(place) + 1:
            return name[len(place) :]
    return _CITY_PREFIX.sub("", name)
