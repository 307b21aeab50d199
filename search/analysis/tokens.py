"""Terms of a text: words and character bigrams. Both take and give normal forms."""

import re
from operator import add

from search.analysis.stop_words import STOP_WORDS
from search.analysis.words import cutter

LONGEST_TERM = 32
_IDEOGRAPHS = (
    "\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_BETWEEN = re.compile(rf"[^{_IDEOGRAPHS}]+")
_RUN = re.compile(rf"[^\W_{_IDEOGRAPHS}]+")
_PART = re.compile(r"\d+|\D+")
# Every ideograph sorts behind this character, and so do these marks.
_BEFORE_IDEOGRAPHS = "\u3004"
_MARKS = "〈〉《》「」『』【】〒〓〔〕〖〗〘〙〚〛〜〝〞〟〰・ー"
_DROPPED = STOP_WORDS | frozenset(_MARKS)


def bigrams(normal: str) -> list[str]:
    """Pairs of neighbouring ideographs; a lone one and a run of letters or digits stand for themselves."""
    found = runs(normal)
    for chain in _BETWEEN.split(normal):
        if len(chain) == 1:
            found.append(chain)
        else:
            found.extend(map(add, chain, chain[1:]))
    return found


def words(normal: str) -> list[str]:
    """Words in search mode without stop words and punctuation."""
    found = [
        piece
        for piece in cutter().cut(normal)
        if piece[-1] > _BEFORE_IDEOGRAPHS and piece not in _DROPPED and len(piece) <= LONGEST_TERM
    ]
    found.extend(runs(normal))
    return found


def runs(normal: str) -> list[str]:
    """Letters and digits: a number plate or form number whole, and its letters and digits alone."""
    found: list[str] = []
    for run in _RUN.findall(normal):
        found.append(run[:LONGEST_TERM])
        if not run.isalpha() and not run.isdigit():
            parts = _PART.findall(run)
            found.extend(part[:LONGEST_TERM] for part in parts if len(parts) > 1)
    return found
