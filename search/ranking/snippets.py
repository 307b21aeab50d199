"""What is shown of a hit: the part of the text that answers best, and the words that matched in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from search.analysis.normalise import Positions, merge_spans, normalise
from search.ranking.terms import QueryTerms

SNIPPET = 120
_LEAD = 12
_SENTENCE_ENDS = "。！？；\n"

Span = tuple[int, int]


@lru_cache(1_024)
def _read(text: str) -> tuple[str, Positions]:
    """Its normal form and the way back; the same texts are shown from key to key."""
    normal = normalise(text)
    return normal, Positions(text, normal)


@dataclass(frozen=True, slots=True)
class Snippet:
    text: str
    spans: list[Span]


def matched_terms(terms: QueryTerms, words: Sequence[bool], bigrams: Sequence[bool]) -> tuple[str, ...]:
    """Words found, and bigrams found that no found word explains."""
    found = [word for word, present in zip(terms.words, words, strict=True) if present]
    loose = [bigram for bigram, present in zip(terms.bigrams, bigrams, strict=True) if present]
    return (*found, *(bigram for bigram in loose if not any(bigram in word for word in found)))


def highlight(text: str, matched: Iterable[str]) -> list[Span]:
    """Spans of `text`, merged, in which a matched term stands."""
    normal, positions = _read(text)
    spans = _occurrences(normal, matched)
    return merge_spans(spans if positions.aligned else list(map(positions.original, spans)))


def make_snippet(text: str, matched: Sequence[str], worth: Sequence[float]) -> Snippet:
    """The window of at most `SNIPPET` characters whose matched terms are worth most; line breaks as blanks."""
    if len(text) <= SNIPPET:
        return Snippet(_one_line(text), highlight(text, matched))
    normal, positions = _read(text)
    found = [
        (span, value)
        for term, value in zip(matched, worth, strict=True)
        for span in _occurrences(normal, (term,))
    ]
    if not positions.aligned:
        found = [(positions.original(span), value) for span, value in found]
    marks = sorted(found)
    start = _lead(text, _best_start(marks))
    end = min(start + SNIPPET, len(text))
    start = max(end - SNIPPET, 0)
    inside = [(first - start, last - start) for (first, last), _ in marks if first >= start and last <= end]
    return Snippet(_one_line(text[start:end]), merge_spans(inside))


def _occurrences(normal: str, terms: Iterable[str]) -> list[Span]:
    spans: list[Span] = []
    for term in terms:
        at = normal.find(term)
        while at >= 0:
            spans.append((at, at + len(term)))
            at = normal.find(term, at + len(term))
    return spans


def _best_start(marks: Sequence[tuple[Span, float]]) -> int:
    """Each place of the text counts once, by the best term that covers it."""
    room = SNIPPET - _LEAD
    best, best_start, left, value = -1.0, 0, 0, 0.0
    for (_, last), worth in marks:
        value += worth
        while last - marks[left][0][0] > room:
            value -= marks[left][1]
            left += 1
        if value > best:
            best, best_start = value, marks[left][0][0]
    return best_start


def _lead(text: str, start: int) -> int:
    """Begin with the sentence where that is near, else a few characters ahead."""
    earliest = max(start - SNIPPET // 3, 0)
    for place in range(start - 1, earliest - 1, -1):
        if text[place] in _SENTENCE_ENDS:
            return place + 1
    return 0 if earliest == 0 else max(start - _LEAD, 0)


def _one_line(text: str) -> str:
    return text.replace("\n", " ").replace("\r", " ")
