"""Which guidance speaks to a query, and what is asked of one. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from search.analysis.normalise import squeeze
from search.analysis.query import MAX_CHARACTERS, drop_small_talk
from search.guide import Guide

Kind = Literal["pin", "boost", "stop", "negative"]
KIND_NAMES: Final[Mapping[str, str]] = {
    "pin": "置顶",
    "boost": "加权",
    "stop": "不出现",
    "negative": "不适用的问法",
}
SHORTEST, LONGEST = 2, 200
LEAST_FACTOR, MOST_FACTOR = 0.2, 3.0
MOST_PINS: Final = 5
MOST_OF_A_POINT: Final = 60
FOREVER: Final = 2**53
_HEAD = 2


@dataclass(frozen=True, slots=True)
class Said:
    """One piece of guidance as search needs it. `words` in normal form; in force in `[since, until)`, seconds."""

    id: int
    code: str
    kind: str
    words: str
    whole: bool
    factor: float
    since: int
    until: int

    def speaks_to(self, query: str) -> bool:
        """`query` in the form of `asked`. A boost without words speaks to every query."""
        if self.whole:
            return query == self.words
        return all(word in query for word in self.words.split())


def asked(text: str) -> str:
    """A query as guidance is compared with it: without greetings, width and case."""
    return drop_small_talk(squeeze(text[: MAX_CHARACTERS * 4])[:MAX_CHARACTERS])


def plain(words: str) -> str:
    """Words as they are kept."""
    return squeeze(words)


class Guidance:
    """All that is said, ready to be looked up by what a query holds."""

    def __init__(self, said: Iterable[Said]) -> None:
        self._by_head: dict[str, list[Said]] = {}
        self._always: list[Said] = []
        self._negatives: list[Said] = []
        for each in said:
            if each.kind == "negative":
                self._negatives.append(each)
            elif each.words:
                self._by_head.setdefault(each.words[:_HEAD], []).append(each)
            else:
                self._always.append(each)
        self._standing = _negatives(each for each in self._negatives if _always_in_force(each))
        self._passing = [each for each in self._negatives if not _always_in_force(each)]

    def of(self, text: str, now: int) -> Guide:
        """What holds for a query at an instant. Of pins for the same query the closer worded goes first, then the
        newer; more than `MOST_PINS` are not looked at."""
        query = asked(text)
        speaking = [each for each in self._speaking(query) if each.since <= now < each.until]
        pins = sorted((each for each in speaking if each.kind == "pin"), key=_closest_first)
        stops = frozenset(each.code for each in speaking if each.kind == "stop")
        boosts: dict[str, float] = {}
        for each in speaking:
            if each.kind == "boost":
                boosts[each.code] = min(boosts.get(each.code, 1.0) * each.factor, MOST_FACTOR)
        codes = tuple(dict.fromkeys(each.code for each in pins if each.code not in stops))[:MOST_PINS]
        return Guide(pins=codes, stops=stops, boosts=boosts, negatives=self._negatives_at(now))

    def _speaking(self, query: str) -> list[Said]:
        heads = {query[at : at + _HEAD] for at in range(max(len(query) - 1, 0))}
        found = [each for head in heads for each in self._by_head.get(head, ())]
        return [*self._always, *(each for each in found if each.speaks_to(query))]

    def _negatives_at(self, now: int) -> Mapping[str, tuple[str, ...]]:
        passing = [each for each in self._passing if each.since <= now < each.until]
        if not passing:
            return self._standing
        together = dict(self._standing)
        for code, words in _negatives(passing).items():
            together[code] = (*together.get(code, ()), *words)
        return together


def _always_in_force(said: Said) -> bool:
    return said.since <= 0 and said.until >= FOREVER


def _negatives(said: Iterable[Said]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in said:
        found[each.code] = (*found.get(each.code, ()), each.words)
    return found


def _closest_first(said: Said) -> tuple[bool, int, int]:
    return not said.whole, -len(said.words), -said.id


def without_hand(guide: Guide) -> Guide:
    """The same without what editors said, as a laboratory tries it."""
    return replace(guide, pins=(), stops=frozenset(), boosts={}, negatives={})


def problems(kind: str, words: str, factor: float, standing: Sequence[str]) -> list[tuple[str, str]]:
    """Field and what is wrong with it. `standing` are the kinds of what stands on the point already."""
    found = []
    if kind not in KIND_NAMES:
        found.append(("kind", "请选择置顶、加权、不出现或不适用的问法"))
    shortest = min(map(len, words.split()), default=0)
    if kind == "boost" and not words:
        pass
    elif not SHORTEST <= len(words) <= LONGEST or shortest < SHORTEST:
        found.append(
            ("words", f"请填写 {SHORTEST} 到 {LONGEST} 个字；用空格隔开的每个词至少 {SHORTEST} 个字")
        )
    if kind == "boost" and not LEAST_FACTOR <= factor <= MOST_FACTOR:
        found.append(("factor", f"加权倍数须在 {LEAST_FACTOR} 到 {MOST_FACTOR} 之间"))
    if len(standing) >= MOST_OF_A_POINT:
        found.append(("words", f"一条知识最多 {MOST_OF_A_POINT} 条，请先停用不再需要的"))
    return found
