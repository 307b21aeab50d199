"""The base's own words by how they sound and how they are written, to look up what was typed wrongly."""

from collections.abc import Iterable, Sequence
from typing import Final

from search.analysis.normalise import squeeze
from search.analysis.stop_words import STOP_WORDS
from search.analysis.tokens import LONGEST_TERM
from search.analysis.words import cutter

MOST_WORDS: Final = 200_000
SHORTEST, LONGEST = 2, 8
# In two characters one wrong one leaves too little to tell the word by.
SHORTEST_MISSPELT: Final = 3
_SHORTEST_INITIALS: Final = 2
_KEPT_FOR_A_KEY: Final = 8
_FIRST, _LAST = "\u4e00", "\u9fff"


def is_ideographs(text: str) -> bool:
    return bool(text) and all(_FIRST <= char <= _LAST for char in text)


def syllables(text: str) -> list[str]:
    """Pinyin without tones, one for each character of a text of ideographs."""
    # The library's tables are read on first use, which most processes never come to.
    from pypinyin import lazy_pinyin

    return lazy_pinyin(text)


def without_one(text: str) -> list[str]:
    """The text with each of its characters left out in turn."""
    return [text[:at] + text[at + 1 :] for at in range(len(text))]


def misspelt(written: str, word: str) -> bool:
    """Whether one slip lies between them: a wrong, missing, superfluous or swapped character."""
    if len(written) != len(word):
        short, long = sorted((written, word), key=len)
        return len(long) - len(short) == 1 and short in without_one(long)
    differ = [at for at, (left, right) in enumerate(zip(written, word, strict=True)) if left != right]
    if len(differ) == 2:
        first, second = differ
        return second == first + 1 and written[first] == word[second] and written[second] == word[first]
    return len(differ) == 1


class Vocabulary:
    """Words of two to eight ideographs with how often they were met. At most `MOST_WORDS` of them are kept."""

    def __init__(self) -> None:
        self._met: dict[str, int] = {}
        self._by_sound: dict[str, list[str]] = {}
        self._by_initials: dict[str, list[str]] = {}
        self._by_rest: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._met)

    def __contains__(self, word: str) -> bool:
        return word in self._met

    def learn(self, texts: Iterable[str]) -> None:
        """The words that the texts are cut into, and those texts that are words themselves."""
        cut = cutter().cut
        for text in texts:
            normal = squeeze(text[: LONGEST_TERM * 8])
            for word in {normal, *cut(normal)}:
                if SHORTEST <= len(word) <= LONGEST and is_ideographs(word) and word not in STOP_WORDS:
                    self._meet(word)

    def met(self, word: str) -> int:
        return self._met.get(word, 0)

    def sounding(self, spelled: str) -> Sequence[str]:
        """Words with these syllables, written without blanks, the most frequent first."""
        return self._best(self._by_sound.get(spelled, ()))

    def abbreviated(self, initials: str) -> Sequence[str]:
        return self._best(self._by_initials.get(initials, ()))

    def like(self, written: str) -> Sequence[str]:
        """Words that one slip of the pen lies between."""
        if len(written) < SHORTEST_MISSPELT - 1:
            return ()
        found = dict.fromkeys(self._by_rest.get(written, ()))
        for rest in without_one(written):
            found.update(dict.fromkeys(self._by_rest.get(rest, ())))
            if rest in self._met and len(rest) >= SHORTEST_MISSPELT:
                found[rest] = None
        return self._best([word for word in found if misspelt(written, word)])

    def _best(self, words: Iterable[str]) -> Sequence[str]:
        return sorted(words, key=lambda word: -self._met[word])

    def _meet(self, word: str) -> None:
        if word in self._met or len(self._met) < MOST_WORDS:
            self._met[word] = self._met.get(word, 0) + 1
        if self._met.get(word) != 1:
            return
        sounds = syllables(word)
        _keep(self._by_sound, "".join(sounds), word)
        if len(word) >= _SHORTEST_INITIALS:
            _keep(self._by_initials, "".join(sound[0] for sound in sounds), word)
        if len(word) >= SHORTEST_MISSPELT:
            for rest in set(without_one(word)):
                _keep(self._by_rest, rest, word)


def _keep(table: dict[str, list[str]], key: str, word: str) -> None:
    kept = table.setdefault(key, [])
    if len(kept) < _KEPT_FOR_A_KEY:
        kept.append(word)
