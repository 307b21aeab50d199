"""What a text is told by: words and pairs of them, short runs of characters, and the words it opens with."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

import numpy as np
from numpy.typing import NDArray

from search.analysis.normalise import squeeze
from search.analysis.stop_words import STOP_WORDS
from search.analysis.words import Cutter

# People say what they want long before this; what follows is not read.
MAX_CHARACTERS = 2_000
OPENING = 30
LONGEST_RUN = 3
_READ_AHEAD = 2
_NO_LETTER = re.compile(r"[\W_]+")
_LETTER = re.compile(r"\w")
# Not the cutter with the city's words: a model must read a text as it was trained to.
_CUTTER = Cutter()

Terms = Counter[str]


def read(text: str) -> str:
    """The part of a text that is looked at, in normal form."""
    return squeeze(text[: MAX_CHARACTERS * _READ_AHEAD])[:MAX_CHARACTERS]


def _words(normal: str) -> list[str]:
    return [piece for piece in _CUTTER.cut(normal) if piece not in STOP_WORDS and _LETTER.search(piece)]


def words(normal: str) -> Terms:
    found = _words(normal)
    return Counter([*found, *(f"{left} {right}" for left, right in pairwise(found))])


def characters(normal: str) -> Terms:
    letters = _NO_LETTER.sub("", normal)
    return Counter(
        letters[start : start + size]
        for size in range(1, LONGEST_RUN + 1)
        for start in range(len(letters) - size + 1)
    )


def opening(normal: str) -> Terms:
    return Counter(_words(normal[:OPENING]))


BLOCKS: Mapping[str, Callable[[str], Terms]] = {
    "words": words,
    "characters": characters,
    "opening": opening,
}


@dataclass(frozen=True)
class Block:
    """The known terms of one kind with the rarity of each; `weight` is what the kind counts for."""

    name: str
    weight: float
    terms: Mapping[str, int]
    idf: NDArray[np.float32]

    def vector(self, normal: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Places and values of the terms a text holds, of length `weight`."""
        counts = BLOCKS[self.name](normal)
        known = sorted((self.terms[term], count) for term, count in counts.items() if term in self.terms)
        places = np.fromiter((place for place, _ in known), np.int64, len(known))
        said = np.fromiter((1.0 + log(count) for _, count in known), np.float32, len(known))
        values = said * self.idf[places]
        length = float(np.sqrt(values @ values))
        return places, values * np.float32(self.weight / length) if length else values


def fit_block(name: str, weight: float, texts: Sequence[str], least: int, most: int) -> Block:
    """Terms that at least `least` texts hold, the commonest `most` of them; rarity is smoothed ln(N/df) + 1."""
    held: Terms = Counter()
    for normal in texts:
        held.update(BLOCKS[name](normal).keys())
    ranked = sorted(
        ((-number, term) for term, number in held.items() if number >= least),
    )[:most]
    kept = sorted(term for _, term in ranked)
    idf = [log((1 + len(texts)) / (1 + held[term])) + 1 for term in kept]
    return Block(name, weight, {term: at for at, term in enumerate(kept)}, np.asarray(idf, dtype=np.float32))
