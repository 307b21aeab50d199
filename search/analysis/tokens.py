"""Terms of a text: words and character bigrams. Both take and give normal forms."""

import re
from operator import add

from search.analysis.stop_words import STOP_WORDS
from search.analysis.words import cutter

LONGEST_TERM = 32
IDEOGRAPHS = (
    (0x3005, 0x3007), (0x3021, 0x3029), (0x3040, 0x30FF), (0x3105, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
_IDEOGRAPHS = "".join(f"{chr(first)}-{chr(last)}" for first, last in IDEOGRAPHS)
_BETWEEN = re.compile(rf"[^{_IDEOGRAPHS}]+")
RUN = re.compile(rf"[^\W_{_IDEOGRAPHS}]+")
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
    found = [piece for piece in cutter().cut(normal) if is_term(piece)]
    found.extend(runs(normal))
    return found


def runs(normal: str) -> list[str]:
    """Letters and digits: a number plate or form number whole, and its letters and digits alone."""
    found: list[str] = []
    for run in RUN.findall(normal):
        found.extend(parts_of_run(run))
    return found


def parts_of_run(run: str) -> list[str]:
    if run.isalpha() or run.isdigit():
        return [run[:LONGEST_TERM]]
    parts = _PART.findall(run)
    return [run[:LONGEST_TERM], *(part[:LONGEST_TERM] for part in parts if len(parts) > 1)]


def is_term(piece: str) -> bool:
    """Whether a piece that the cutter gives is a word to search by."""
    return piece[-1] > _BEFORE_IDEOGRAPHS and piece not in _DROPPED and len(piece) <= LONGEST_TERM
