"""What the hand of editors does to the candidates of one query, alike for every engine."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.analysis.normalise import squeeze
from search.analysis.query import drop_small_talk
from search.analysis.stop_words import STOP_CHARACTERS, STOP_WORDS
from search.analysis.tokens import bigrams
from search.guide import Guide
from search.ranking.text import MARKS, Part

Values = NDArray[np.float32]
VectorOf = Callable[[str], NDArray[np.float32] | None]

PINNED: Final = "pinned"
BOOST: Final = "boost"
NOT_THIS: Final = "not_this"
# What is left of a score whose point says that this is not its question.
LEFT: Final = 0.2
# From here on a text that someone wrote down beforehand speaks of the query at all.
_NEAR: Final = 0.35
_QUESTIONS: Final = (Part.TITLE, Part.QUESTION)


@dataclass(frozen=True, slots=True)
class Guided:
    """Rows go with the candidates. `pins` is the place of a pinned row and the same high number for all others;
    `notes` are features of the rows of which there is something to tell."""

    pins: NDArray[np.int64]
    factors: Values
    stopped: NDArray[np.bool_]
    notes: Mapping[int, Mapping[str, float]]

    def order(self, scores: Values) -> NDArray[np.int64]:
        ordered: NDArray[np.int64] = np.lexsort((-scores, self.pins))
        return ordered

    @property
    def pinned(self) -> NDArray[np.bool_]:
        held: NDArray[np.bool_] = self.pins < len(self.pins)
        return held


def guide_rows(
    guide: Guide,
    text: str,
    points: NDArray[np.integer],
    names: Mapping[int, str],
    texts: Sequence[bytes],
    vector_of: VectorOf,
) -> Guided:
    """`points` are the numbers of the rows' points and `names` the codes of those that the guide speaks of;
    `texts` the rows in the form that is ranked, `text` the query's normal form."""
    rows = len(points)
    pins = np.full(rows, rows, dtype=np.int64)
    factors = np.ones(rows, dtype=np.float32)
    stopped = np.zeros(rows, dtype=bool)
    notes: dict[int, dict[str, float]] = {}
    places = {code: place for place, code in enumerate(guide.pins)}
    closeness = _Closeness(text, vector_of)
    of_point = _rows_by_point(points, names)
    for code, its_rows in of_point.items():
        said: dict[str, float] = {}
        stopped[its_rows] = code in guide.stops
        if code in places:
            pins[its_rows] = min(places[code], rows - 1)
            said[PINNED] = 1.0
        if code in guide.boosts:
            factors[its_rows] *= np.float32(guide.boosts[code])
            said[BOOST] = round(guide.boosts[code], 4)
        against = _against(guide.negatives.get(code, ()), closeness, [texts[row] for row in its_rows])
        if against > 0:
            factors[its_rows] *= np.float32(LEFT)
            said[NOT_THIS] = round(against, 4)
        if said:
            notes.update(dict.fromkeys(its_rows, said))
    return Guided(pins, factors, stopped, notes)


def _rows_by_point(points: NDArray[np.integer], names: Mapping[int, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row, number in enumerate(points.tolist()):
        if number in names:
            found.setdefault(names[number], []).append(row)
    return found


def _against(negatives: Sequence[str], closeness: "_Closeness", texts: Sequence[bytes]) -> float:
    """By how much the closest negative question is closer than whatever the point answers, 0 where none is."""
    if not negatives:
        return 0.0
    against = max(map(closeness.to, negatives))
    if against < _NEAR:
        return 0.0
    return max(0.0, against - max(map(closeness.to, _answered(texts)), default=0.0))


def _answered(texts: Sequence[bytes]) -> set[str]:
    """Titles and similar questions, read from the form that is ranked."""
    found: set[str] = set()
    for encoded in texts:
        text = encoded.decode("utf-16-le", "surrogatepass")
        starts = [at for at, char in enumerate(text) if ord(char) < MARKS]
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
            if ord(text[start]) in _QUESTIONS and end > start + 1:
                found.add(text[start + 1 : end])
    return found


class _Closeness:
    """How near a question is to the query, in [0, 1]: shared bigrams, and the cosine where there are vectors."""

    def __init__(self, text: str, vector_of: VectorOf) -> None:
        self._text = text
        self._pairs = _telling(text)
        self._vector_of = vector_of
        self._vector: NDArray[np.float32] | None = None
        self._known: dict[str, float] = {}

    def to(self, question: str) -> float:
        if question not in self._known:
            self._known[question] = self._measure(question)
        return self._known[question]

    def _measure(self, question: str) -> float:
        plain = drop_small_talk(squeeze(question))
        if plain == self._text:
            return 1.0
        pairs = _telling(plain)
        shared = 2 * sum((pairs & self._pairs).values()) / max(pairs.total() + self._pairs.total(), 1)
        if self._vector is None:
            self._vector = self._vector_of(self._text)
        theirs = self._vector_of(plain) if self._vector is not None else None
        if self._vector is None or theirs is None:
            return shared
        return (shared + max(0.0, float(self._vector @ theirs))) / 2


def _telling(text: str) -> Counter[str]:
    every = Counter(bigrams(text))
    telling = {
        pair: count
        for pair, count in every.items()
        if pair not in STOP_WORDS and not all(char in STOP_CHARACTERS for char in pair)
    }
    return Counter(telling) or every
