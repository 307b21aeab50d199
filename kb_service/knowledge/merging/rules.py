"""Bringing two texts together that were written from a third. Pure.

Each piece tells what stood there before and what each side made of it, so that nothing can be lost:
the bases joined are the old text, the two sides joined are the two texts again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Outcome = Literal["same", "mine", "theirs", "both", "conflict"]
Tokens = tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """`outcome`: who changed it; `both` made the same change, `conflict`: two different ones."""

    outcome: Outcome
    base: Tokens
    mine: Tokens
    theirs: Tokens

    @property
    def merged(self) -> Tokens:
        """One side's words; where both changed it, mine, to be looked at."""
        return self.theirs if self.outcome in {"same", "theirs"} else self.mine


def merge(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> list[Piece]:
    """The three texts cut at the places that all of them share."""
    pieces: list[Piece] = []
    at = (0, 0, 0)
    for start, mine_start, theirs_start, length in [*_shared(base, mine, theirs), _end(base, mine, theirs)]:
        parts = (
            tuple(base[at[0] : start]),
            tuple(mine[at[1] : mine_start]),
            tuple(theirs[at[2] : theirs_start]),
        )
        if any(parts):
            pieces.append(Piece(_outcome(*parts), *parts))
        if length:
            kept = tuple(base[start : start + length])
            pieces.append(Piece("same", kept, kept, kept))
        at = (start + length, mine_start + length, theirs_start + length)
    return pieces


def _end(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> tuple[int, int, int, int]:
    return len(base), len(mine), len(theirs), 0


def _outcome(base: Tokens, mine: Tokens, theirs: Tokens) -> Outcome:
    if mine == theirs:
        return "both" if mine != base else "same"
    if mine == base:
        return "theirs"
    return "mine" if theirs == base else "conflict"


def _shared(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]
) -> Iterator[tuple[int, int, int, int]]:
    """Stretches of the base that stand in both: where they begin in each, and how long they are."""
    left = SequenceMatcher(None, base, mine, autojunk=False).get_matching_blocks()
    right = SequenceMatcher(None, base, theirs, autojunk=False).get_matching_blocks()
    i = j = 0
    while i < len(left) and j < len(right):
        one, other = left[i], right[j]
        start = max(one.a, other.a)
        stop = min(one.a + one.size, other.a + other.size)
        if start < stop:
            yield start, one.b + start - one.a, other.b + start - other.a, stop - start
        if one.a + one.size < other.a + other.size:
            i += 1
        else:
            j += 1


def value(base: object, mine: object, theirs: object) -> Outcome:
    """The same for something that is taken as a whole, such as a date."""
    if mine == theirs:
        return "both" if mine != base else "same"
    if mine == base:
        return "theirs"
    return "mine" if theirs == base else "conflict"
