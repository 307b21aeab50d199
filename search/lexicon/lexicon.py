"""From the words of a caller to the words of an official: entries read from `spoken.csv`, and their matcher.

An entry may hold one gap (`…`) that stands for up to `MOST_BETWEEN` characters, as people put pronouns and
amounts between the parts of a phrase: `被…开除` is found in `被老板开除`.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from search.analysis.normalise import squeeze

LEXICON_FILE = Path(__file__).parent / "spoken.csv"
GAP = "…"
MOST_BETWEEN = 4
MOST_CHARACTERS = 500
MOST_TERMS = 24
SHORTEST, LONGEST = 2, 12
LEAST_WEIGHT, MOST_WEIGHT = 0.2, 1.0

_COLUMNS = ["spoken", "official", "weight", "field"]
_HEAD = 2
_READ_AHEAD = 4

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said, the official terms it stands for, and how surely it means them (0.2 to 1)."""

    spoken: str
    official: tuple[str, ...]
    weight: float
    field: str


class Expansion(NamedTuple):
    """An official term that the text does not hold itself, and the entry's wording that brought it in."""

    term: str
    weight: float
    spoken: str


class _Known(NamedTuple):
    """An entry with its official terms in normal form."""

    entry: Entry
    terms: tuple[str, ...]


class _Match(NamedTuple):
    """Where the parts of an entry stand; `size` counts their characters without what lies between them."""

    size: int
    spans: tuple[Span, ...]
    known: _Known


class Lexicon:
    """Entries ready to be looked up. Of two entries for the same words the later one counts; one without
    official terms therefore silences an earlier one.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        by_spoken = {squeeze(entry.spoken): entry for entry in entries}
        self._entries = tuple(by_spoken.values())
        self._whole: dict[str, _Known] = {}
        self._gapped: dict[str, list[tuple[str, _Known]]] = {}
        sizes: dict[str, set[int]] = {}
        firsts: dict[str, set[int]] = {}
        for entry in self._entries:
            first, *rest = (squeeze(part) for part in entry.spoken.split(GAP))
            if not entry.official or not first:
                continue
            known = _Known(entry, tuple(squeeze(term) for term in entry.official))
            if rest and rest[0]:
                self._gapped.setdefault(first, []).append((rest[0], known))
                firsts.setdefault(first[0], set()).add(len(first))
            else:
                self._whole[first] = known
                sizes.setdefault(first[:_HEAD], set()).add(len(first))
        self._sizes = {head: tuple(sorted(lengths)) for head, lengths in sizes.items()}
        self._firsts = {char: tuple(sorted(lengths)) for char, lengths in firsts.items()}

    def __len__(self) -> int:
        return len(self._entries)

    def with_entries(self, extra: Iterable[Entry]) -> "Lexicon":
        """This lexicon and what administrators keep beside it; theirs comes first for the same words."""
        return Lexicon((*self._entries, *extra))

    def expand(
        self, text: str, most_terms: int = MOST_TERMS, least_weight: float = LEAST_WEIGHT
    ) -> list[Expansion]:
        """Official terms for what the text says, the surest first, at most `most_terms`, none under
        `least_weight`.

        Pure and bounded: no more than `MOST_CHARACTERS` are read. A wording within a longer one that was found
        is left out, and so is a term that the text holds already.
        """
        normal = squeeze(text[: MOST_CHARACTERS * _READ_AHEAD])[:MOST_CHARACTERS]
        found: dict[str, Expansion] = {}
        for match in _outermost(self._matches(normal), len(normal)):
            entry, terms = match.known
            if entry.weight < least_weight:
                continue
            for term, plain in zip(entry.official, terms, strict=True):
                other = found.get(term)
                if (other is None or other.weight < entry.weight) and plain not in normal:
                    found[term] = Expansion(term, entry.weight, entry.spoken)
        return sorted(found.values(), key=_by_weight)[: max(most_terms, 0)]

    def _matches(self, normal: str) -> list[_Match]:
        matches: list[_Match] = []
        length = len(normal)
        for start, char in enumerate(normal):
            for size in self._sizes.get(normal[start : start + _HEAD], ()):
                known = self._whole.get(normal[start : start + size])
                if known is not None and start + size <= length:
                    matches.append(_Match(size, ((start, start + size),), known))
            for size in self._firsts.get(char, ()):
                end = start + size
                for rest, known in self._gapped.get(normal[start:end], ()):
                    place = normal.find(rest, end, end + MOST_BETWEEN + len(rest))
                    if place >= 0:
                        spans = ((start, end), (place, place + len(rest)))
                        matches.append(_Match(size + len(rest), spans, known))
        return matches


def _by_weight(expansion: Expansion) -> float:
    return -expansion.weight


def _outermost(matches: list[_Match], length: int) -> list[_Match]:
    """Those of which some part is not within a part of a longer one, in the order in which they are said."""
    if len(matches) < 2:
        return matches
    kept: list[_Match] = []
    # How far the parts kept reach that cover a position: one that reaches the end of another holds it whole.
    reach = [0] * length
    for match in sorted(matches, key=_by_size):
        if all(reach[start] >= end for start, end in match.spans):
            continue
        kept.append(match)
        for start, end in match.spans:
            for place in range(start, end):
                reach[place] = max(reach[place], end)
    kept.sort(key=_by_place)
    return kept


def _by_size(match: _Match) -> tuple[int, int]:
    return -match.size, len(match.spans)


def _by_place(match: _Match) -> tuple[Span, ...]:
    return match.spans


def read_entries(path: Path = LEXICON_FILE) -> list[Entry]:
    """The entries of a lexicon file (UTF-8, comma separated, official terms split by `;`).

    Raises ValueError, with the line's number, for a line that cannot be an entry.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != _COLUMNS:
            raise ValueError(f"{path.name}:1: the columns must be {', '.join(_COLUMNS)}")
        return [_entry(row, f"{path.name}:{reader.line_num}") for row in reader]


def _entry(row: dict[str, str], where: str) -> Entry:
    official = tuple(term.strip() for term in (row["official"] or "").split(";") if term.strip())
    spoken = row["spoken"].strip()
    try:
        weight = float(row["weight"])
    except (TypeError, ValueError):
        raise ValueError(f"{where}: the weight is no number") from None
    if not official or not SHORTEST <= len(spoken) <= LONGEST or spoken.count(GAP) > 1:
        raise ValueError(
            f"{where}: {SHORTEST} to {LONGEST} characters with one gap at most, and official terms, are needed"
        )
    if not LEAST_WEIGHT <= weight <= MOST_WEIGHT:
        raise ValueError(f"{where}: the weight must lie between {LEAST_WEIGHT} and {MOST_WEIGHT}")
    return Entry(spoken, official, weight, (row["field"] or "").strip())


@cache
def default_lexicon() -> Lexicon:
    return Lexicon(read_entries())


def expand(
    text: str,
    lexicon: Lexicon | None = None,
    most_terms: int = MOST_TERMS,
    least_weight: float = LEAST_WEIGHT,
) -> list[Expansion]:
    """`Lexicon.expand` with the shipped lexicon unless another is given."""
    return (lexicon or default_lexicon()).expand(text, most_terms, least_weight)
