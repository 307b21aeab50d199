"""Whether a question goes on from the one before it, and what it means then. Pure: values in, values out.

A follow-up names no subject of its own (“那要多少钱”, “外地户口呢”), so it is searched together with the
question it goes on from. What names something else is a change of subject and inherits nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from kb_service.core.shipped import shipped_yaml
from search.analysis.normalise import squeeze
from search.analysis.tokens import words
from search.analysis.words import cutter

# A follow-up is short; who tells a story begins anew.
LONGEST: Final = 30
# How many characters may be left that neither the subject, nor an aspect or a case of it explains,
ROOM: Final = 3
# and how many where the wording itself points back.
ROOM_POINTING: Final = 6
# How sure a point must be found by the question alone for its name to be taken for a subject of its own.
OWN_SUBJECT: Final = 0.3
# The same in a bare “…呢”, where hardly anything but the name is said.
OWN_IN_TAIL: Final = 0.1
SHORTEST_NAME: Final = 2

Kind = Literal["new", "subject", "question"]


@dataclass(frozen=True)
class Subject:
    """What a conversation is about: the question as it was first asked, and what it is called."""

    asked: str
    title: str
    code: str | None = None
    names: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return squeeze(" ".join((self.asked, self.title, *self.names)))


@dataclass(frozen=True)
class Nearest:
    """The point that the question finds by itself: its title, its keywords, and how surely it answers."""

    title: str
    keywords: tuple[str, ...]
    confidence: float


@dataclass(frozen=True)
class Follow:
    """`subject`: the same subject is asked on about. `question`: the same is asked of something else."""

    kind: Kind
    query: str
    reason: str


@dataclass(frozen=True)
class Wordings:
    openers: re.Pattern[str]
    turns: re.Pattern[str]
    pointers: re.Pattern[str]
    tails: re.Pattern[str]
    aspects: re.Pattern[str]
    cases: re.Pattern[str]
    answers: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]

    @classmethod
    def of(cls, rows: Mapping[str, Any]) -> "Wordings":
        single = {name: re.compile(rows[name]) for name in ("openers", "turns", "pointers", "tails", "cases")}
        pairs = tuple((re.compile(asked), re.compile(told)) for asked, told in rows["answers"])
        return cls(aspects=re.compile("|".join(rows["aspects"])), answers=pairs, **single)


@cache
def wordings() -> Wordings:
    return Wordings.of(shipped_yaml("kb_service.answering", "follow_ups.yaml"))


def follow(said: str, subject: Subject | None, nearest: Nearest | None, places: Iterable[str] = ()) -> Follow:
    """What the question means after `subject`. `places` are names of regions, which never make a subject."""
    normal = squeeze(said)
    if subject is None:
        return Follow("new", said, "这次会话的第一个问题")
    known = wordings()
    if known.turns.search(normal) or len(normal) > LONGEST:
        return Follow("new", _without_turn(said), "说明了换话题，或者说的是一件完整的事")
    named = _mentioned(normal, places)
    bare = _bare(normal)
    pointing = bare != normal or bool(known.pointers.search(normal))
    tail = bool(known.tails.search(normal))
    own = _own_name(bare, subject, nearest, named, OWN_IN_TAIL if tail else OWN_SUBJECT)
    if own and tail and len(bare) <= len(own) + 2:
        rest = _asked_of(subject)
        return Follow("question", f"{own} {rest}", f"问的是同一个问题，换成“{own}”") if rest else _new(own)
    if own:
        return _new(own)
    left = _unexplained(bare, subject, named)
    if len(left) > (ROOM_POINTING if pointing else ROOM):
        return _new(left)
    asked = _without(subject.asked, _mentioned(squeeze(subject.asked), places)) if named else subject.asked
    return Follow("subject", f"{asked} {bare}", f"没有另外的主题，接着问“{subject.title}”")


def unspoken(said: str, answer: str) -> str:
    """What a follow-up asks that these words do not speak of: an answer to the subject is not one to the question."""
    normal = squeeze(said)
    for asked, told in wordings().answers:
        match = asked.search(normal)
        if match and not told.search(answer):
            return match.group()
    return ""


def _new(own: str) -> Follow:
    return Follow("new", "", f"说到了“{own}”，是另一件事")


def _without_turn(said: str) -> str:
    return wordings().turns.sub("", said, count=1).strip("，,。、：: ") or said


def _bare(normal: str) -> str:
    """Without what is said before and after: “那外地户口呢” is “外地户口”."""
    known = wordings()
    bare, count = known.openers.subn("", normal)
    while count:
        bare, count = known.openers.subn("", bare)
    return known.tails.sub("", bare).strip("？?。，, ") or normal


def _mentioned(normal: str, places: Iterable[str]) -> tuple[str, ...]:
    """Names of places in a text, in full or without 区 and the like, the longest first."""
    found = []
    for name in sorted(places, key=lambda name: -len(name)):
        short = re.sub(r"(?:街道|区|县|市|镇|乡)$", "", name)
        said = name if name in normal else short if len(short) >= SHORTEST_NAME and short in normal else ""
        if said:
            found.append(said)
    return tuple(found)


def _without(text: str, parts: Iterable[str]) -> str:
    for part in parts:
        text = text.replace(part, "")
    return text


def _own_name(
    bare: str, subject: Subject, nearest: Nearest | None, named: tuple[str, ...], sure: float
) -> str:
    """A word of the question that names the nearest point and not the present subject; empty where none does."""
    if nearest is None or nearest.confidence < sure:
        return ""
    title = squeeze(nearest.title)
    names = {squeeze(keyword) for keyword in nearest.keywords}
    for word in sorted(_telling(bare, named), key=lambda word: (-len(word), word)):
        tells = word in title or word in names or any(name in bare and word in name for name in names)
        if tells and word not in subject.text:
            return word
    return ""


def _telling(bare: str, named: tuple[str, ...]) -> set[str]:
    """Words of the question that are neither aspects nor cases nor places."""
    known = wordings()
    plain = _without(bare, named)
    for pattern in (known.aspects, known.cases):
        plain = pattern.sub(" ", plain)
    kept = set(words(plain))
    return {word for word in kept if len(word) >= SHORTEST_NAME}


def _unexplained(bare: str, subject: Subject, named: tuple[str, ...]) -> str:
    """What is left of the question once aspects, cases, places and words of the subject are taken away."""
    known = wordings()
    plain = _without(bare, named)
    for pattern in (known.aspects, known.cases):
        plain = pattern.sub(" ", plain)
    left = [word for word in words(plain) if word not in subject.text]
    return "".join(char for char in plain if any(char in word for word in left))


def _asked_of(subject: Subject) -> str:
    """What was asked about the subject, without its name: “居民水费一方多少钱” asks “一方多少钱”."""
    names = squeeze(" ".join((subject.title, *subject.names)))
    pieces = cutter().split(squeeze(subject.asked))
    return "".join(piece for piece in pieces if len(piece) < SHORTEST_NAME or piece not in names).strip()
