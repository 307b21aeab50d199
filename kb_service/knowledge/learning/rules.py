"""What a question and the point that was chosen for it say about the words of both. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from search.analysis.normalise import squeeze
from search.analysis.query import drop_small_talk
from search.analysis.stop_words import STOP_CHARACTERS, STOP_WORDS
from search.analysis.words import cutter
from search.lexicon.lexicon import LONGEST, SHORTEST

LOOKED_BACK: Final = timedelta(days=190)
FEWEST: Final = 2
MOST_OFFICIAL: Final = 3
SHOWN: Final = 50
# A longer question says more than one thing, so that its other words do not all mean the point.
_MOST_SPOKEN: Final = 2
_PARTICLES = "的地得了着过吗呢吧啊呀嘛"
_ASKED = frozenset(["多少", "怎么", "怎样", "什么", "哪里", "哪儿", "如何", "能否", "可以", "需要", "办理"])


def spoken_and_official(
    question: str, title: str, keywords: Sequence[str], body: str
) -> tuple[str, tuple[str, ...]] | None:
    """What was said that the point does not say, and the words by which the point says it instead; None where one
    of the two is missing."""
    asked = drop_small_talk(squeeze(question))
    point = squeeze(" ".join((title, *keywords, body)))
    spoken = [piece for piece in _pieces(asked, point) if SHORTEST <= len(piece) <= LONGEST]
    official = [word for word in _names(title, keywords) if word not in asked]
    if not 1 <= len(spoken) <= _MOST_SPOKEN or not official:
        return None
    return max(spoken, key=len), tuple(official[:MOST_OFFICIAL])


def _pieces(asked: str, point: str) -> list[str]:
    """Runs of words of the question that the point does not hold."""
    found = [""]
    for word in cutter().split(asked):
        strange = word not in point and not _says_nothing(word)
        found[-1:] = [found[-1] + word] if strange else [found[-1], ""]
    return [piece for piece in (each.strip(_PARTICLES) for each in found) if piece]


def _names(title: str, keywords: Sequence[str]) -> list[str]:
    """By what a point is called: its keywords, else the telling words of its title."""
    named = [squeeze(word) for word in keywords]
    if not named:
        named = [word for word in cutter().split(squeeze(title)) if len(word) > 1 and not _says_nothing(word)]
    return list(dict.fromkeys(named))


def _says_nothing(word: str) -> bool:
    return (
        word in STOP_WORDS
        or word in _ASKED
        or "*" in word
        or not word.isalnum()
        or all(char in STOP_CHARACTERS for char in word)
    )
