"""Where the terms of a query occur in the texts of many candidates, found for all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from search.analysis.tokens import bigrams
from search.ranking.terms import QueryTerms
from search.ranking.text import MARKS, Units, encode, units_of

Counts = NDArray[np.float32]
Integers = NDArray[np.int64]

_MOST_CHARACTERS = 250
_MOST_PAIRS = 250
_UNITS = 1 << 16
_PADDING = 64


@dataclass(frozen=True)
class Texts:
    """The candidates' texts end to end. A segment is one title, question, keyword list, article or body."""

    units: Units
    kinds: NDArray[np.uint16]
    starts: Integers
    lengths: Integers
    first_segment: Integers
    document_lengths: Integers

    @property
    def documents(self) -> int:
        return len(self.first_segment)

    @property
    def segments(self) -> int:
        return len(self.starts)

    @cached_property
    def joined(self) -> str:
        """All texts as one, a character for each unit."""
        return self.units.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")

    @property
    def document_starts(self) -> Integers:
        starts: Integers = self.starts[self.first_segment]
        return starts

    @cached_property
    def titles(self) -> list[str]:
        """Of each document, empty where it has none: the segment that it begins with."""
        first = self.first_segment
        begins, ends = self.starts[first] + 1, self.starts[first] + 1 + self.lengths[first]
        return [self.joined[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]

    @property
    def bodies(self) -> list[tuple[int, int]]:
        """Where in `joined` the body of each document begins and ends: its last segment."""
        last = np.append(self.first_segment[1:], self.segments) - 1
        begins = self.starts[last] + 1
        return list(zip(begins.tolist(), (begins + self.lengths[last]).tolist(), strict=True))


def lay_out(encoded: Sequence[bytes]) -> Texts:
    """Each text begins with a mark, so every candidate has at least one segment."""
    units = units_of(b"".join(encoded))
    starts = np.flatnonzero(units < MARKS)
    sizes = np.fromiter((len(text) // 2 for text in encoded), dtype=np.int64, count=len(encoded))
    ends = np.cumsum(sizes)
    lengths = np.diff(starts, append=len(units)) - 1
    first = np.searchsorted(starts, ends - sizes)
    return Texts(units, units[starts], starts, lengths, first, np.add.reduceat(lengths, first))


@dataclass(frozen=True, slots=True)
class Occurrences:
    """How often each term stands in each segment (`segments` x terms), and the longest common part.

    `phrases` counts the bigrams of the whole query, those of stop words included; `phrase_size` is their number.
    """

    words: Counts
    bigrams: Counts
    characters: Counts
    numbers: Counts
    phrases: Counts
    phrase_size: int
    longest_run: NDArray[np.float32]


def find_occurrences(terms: QueryTerms, texts: Texts) -> Occurrences:
    finder = _Finder("".join((*terms.words, *terms.bigrams, *terms.numbers, terms.text)), texts)
    phrases = tuple(dict.fromkeys(bigrams(terms.text)))[:_MOST_PAIRS]
    pairs = finder.pairs((*phrases, *terms.bigrams, *terms.words))
    return Occurrences(
        words=finder.columns(terms.words, pairs),
        bigrams=finder.columns(terms.bigrams, pairs),
        characters=finder.character_counts(terms.characters),
        numbers=finder.columns(terms.numbers, pairs),
        phrases=finder.columns(phrases, pairs),
        phrase_size=len(phrases),
        longest_run=finder.longest_run(bigrams(terms.text), pairs),
    )


def count_bigrams(terms: Sequence[str], texts: Texts) -> Counts:
    """How often each bigram stands in each segment."""
    finder = _Finder("".join(terms), texts)
    return finder.columns(terms, finder.pairs(terms))


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Positions of the pairs of units looked for, with the number of the pair found there (from 1)."""

    numbers: dict[str, int]
    positions: Integers
    found: NDArray[np.uint8]
    counts: Counts


class _Finder:
    def __init__(self, looked_for: str, texts: Texts) -> None:
        self._texts = texts
        every = units_of(encode(looked_for))
        distinct = list(dict.fromkeys(every.tolist()))[:_MOST_CHARACTERS]
        self._number = {unit: place for place, unit in enumerate(distinct, start=1)}
        table = np.zeros(_UNITS, dtype=np.uint8)
        table[distinct] = np.arange(1, len(distinct) + 1)
        self._size = len(distinct) + 1
        self._at = np.zeros(len(texts.units) + _PADDING, dtype=np.uint8)
        np.take(table, texts.units, out=self._at[: len(texts.units)])
        self._segment_of = np.repeat(
            np.arange(texts.segments), np.diff(texts.starts, append=len(texts.units))
        )

    def _sequence(self, term: str) -> list[int]:
        return [self._number.get(unit, 0) for unit in units_of(encode(term)).tolist()]

    def pairs(self, terms: Sequence[str]) -> _Pairs:
        numbers: dict[str, int] = {}
        table = np.zeros(self._size * self._size, dtype=np.uint8)
        for term in terms:
            sequence = self._sequence(term)
            if len(sequence) == 2 and all(sequence) and not term.isascii() and len(numbers) < _MOST_PAIRS:
                number = numbers.setdefault(term, len(numbers) + 1)
                table[sequence[0] * self._size + sequence[1]] = number
        at = self._at[: len(self._texts.units)]
        codes = at[:-1].astype(np.uint16) * np.uint16(self._size) + at[1:]
        every = table[codes]
        positions = np.flatnonzero(every)
        found = every[positions]
        width = len(numbers) + 1
        counts = self._count(positions, found, width)
        return _Pairs(numbers, positions, found, counts)

    def _count(self, positions: Integers, columns: NDArray[np.uint8], width: int) -> Counts:
        cells = self._segment_of[positions] * width + columns
        size = self._texts.segments * width
        return np.bincount(cells, minlength=size).reshape(-1, width).astype(np.float32)

    def columns(self, terms: Sequence[str], pairs: _Pairs) -> Counts:
        """Counts of the terms, those that are pairs taken from what was found already."""
        counts = np.zeros((self._texts.segments, len(terms)), dtype=np.float32)
        for column, term in enumerate(terms):
            number = pairs.numbers.get(term)
            if number is not None:
                counts[:, column] = pairs.counts[:, number]
            else:
                positions = self._positions(term)
                if len(positions):
                    found = np.bincount(self._segment_of[positions], minlength=self._texts.segments)
                    counts[:, column] = found
        return counts

    def _positions(self, term: str) -> Integers:
        sequence = self._sequence(term)
        if not all(sequence) or not sequence:
            return np.zeros(0, dtype=np.int64)
        positions = np.flatnonzero(self._at == sequence[0])
        for place, number in enumerate(sequence[1:], start=1):
            positions = positions[self._at[positions + place] == number]
        return self._whole(term, positions) if term.isascii() else positions

    def _whole(self, term: str, positions: Integers) -> Integers:
        """Only where no digit goes before or after a number, and no letter before or after letters."""
        units = self._texts.units
        # Every text begins with a mark, so there is always a unit before; after the last one there is none.
        before = units[positions - 1]
        ends = positions + len(term)
        after = np.where(ends < len(units), units[np.minimum(ends, len(units) - 1)], 0)
        kept = np.ones(len(positions), dtype=bool)
        for first, last, edges in (("0", "9", str.isdigit), ("a", "z", str.isalpha)):
            low, high = ord(first), ord(last)
            if edges(term[0]):
                kept &= ~((before >= low) & (before <= high))
            if edges(term[-1]):
                kept &= ~((after >= low) & (after <= high))
        return positions[kept]

    def character_counts(self, characters: Sequence[str]) -> Counts:
        at = self._at[: len(self._texts.units)]
        positions = np.flatnonzero(at)
        counts = self._count(positions, at[positions], self._size)
        numbers = [sequence[0] if len(sequence := self._sequence(char)) == 1 else 0 for char in characters]
        chosen: Counts = counts[:, numbers]
        # Column 0 stands for units that are not in the query and never occurs among the positions.
        return chosen

    def longest_run(self, sequence: Sequence[str], pairs: _Pairs) -> NDArray[np.float32]:
        """Characters of the longest part that a document and the query have word for word."""
        longest = np.zeros(self._texts.documents, dtype=np.float32)
        if not len(pairs.positions):
            return longest
        width = len(pairs.numbers) + 1
        follows = np.zeros((width, width), dtype=bool)
        for left, right in pairwise(pairs.numbers.get(term, 0) for term in sequence):
            follows[left, right] = left > 0 and right > 0
        goes_on = follows[pairs.found[:-1], pairs.found[1:]] & (np.diff(pairs.positions) == 1)
        starts = np.flatnonzero(np.concatenate(([True], ~goes_on)))
        lengths = np.diff(starts, append=len(pairs.positions)) + 1
        segments = self._segment_of[pairs.positions[starts]]
        documents = np.searchsorted(self._texts.first_segment, segments, side="right") - 1
        np.maximum.at(longest, documents, lengths.astype(np.float32))
        return longest
