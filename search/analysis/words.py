"""Words by jieba's dictionary and algorithm with the city's own words. Nothing else imports the library."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import rjieba

_LONGEST_WORD = 32


class Cutter:
    """One unchanging dictionary: words cannot be added while cutting, so a change is a new cutter."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        own = sorted({word for word in words if 2 <= len(word) <= _LONGEST_WORD})
        self.words = tuple(own)
        if own:
            instance = rjieba.Jieba()
            for word in own:
                instance.add_word(word, None, None)
            self._cut, self._split = instance.cut_for_search, instance.cut
        else:
            # The library keeps one plain instance anyway, which saves building a second.
            self._cut, self._split = rjieba.cut_for_search, rjieba.cut

    def cut(self, normal: str) -> list[str]:
        """Pieces of a normal form in search mode: a long word comes with the shorter ones inside it."""
        pieces: list[str] = self._cut(normal)
        return pieces

    def split(self, text: str) -> list[str]:
        """Words without overlap, of any text as it is: joined, they are the text again."""
        whole: list[str] = self._split(text)
        return whole


class _Installed:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.cutter: Cutter | None = None


_INSTALLED = _Installed()
_TRIED: ContextVar[Cutter | None] = ContextVar("tried", default=None)


def cutter() -> Cutter:
    """The cutter in use, with the plain dictionary until words are installed."""
    current = _TRIED.get() or _INSTALLED.cutter
    if current is None:
        with _INSTALLED.lock:
            current = _INSTALLED.cutter
            if current is None:
                current = _INSTALLED.cutter = Cutter()
    return current


@contextmanager
def trying(tried: Cutter) -> Iterator[None]:
    """Cuts with another dictionary inside, in this thread alone."""
    token = _TRIED.set(tried)
    try:
        yield
    finally:
        _TRIED.reset(token)


def install_words(words: Iterable[str]) -> Cutter:
    """Build a cutter with the city's words (in normal form) and put it in use for whoever cuts next."""
    fresh = Cutter(words)
    with _INSTALLED.lock:
        _INSTALLED.cutter = fresh
    return fresh
