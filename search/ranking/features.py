"""What is measured of each candidate; every feature lies in [0, 1] and means the same for every query."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.analysis.places import gazetteer
from search.analysis.questions import answer_pattern
from search.ranking.layout import Counts, Occurrences, Texts, find_occurrences, lay_out
from search.ranking.official import Official
from search.ranking.terms import QueryTerms, Weights
from search.ranking.text import Part

Values = NDArray[np.float32]

FEATURES: Final = (
    "words",
    "bigrams",
    "characters",
    "coverage",
    "title",
    "question",
    "keywords",
    "equality",
    "common_part",
    "opening",
    "numbers",
    "official",
    "answers",
    "unit",
    "region",
    "elsewhere",
    "document",
    "siblings",
    "length",
    "cosine",
)

# A long query has most characters in common with any long text.
_TELLING_CHARACTERS = 16
_SHORTEST = 10
# As many candidates are looked at however long a page is, best by keywords first: what is counted among candidates is
# counted among these, so that it does not change from page to page.
ALWAYS_LOOKED_AT: Final = 80
# Beyond so many e-folds, about 3,000 passages, nobody looks.
_MOST_FOLDS = 8.0


@dataclass(frozen=True, slots=True)
class Saturation:
    """BM25's two constants and the power that idf is raised to."""

    k1: float = 1.0
    b: float = 0.9
    idf_power: float = 1.5


@dataclass(frozen=True, slots=True)
class NamedIn:
    """How far each candidate is of a unit or region that the question names."""

    unit: Values
    region: Values

    @classmethod
    def nothing(cls, candidates: int) -> "NamedIn":
        return cls(np.zeros(candidates, dtype=np.float32), np.zeros(candidates, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class Measured:
    """`values` is candidates x `FEATURES`; `words` and `bigrams` say which terms a candidate holds, `titled`
    whether it has a title.
    """

    values: Values
    words: NDArray[np.bool_]
    bigrams: NDArray[np.bool_]
    titled: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.int64]) -> "Measured":
        return Measured(self.values[chosen], self.words[chosen], self.bigrams[chosen], self.titled[chosen])


def measure(
    terms: QueryTerms,
    encoded: Sequence[bytes],
    cosines: Values,
    average_length: float,
    saturation: Saturation,
    official: Official | None = None,
    named: NamedIn | None = None,
) -> Measured:
    """`encoded` are the candidates' texts, `average_length` the collection's mean in units of text."""
    texts = lay_out(encoded)
    named = named or NamedIn.nothing(texts.documents)
    found = find_occurrences(terms, texts)
    words, bigrams, characters = (
        np.add.reduceat(counts, texts.first_segment, axis=0)
        for counts in (found.words, found.bigrams, found.characters)
    )
    norm = _length_norm(texts, average_length, saturation)
    word_weights = terms.words_idf**saturation.idf_power * terms.words_said
    bigram_weights = terms.bigrams_idf**saturation.idf_power * terms.bigrams_said
    head = _Head(texts, found, bigram_weights)
    document, siblings = _documents(texts, bigrams, bigram_weights)
    columns: dict[str, Values] = {
        "words": _share_of_ideal(words, word_weights, norm, saturation),
        "bigrams": _share_of_ideal(bigrams, bigram_weights, norm, saturation),
        "characters": _share_of_ideal(
            characters, terms.characters_idf**saturation.idf_power, norm, saturation
        )
        * np.float32(min(1.0, _TELLING_CHARACTERS / max(len(terms.characters), 1))),
        "coverage": (_covered(words, word_weights) + _covered(bigrams, bigram_weights)) / np.float32(2),
        "title": head.best_coverage(Part.TITLE),
        "question": head.best_coverage(Part.QUESTION),
        "keywords": head.best_coverage(Part.KEYWORDS),
        "equality": head.equality(),
        "common_part": np.minimum(found.longest_run / np.float32(max(len(terms.text), 1)), 1.0),
        "opening": _share_of_ideal(
            bigrams[:, : terms.opening], bigram_weights[: terms.opening], norm, saturation
        ),
        "numbers": _share_held(np.add.reduceat(found.numbers, texts.first_segment, axis=0)),
        "official": official.evidence(texts) if official else np.zeros(texts.documents, dtype=np.float32),
        "answers": _answers(texts, terms),
        "unit": named.unit,
        "region": named.region,
        "elsewhere": _elsewhere(texts, terms),
        "document": document,
        "siblings": siblings,
        "length": _relative_length(texts, average_length),
        "cosine": np.clip(cosines, 0.0, 1.0),
    }
    values = np.stack([columns[name] for name in FEATURES], axis=1).astype(np.float32)
    return Measured(values, words > 0, bigrams > 0, head.has(Part.TITLE))


def _relative_length(texts: Texts, average: float) -> Values:
    """One half for a text of average length, a step of 1/8 for each e-fold."""
    ratio = (texts.document_lengths + _SHORTEST) / (average + _SHORTEST)
    length: Values = np.clip(0.5 + np.log(ratio) / 8, 0.0, 1.0).astype(np.float32)
    return length


def _answers(texts: Texts, terms: QueryTerms) -> Values:
    """Whether the body holds what looks like an answer of the kind that is asked for."""
    pattern = answer_pattern(terms.asks)
    if pattern is None:
        return np.zeros(texts.documents, dtype=np.float32)
    said = texts.joined
    return np.array([pattern.search(said, *body) is not None for body in texts.bodies], dtype=np.float32)


def _elsewhere(texts: Texts, terms: QueryTerms) -> Values:
    """Whether the text names other places than those asked for, and none of those."""
    if not terms.places:
        return np.zeros(texts.documents, dtype=np.float32)
    known = gazetteer()
    told = known.named_in(texts.joined, texts.units, texts.document_starts)
    return np.array([known.apart(terms.places, each) for each in told], dtype=np.float32)


def _documents(texts: Texts, bigrams: Counts, weights: Weights) -> tuple[Values, Values]:
    """What all candidates of one title hold of the question together, and how many of them there are (the
    logarithm, over its bound). Passages of one official document have its title in common."""
    titles = [title or str(place) for place, title in enumerate(texts.titles)]
    numbers: dict[str, int] = {}
    group = np.array([numbers.setdefault(title, len(numbers)) for title in titles])
    first = group[:ALWAYS_LOOKED_AT]
    held = np.zeros((len(numbers), bigrams.shape[1]), dtype=np.float32)
    np.maximum.at(held, first, bigrams[:ALWAYS_LOOKED_AT])
    sizes = np.maximum(np.bincount(first, minlength=len(numbers)), 1)
    siblings: Values = np.minimum(np.log(sizes) / _MOST_FOLDS, 1.0).astype(np.float32)
    return _covered(np.maximum(held[group], bigrams), weights), siblings[group]


def _share_held(counts: Counts) -> Values:
    held = (counts > 0).astype(np.float32)
    share: Values = held.mean(axis=1) if counts.shape[1] else np.zeros(len(counts), dtype=np.float32)
    return share


def _length_norm(texts: Texts, average: float, saturation: Saturation) -> Values:
    relative = texts.document_lengths / max(average, 1.0)
    norm: Values = np.float32(saturation.k1) * (1 - saturation.b + saturation.b * relative).astype(np.float32)
    return norm[:, None]


def _share_of_ideal(counts: Counts, weights: Weights, norm: Values, saturation: Saturation) -> Values:
    """BM25 over the score of a text that says every term without end."""
    ideal = float(weights.sum())
    if ideal <= 0:
        return np.zeros(len(counts), dtype=np.float32)
    gain = counts / (counts + np.maximum(norm, 1e-6))
    share: Values = np.asarray(np.einsum("ij,j->i", gain, weights) / ideal, dtype=np.float32)
    # Even a text that is the query itself reaches about half, so the scale is stretched to use [0, 1].
    stretched: Values = np.minimum(share * np.float32((saturation.k1 + 1) / 2), np.float32(1))
    return stretched


def _covered(counts: Counts, weights: Weights) -> Values:
    ideal = float(weights.sum())
    if ideal <= 0:
        return np.zeros(len(counts), dtype=np.float32)
    held = (counts > 0).astype(np.float32)
    # The sum of shares may lie a hair above 1.
    return np.minimum(
        np.asarray(np.einsum("ij,j->i", held, weights) / ideal, dtype=np.float32), np.float32(1)
    )


class _Head:
    """Titles and similar questions, of which the best single one counts."""

    def __init__(self, texts: Texts, found: Occurrences, bigram_weights: Weights) -> None:
        self._texts = texts
        self._found = found
        self._covered = _covered(found.bigrams, bigram_weights)

    def _best(self, per_segment: Values, *kinds: Part) -> Values:
        chosen = np.logical_or.reduce([self._texts.kinds == kind for kind in kinds])
        kept = np.where(chosen, per_segment, np.float32(0))
        best: Values = np.maximum.reduceat(kept, self._texts.first_segment)
        return best

    def has(self, kind: Part) -> NDArray[np.bool_]:
        lengths = np.where(self._texts.kinds == kind, self._texts.lengths, 0)
        held: NDArray[np.bool_] = np.add.reduceat(lengths, self._texts.first_segment) > 0
        return held

    def best_coverage(self, kind: Part) -> Values:
        return self._best(self._covered, kind)

    def equality(self) -> Values:
        """Shared bigrams over all bigrams of the query and the title or question (Dice), cubed: only what
        is nearly the same counts."""
        shared = (self._found.phrases > 0).sum(axis=1)
        sizes = np.maximum(self._texts.lengths - 1, 1)
        dice = 2.0 * shared / (self._found.phrase_size + sizes)
        return np.minimum(self._best(dice.astype(np.float32), Part.TITLE, Part.QUESTION), 1.0) ** 3
