"""Terms of a text: words and character bigrams. Both take and give normal forms."""

import re

from search.analysis.stop_words import STOP_WORDS
from search.analysis.words import cutter

LONGEST_TERM = 32
_IDEOGRAPHS = (
    "\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"([{_IDEOGRAPHS}]+)|([^\W_{_IDEOGRAPHS}]+)")
_IDEOGRAPHIC = re.compile(rf"[{_IDEOGRAPHS}]+")
_PART = re.compile(r"\d+|\D+")


def bigrams(normal: str) -> list[str]:
    """Pairs of neighbouring ideographs; a lone one and a run of letters or digits stand for themselves."""
    found: list[str] = []
    for chain, run in _RUN.findall(normal):
        if run:
            found.extend(_runs(run))
        elif len(chain) == 1:
            found.append(chain)
        else:
            found.extend(map(str.__add__, chain, chain[1:]))
    return found


def words(normal: str) -> list[str]:
    """Words in search mode without stop words and punctuation."""
    found = [
        piece
        for piece in cutter().cut(normal)
        if piece not in STOP_WORDS and len(piece) <= LONGEST_TERM and _IDEOGRAPHIC.fullmatch(piece)
    ]
    for _, run in _RUN.findall(normal):
        if run:
            found.extend(_runs(run))
    return found


def _runs(run: str) -> list[str]:
    """A number plate or form number is found whole and by its letters or digits alone."""
    if run.isalpha() or run.isdigit():
        return [run[:LONGEST_TERM]]
    parts = [part[:LONGEST_TERM] for part in _PART.findall(run)]
    return [run[:LONGEST_TERM], *parts] if len(parts) > 1 else [run[:LONGEST_TERM]]
