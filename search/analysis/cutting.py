"""Many normal forms cut at once: the words and bigrams of `tokens`, at a fraction of the cost for each text.

The texts are laid side by side with a mark between them that no normal form holds and no term crosses.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from search.analysis.tokens import IDEOGRAPHS, RUN, is_term, parts_of_run
from search.analysis.words import Cutter

MARK = "\x00"
_BLANK = ord(" ")
_REMEMBERED = 200_000

Points = NDArray[np.uint32]
Places = NDArray[np.int64]


def _ideographs() -> NDArray[np.bool_]:
    """By code point; the last stands for all beyond it."""
    known = np.zeros(IDEOGRAPHS[-1][1] + 2, dtype=bool)
    for first, last in IDEOGRAPHS:
        known[first : last + 1] = True
    return known


class _Kept(dict[str, str]):
    """A piece where it is a term, nothing where it is none; remembered up to a bound."""

    def __missing__(self, piece: str) -> str:
        kept = piece if piece == MARK or is_term(piece) else ""
        if len(self) < _REMEMBERED:
            self[piece] = kept
        return kept


_KEPT = _Kept()
_IS_IDEOGRAPH = _ideographs()


class CutTexts:
    """`pairs` holds the two code points of each bigram, the second a blank where an ideograph stands alone;
    those of text t lie from `pair_starts[t]` to `pair_starts[t + 1]`."""

    def __init__(self, normals: Sequence[str]) -> None:
        self.count = len(normals)
        self._joined = "".join(normal + MARK for normal in normals)
        points = np.frombuffer(self._joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        ends = np.flatnonzero(points == 0)
        known = _IS_IDEOGRAPH[np.minimum(points, len(_IS_IDEOGRAPH) - 1)]
        follows, before = np.zeros_like(known), np.zeros_like(known)
        follows[:-1], before[1:] = known[1:], known[:-1]
        first = np.flatnonzero(known & (follows | ~before))
        second = np.where(follows[first], points[np.minimum(first + 1, len(points) - 1)], _BLANK)
        self.pairs: Points = np.stack((points[first], second.astype(np.uint32)), axis=1)
        self.pair_starts: Places = np.concatenate(([0], np.searchsorted(first, ends)))
        self._ends = ends

    @cached_property
    def runs(self) -> dict[int, list[str]]:
        """Letters and digits (see `tokens.runs`) of those texts that have some."""
        found: dict[int, list[str]] = {}
        matches = list(RUN.finditer(self._joined))
        owners = np.searchsorted(self._ends, [match.start() for match in matches])
        for owner, match in zip(owners.tolist(), matches, strict=True):
            found.setdefault(owner, []).extend(parts_of_run(match.group()))
        return found

    @cached_property
    def _spelled(self) -> str:
        """All bigrams, each with a blank behind it: three characters a bigram."""
        spelled = np.full((len(self.pairs), 3), _BLANK, dtype="<u4")
        spelled[:, :2] = self.pairs
        return spelled.tobytes().decode("utf-32-le", "surrogatepass")

    def bigrams(self, first: int, last: int) -> str:
        """The bigrams of the texts from one number to before another, blanks between them."""
        start, end = int(self.pair_starts[first]), int(self.pair_starts[last])
        return " ".join((self._spelled[3 * start : 3 * end], *self._runs_between(first, last)))

    def pieces(self, cutter: Cutter) -> list[str]:
        """What the cutter makes of all texts, a mark behind each text."""
        return cutter.cut(self._joined)

    def words(self, pieces: Iterable[str]) -> list[str]:
        """The terms among the pieces, with blanks between them, and the runs: one text of words for each text."""
        texts = " ".join(map(_KEPT.__getitem__, pieces)).split(MARK)[: self.count]
        for owner, runs in self.runs.items():
            texts[owner] = " ".join((texts[owner], *runs))
        return texts

    def _runs_between(self, first: int, last: int) -> list[str]:
        return [run for at in range(first, last) for run in self.runs.get(at, ())] if self.runs else []
