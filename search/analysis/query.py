"""A query as it is searched: bounded, without greetings, as counted terms."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from search.analysis.normalise import squeeze
from search.analysis.places import NOWHERE, Named, gazetteer
from search.analysis.questions import Asks, asks
from search.analysis.stop_words import CLOSING, OPENING, STOP_CHARACTERS, STOP_WORDS
from search.analysis.tokens import bigrams, words

MAX_CHARACTERS = 500
MAX_TERMS = 64
_READ_AHEAD = 4
_MAX_NUMBERS = 16
# A message that goes on after its first sentence says there what it is about.
_GOES_ON = 24
_MESSAGE = 60
_SENTENCE = re.compile(r"[^\s。！？!?]{4,}")
_NUMBER = re.compile(r"[0-9a-z]+")


@dataclass(frozen=True, slots=True)
class AnalysedQuery:
    """Terms with how often they were said, at most `MAX_TERMS` of each kind, in order of first use.

    `opening` is how many of the bigrams the first sentence has, all of them where there is no other;
    `numbers` are what is written in digits and letters, as in A3区 or 2号线; `asks` is the kind of answer asked
    for, nothing for a whole message, which asks for much; `places` are the keys of the places named.
    """

    text: str
    words: dict[str, int]
    bigrams: dict[str, int]
    opening: int = 0
    numbers: tuple[str, ...] = ()
    asks: Asks | None = None
    places: Named = NOWHERE

    @property
    def empty(self) -> bool:
        return not self.words and not self.bigrams


def analyse_query(text: str) -> AnalysedQuery:
    """Never fails: whatever the text, the work is bounded by `MAX_CHARACTERS` and `MAX_TERMS`."""
    # Characters that the normal form drops do not use up the allowance, yet a huge paste is not read whole.
    normal = squeeze(text[: MAX_CHARACTERS * _READ_AHEAD])[:MAX_CHARACTERS]
    kept = drop_small_talk(normal)
    all_bigrams = Counter(bigrams(kept))
    telling = _first(
        {term: count for term, count in all_bigrams.items() if not _says_nothing(term)} or all_bigrams
    )
    return AnalysedQuery(
        text=kept,
        words=_first(Counter(words(kept))),
        bigrams=telling,
        opening=_opening(kept, telling),
        numbers=tuple(dict.fromkeys(_NUMBER.findall(kept)))[:_MAX_NUMBERS],
        asks=asks(kept) if len(kept) <= _MESSAGE else None,
        places=gazetteer().named(kept),
    )


def _opening(kept: str, telling: dict[str, int]) -> int:
    first = _SENTENCE.search(kept)
    if first is None or len(kept) <= _GOES_ON:
        return len(telling)
    said = set(bigrams(kept[: first.end()]))
    return sum(term in said for term in telling) or len(telling)


def drop_small_talk(normal: str) -> str:
    """The query without greeting, opening phrase and thanks; as it was where nothing else remains."""
    opened = OPENING.sub("", normal, count=1)
    closed = CLOSING.sub("", opened or normal, count=1)
    return closed or opened or normal


def _says_nothing(term: str) -> bool:
    return term in STOP_WORDS or all(char in STOP_CHARACTERS for char in term)


def _first(terms: Mapping[str, int]) -> dict[str, int]:
    kept = dict(list(terms.items())[:MAX_TERMS])
    assert len(kept) <= MAX_TERMS
    return kept
