"""What someone is probably typing: titles and similar questions in which the typed text stands."""

from collections.abc import Iterable
from typing import Final

from search.analysis.normalise import squeeze
from search.analysis.query import drop_small_talk
from search.analysis.tokens import bigrams
from search.ports import Document

READ: Final = 60
_LONGEST_PREFIX = 40


def read_typed(prefix: str) -> str:
    """The normal form to look for, empty where there is nothing in it."""
    typed = drop_small_talk(squeeze(prefix[: _LONGEST_PREFIX * 4])[:_LONGEST_PREFIX])
    return typed if bigrams(typed) else ""


def best_texts(typed: str, documents: Iterable[Document], limit: int) -> list[str]:
    """Those that begin with the typed text first, shorter ones before longer ones."""
    found: dict[str, tuple[bool, int, int]] = {}
    for place, document in enumerate(documents):
        for text in (document.title, *document.questions):
            at = squeeze(text).find(typed)
            if at >= 0:
                found.setdefault(text, (at > 0, len(text), place))
    return sorted(found, key=lambda text: found[text])[:limit]
