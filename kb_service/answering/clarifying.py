"""Asking back: the one question whose choices split the candidates best, and what a reply to it means. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2
from typing import Final, Protocol

from search.analysis.normalise import squeeze
from search.analysis.tokens import bigrams

# Titles are long and read one by one; names of places are short.
MAX_POINTS: Final = 4
MAX_PLACES: Final = 8
NONE: Final = "none"
_ORDINAL = re.compile(
    r"^(?:我?(?:问|选|要)?的?是?)?第?([一二两三四五六七八1-8])(?:个|条|项|种|号)?(?:吧|呢|的)?[。.!！]?$"
)
_LAST = re.compile(r"^(?:我?(?:问|选|要)的?是?)?最后(?:一)?(?:个|条|项)$")
_NEITHER = re.compile(r"都不是|都不对|不是(?:这些?|那些?)?[。.!！]?$|没有(?:我要的)?$")
_NUMBERS = {char: place for place, char in enumerate("一二三四五六七八", 1)} | {"两": 2}


class Rival(Protocol):
    """What a question can tell candidates apart by; `confidence` is the probability that it answers."""

    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def region(self) -> str: ...
    @property
    def region_name(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def matter(self) -> str | None: ...


@dataclass(frozen=True)
class Choice:
    label: str
    value: str


@dataclass(frozen=True)
class Clarification:
    """`gain` is how many bits the reply is expected to tell about which candidate is meant."""

    question: str
    choices: tuple[Choice, ...] = ()
    gain: float = 0.0


def best_question(rivals: Sequence[Rival]) -> Clarification:
    """By subject or by place, whichever splits better; by subject where both do as well.

    `rivals` are the near candidates, best first, at least one.
    """
    subject, place = _by_subject(rivals), by_place(rivals)
    return place if place is not None and place.gain > subject.gain else subject


def by_place(rivals: Sequence[Rival]) -> Clarification | None:
    """Asks for the place where near candidates are on one subject and hold for different places."""
    places: dict[str, str] = {}
    for each in rivals:
        places.setdefault(each.region, each.region_name)
    if not 2 <= len(places) <= MAX_PLACES or len({each.category for each in rivals}) > 1:
        return None
    choices = tuple(Choice(name, f"region:{code}") for code, name in places.items())
    return Clarification("请问是在哪个地方办理？", choices, expected_gain(rivals, lambda each: each.region))


def _by_subject(rivals: Sequence[Rival]) -> Clarification:
    offered = distinct(rivals)[:MAX_POINTS]
    choices = [Choice(each.title, f"point:{each.code}") for each in offered]
    codes = {each.code for each in offered}
    subjects = {_subject(each): each.code for each in offered}
    gain = expected_gain(
        rivals, lambda each: each.code if each.code in codes else subjects.get(_subject(each))
    )
    if len(choices) == 1:
        return Clarification("请问您要问的是这一件吗？", (*choices, Choice("不是", NONE)), gain)
    return Clarification("请问您要问的是下面哪一件？", (*choices, Choice("都不是", NONE)), gain)


def distinct(rivals: Sequence[Rival]) -> list[Rival]:
    """One of each matter and place: two points on the same thing are no alternatives to choose from."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for each in rivals:
        if _subject(each) not in seen:
            seen.add(_subject(each))
            kept.append(each)
    return kept


def _subject(each: Rival) -> tuple[str, str]:
    return each.matter or each.code, each.region


def expected_gain(rivals: Sequence[Rival], reply: Callable[[Rival], str | None]) -> float:
    """Bits: the entropy of the reply, each candidate being meant with the probability its confidence gives it.

    The reply follows from which candidate is meant, so its entropy is what it tells about that.
    """
    weights: dict[str | None, float] = {}
    for each in rivals:
        cell = reply(each)
        weights[cell] = weights.get(cell, 0.0) + each.confidence
    whole = sum(weights.values())
    if whole <= 0:
        return 0.0
    shares = [weight / whole for weight in weights.values() if weight > 0]
    return -sum(share * log2(share) for share in shares)


def reply_to(choices: Sequence[Mapping[str, str]], said: str) -> str | None:
    """The value of the choice that is meant: named, counted (“第二个”), or told apart by a part of its label.

    None where the reply is no choice but words of its own.
    """
    normal = squeeze(said)
    for each in choices:
        if said in (each["value"], each["label"]) or normal == squeeze(each["label"]):
            return each["value"]
    real = [each for each in choices if each["value"] != NONE]
    if _NEITHER.search(normal) and len(real) < len(choices):
        return NONE
    if place := _counted(normal, len(real)):
        return real[place - 1]["value"]
    return _told_apart(real, normal)


def _counted(normal: str, count: int) -> int | None:
    if _LAST.match(normal):
        return count
    match = _ORDINAL.match(normal)
    place = _NUMBERS.get(match[1]) or int(match[1]) if match else 0
    return place if 1 <= place <= count else None


def _told_apart(choices: Sequence[Mapping[str, str]], normal: str) -> str | None:
    """The only choice that holds something said which the others do not, where hardly anything else is said."""
    parts = set(bigrams(normal))
    held = [parts & set(bigrams(squeeze(each["label"]))) for each in choices]
    common = set.intersection(*held) if len(held) > 1 else set()
    scored = sorted(((len(each - common), place) for place, each in enumerate(held)), reverse=True)
    if not parts or not scored or not scored[0][0]:
        return None
    ahead = len(scored) == 1 or all(left[0] > right[0] for left, right in pairwise(scored[:2]))
    best = scored[0][1]
    if ahead and len(held[best]) * 2 >= len(parts):
        return choices[best]["value"]
    return None
