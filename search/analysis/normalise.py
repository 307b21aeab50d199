"""The normal form in which everything is compared.

Each code point is mapped by itself (compatibility form, lower case, simplified Chinese), so that the
normal form of a document and of a query agree by construction and every position of a normal form can be
traced back to the original text.
"""

import unicodedata
from functools import cache
from itertools import pairwise

import opencc

_SPACE = " "
_NOTHING = ""
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)


@cache
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def _fold(code: int) -> str:
    char = chr(code)
    if char.isspace():
        return _SPACE
    category = unicodedata.category(char)
    if category in {"Cc", "Cf", "Cs", "Cn"} or code in _VARIATION_SELECTORS:
        return _NOTHING
    folded = unicodedata.normalize("NFKC", char).lower()
    if not folded.isascii():
        folded = _to_simplified().convert(folded)
    # A compatibility form may hold spaces or marks of its own (an ideographic accent, for instance).
    return "".join(_SPACE if part.isspace() else part for part in folded)


class _Table(dict[int, str]):
    """Filled as code points are met; there are too many to fill it ahead."""

    def __init__(self) -> None:
        super().__init__()
        self.uneven: set[str] = set()

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(code)
        if len(folded) != 1:
            self.uneven.add(chr(code))
        return folded


_TABLE = _Table()


def normalise(text: str) -> str:
    """Width, case and script folded, control and zero-width characters gone, every white space a blank."""
    return text.translate(_TABLE)


def squeeze(text: str) -> str:
    """Normal form with runs of white space as one blank and none at the ends."""
    return " ".join(normalise(text).split())


class Positions:
    """Traces spans of a normal form back to the text it was made from."""

    def __init__(self, text: str, normal: str | None = None) -> None:
        normal = normalise(text) if normal is None else normal
        self._starts: list[int] | None = None
        # Every character of the text is in the table once its normal form has been made.
        if not _TABLE.uneven.isdisjoint(text):
            starts: list[int] = []
            for index, char in enumerate(text):
                starts.extend([index] * len(_TABLE[ord(char)]))
            self._starts = starts
        self._length = len(text)

    @property
    def aligned(self) -> bool:
        """Whether every span is the same in both."""
        return self._starts is None

    def original(self, span: tuple[int, int]) -> tuple[int, int]:
        """The span of the original text that covers `span` of the normal form."""
        start, end = span
        if self._starts is None or start >= end:
            return min(start, self._length), min(end, self._length)
        return self._starts[start], self._starts[end - 1] + 1


def merge_spans(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted, with spans that touch or overlap made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    assert all(left[1] < right[0] for left, right in pairwise(merged))
    return merged
