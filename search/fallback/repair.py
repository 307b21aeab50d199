"""What may have been meant by a query that nothing is found for: pinyin, initials, homophones, slips of the pen."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from search.analysis.normalise import squeeze
from search.analysis.query import drop_small_talk
from search.analysis.stop_words import STOP_CHARACTERS
from search.fallback.vocabulary import LONGEST, SHORTEST, Vocabulary, syllables

MOST_CHARACTERS: Final = 60
MOST_REPAIRS: Final = 4
_BEAM = 6
_WORDS_FOR_A_PIECE = 3
_LONGEST_SPELLED = 6 * LONGEST

_LETTERS = re.compile(r"[a-z][a-z' ]*")
_IDEOGRAPHS = re.compile(r"[\u4e00-\u9fff]+")

# What a piece costs: a known word nothing, a repaired one the more the less sure it is, a character that belongs to
# no word more than what sounds like one, a particle little.
_BY_SOUND, _BY_INITIALS, _BY_PEN, _LEFT, _PARTICLE = 1.0, 1.6, 1.4, 1.1, 0.3


@dataclass(frozen=True, slots=True)
class Repair:
    """`text` is what to look for instead, `words` are those of it that were not typed."""

    text: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    cost: float
    met: int
    pieces: tuple[str, ...]
    words: tuple[str, ...]

    def then(self, cost: float, piece: str, word: str | None = None, met: int = 0) -> "_Way":
        words = self.words if word is None else (*self.words, word)
        return _Way(self.cost + cost, self.met + met, (*self.pieces, piece), words)


_Step = tuple[int, float, str, str | None]
_NOTHING = _Way(0.0, 0, (), ())


def repairs(text: str, vocabulary: Vocabulary) -> list[Repair]:
    """The likeliest first, at most `MOST_REPAIRS`; none where the query is likelier right as it stands.

    Never fails, and bounded: `MOST_CHARACTERS` are read and `_BEAM` ways followed.
    """
    normal = drop_small_talk(squeeze(text[: 4 * MOST_CHARACTERS])[:MOST_CHARACTERS])
    parts = [_ways_through(part, vocabulary) for part in _parts(normal)]
    found = []
    for ways in product(*(part[:MOST_REPAIRS] for part in parts)):
        words = tuple(word for way in ways for word in way.words)
        cost = sum(way.cost for way in ways)
        found.append((cost, -sum(way.met for way in ways), Repair(_joined(ways), words)))
        if len(found) >= MOST_REPAIRS**2:
            break
    found.sort(key=lambda each: each[:2])
    by_text: dict[str, Repair] = {}
    for _, _, repair in found:
        if not repair.words:
            # What is likelier than any other repair is the query itself.
            break
        by_text.setdefault(repair.text, repair)
    return list(by_text.values())[:MOST_REPAIRS]


def _joined(ways: Sequence[_Way]) -> str:
    return "".join(piece for way in ways for piece in way.pieces).strip()


def _parts(normal: str) -> Iterator[str]:
    """Runs of letters, of ideographs, and what lies between."""
    at = 0
    for match in re.finditer(f"{_LETTERS.pattern}|{_IDEOGRAPHS.pattern}", normal):
        if match.start() > at:
            yield normal[at : match.start()]
        yield match.group()
        at = match.end()
    if at < len(normal):
        yield normal[at:]


def _ways_through(part: str, vocabulary: Vocabulary) -> list[_Way]:
    """The cheapest ways, as the part stands where there is no other."""
    if _LETTERS.fullmatch(part):
        spelled = re.sub("[' ]", "", part)
        return _cheapest(len(spelled), _letters(spelled, vocabulary), vocabulary) or [_NOTHING.then(0, part)]
    if _IDEOGRAPHS.fullmatch(part):
        return _cheapest(len(part), _characters(part, vocabulary), vocabulary)
    return [_NOTHING.then(0, part)]


def _cheapest(length: int, steps: Callable[[int], Iterator[_Step]], vocabulary: Vocabulary) -> list[_Way]:
    """The best ways from the first position to the last; no way where none leads through."""
    ways: list[list[_Way]] = [[_NOTHING], *([] for _ in range(length))]
    for at in range(length):
        ways[at] = sorted(ways[at], key=lambda way: (way.cost, -way.met))[:_BEAM]
        if ways[at]:
            for size, cost, piece, word in steps(at):
                met = vocabulary.met(word) if word else 0
                ways[at + size] += [way.then(cost, piece, word, met) for way in ways[at]]
    return sorted(ways[length], key=lambda way: (way.cost, -way.met))[:_BEAM]


def _letters(spelled: str, vocabulary: Vocabulary) -> Callable[[int], Iterator[_Step]]:
    def steps(at: int) -> Iterator[_Step]:
        for size in range(SHORTEST, min(_LONGEST_SPELLED, len(spelled) - at) + 1):
            piece = spelled[at : at + size]
            for word in vocabulary.sounding(piece)[:_WORDS_FOR_A_PIECE]:
                yield size, _BY_SOUND, word, word
            for word in vocabulary.abbreviated(piece)[:_WORDS_FOR_A_PIECE]:
                yield size, _BY_INITIALS, word, word

    return steps


def _characters(part: str, vocabulary: Vocabulary) -> Callable[[int], Iterator[_Step]]:
    sounds = syllables(part)

    def steps(at: int) -> Iterator[_Step]:
        yield 1, _PARTICLE if part[at] in STOP_CHARACTERS else _LEFT, part[at], None
        for size in range(SHORTEST, min(LONGEST + 1, len(part) - at) + 1):
            piece = part[at : at + size]
            if piece in vocabulary:
                yield size, 0.0, piece, None
                continue
            alike = [
                word for word in vocabulary.sounding("".join(sounds[at : at + size])) if len(word) == size
            ]
            for word in alike[:_WORDS_FOR_A_PIECE]:
                yield size, _BY_SOUND, word, word
            for word in vocabulary.like(piece)[:_WORDS_FOR_A_PIECE]:
                yield size, _BY_PEN, word, word

    return steps
