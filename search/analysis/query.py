"""A query as it is searched: bounded, without greetings, as counted terms."""

from collections import Counter
from dataclasses import dataclass

from search.analysis.normalise import squeeze
from search.analysis.stop_words import CLOSING, OPENING, STOP_CHARACTERS, STOP_WORDS
from search.analysis.tokens import bigrams, words

MAX_CHARACTERS = 500
MAX_TERMS = 64
_READ_AHEAD = 4


@dataclass(frozen=True, slots=True)
class AnalysedQuery:
    """Terms with how often they were said, at most `MAX_TERMS` of each kind, in order of first use."""

    text: str
    words: dict[str, int]
    bigrams: dict[str, int]

    @property
    def empty(self) -> bool:
        return not self.words and not self.bigrams


def analyse_query(text: str) -> AnalysedQuery:
    """Never fails: whatever the text, the work is bounded by `MAX_CHARACTERS` and `MAX_TERMS`."""
    # Characters that the normal form drops do not use up the allowance, yet a huge paste is not read whole.
    normal = squeeze(text[: MAX_CHARACTERS * _READ_AHEAD])[:MAX_CHARACTERS]
    kept = drop_small_talk(normal)
    all_bigrams = Counter(bigrams(kept))
    without = {term: count for term, count in all_bigrams.items() if not _says_nothing(term)}
    said = _first(Counter(words(kept)))
    return AnalysedQuery(text=kept, words=said, bigrams=_first(Counter(without or all_bigrams)))


def drop_small_talk(normal: str) -> str:
    """The query without greeting, opening phrase and thanks; as it was where nothing else remains."""
    opened = OPENING.sub("", normal, count=1)
    closed = CLOSING.sub("", opened or normal, count=1)
    return closed or opened or normal


def _says_nothing(term: str) -> bool:
    return term in STOP_WORDS or all(char in STOP_CHARACTERS for char in term)


def _first(terms: Counter[str]) -> dict[str, int]:
    kept = dict(list(terms.items())[:MAX_TERMS])
    assert len(kept) <= MAX_TERMS
    return kept
