"""Cutting a long text into passages that can be found and shown by themselves."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

AIM = 400
TINY = 60
LONGEST = 800
_LABEL = 30

_NUMERAL = "[〇零一二三四五六七八九十百千两0-9０-９]{1,9}"
_ARTICLE = re.compile(rf"(?:(?<=^)|(?<=[\n\r。；！？\s　]))第({_NUMERAL})条(?:之[一二三四五六七八九十])?")
_HEADINGS = tuple(
    re.compile(rf"^[ \t　]*{mark}[^\n]*", re.MULTILINE)
    for mark in (
        r"([一二三四五六七八九十百]{1,4})、",
        r"[（(]([一二三四五六七八九十百]{1,4})[）)]",
        r"(\d{1,3})[.、．](?!\d)",
    )
)
_MARK = re.compile(
    r"^(?:[一二三四五六七八九十百]{1,4}、|[（(][一二三四五六七八九十百]{1,4}[）)]|\d{1,3}[.、．])"
)
_SENTENCE = re.compile(r"[^。！？；!?;\n]*(?:[。！？；!?;]+[”’」』）)]*|\n+|$)")
_CHAPTER_AT_END = re.compile(rf"(?:\s*第{_NUMERAL}[章节编][^\n。]{{0,30}})+\s*$")
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_LARGEST_STEP = 5


@dataclass(frozen=True, slots=True)
class Passage:
    article: str
    text: str


def cut_passages(text: str, *, by_article: bool) -> list[Passage]:
    """Cut by 第…条, else by 一、（一） 1. headings, else (or where `by_article` is false) by length.

    `article` is the label of the article or heading, empty for what stands before the first and for a cut
    by length. Nothing but white space at the borders is lost; a text without any character gives no passage.
    """
    if by_article:
        for cut in (_by_articles, _by_headings):
            parts = cut(text)
            if parts:
                return list(_short_enough(parts))
    return list(_short_enough([("", text)]))


def number_of(numeral: str) -> int:
    """The value of a Chinese or decimal numeral, as in 第一百二十三条."""
    if numeral.isdecimal():
        return int(numeral)
    total = current = 0
    for char in numeral:
        if char in _UNITS:
            total += (current or 1) * _UNITS[char]
            current = 0
        elif char in _DIGITS:
            current = current * 10 + _DIGITS[char] if current and total == 0 else _DIGITS[char]
    return total + current


def _by_articles(text: str) -> list[tuple[str, str]]:
    starts = _rising(_ARTICLE.finditer(text), lambda match: match.group(0))
    if len(starts) < 2:
        return []
    parts = _between(text, starts)
    # The title of a chapter stands before its first article and belongs to what follows it.
    moved: list[tuple[str, str]] = []
    carried = ""
    for label, body in parts:
        chapter = _CHAPTER_AT_END.search(body)
        kept = body[: chapter.start()] if chapter else body
        moved.append((label, f"{carried}{kept}"))
        carried = f"{chapter.group(0).strip()}\n" if chapter else ""
    if carried:
        moved[-1] = (moved[-1][0], f"{moved[-1][1]}\n{carried}")
    return moved


def _by_headings(text: str) -> list[tuple[str, str]]:
    for level, pattern in enumerate(_HEADINGS):
        starts = _rising(pattern.finditer(text), _heading_label)
        if len(starts) < 2:
            continue
        parts: list[tuple[str, str]] = []
        for label, body in _between(text, starts):
            parts.extend(_below(label, body, level + 1))
        return _packed(parts, TINY)
    return []


def _below(label: str, body: str, level: int) -> list[tuple[str, str]]:
    """A section too long for one passage, cut by the next kind of heading inside it."""
    if len(body) <= LONGEST:
        return [(label, body)]
    for pattern in _HEADINGS[level:]:
        inner = _rising(pattern.finditer(body), _heading_label)
        if len(inner) >= 2:
            return _packed([(below or label, part) for below, part in _between(body, inner)], AIM)
    return [(label, body)]


def _packed(parts: list[tuple[str, str]], small: int) -> list[tuple[str, str]]:
    """Neighbours of which one is shorter than `small` made one: the items of a list say nothing alone."""
    packed: list[tuple[str, str]] = []
    for label, body in parts:
        before = len(packed[-1][1]) if packed else 0
        together = before + len(body) <= AIM and min(before, len(body)) < small
        if packed and together and not label.endswith(("？", "?")):
            packed[-1] = (packed[-1][0] or label, packed[-1][1] + body)
        elif body.strip():
            packed.append((label, body))
    return packed


def _heading_label(match: re.Match[str]) -> str:
    line = re.split(r"[。：:；;]", match.group(0).strip(), maxsplit=1)[0]
    mark = _MARK.match(line)
    return line if len(line) <= _LABEL or mark is None else mark.group(0).rstrip("、.．")


def _rising(matches: Iterator[re.Match[str]], label: Callable[[re.Match[str]], str]) -> list[tuple[int, str]]:
    """Only numbers that go on counting are borders; others are references to an article."""
    starts: list[tuple[int, str]] = []
    last = 0
    for match in matches:
        number = number_of(match.group(1))
        inserted = number == last and "之" in match.group(0)
        if inserted or last < number <= last + _LARGEST_STEP:
            starts.append((match.start(), label(match)))
            last = number
    return starts


def _between(text: str, starts: list[tuple[int, str]]) -> list[tuple[str, str]]:
    parts = [("", text[: starts[0][0]])]
    borders = [*starts, (len(text), "")]
    parts.extend((label, text[start:end]) for (start, label), (end, _) in pairwise(borders))
    return parts


def _short_enough(parts: list[tuple[str, str]]) -> Iterator[Passage]:
    for label, body in parts:
        for piece in _by_length(body.strip()):
            yield Passage(label, piece)


def _by_length(text: str) -> Iterator[str]:
    if len(text) <= LONGEST:
        if text:
            yield text
        return
    held = ""
    for sentence in _pieces(text):
        if held and len(held) + len(sentence) > AIM:
            if held.strip():
                yield held.strip()
            held = ""
        held += sentence
    if held.strip():
        yield held.strip()


def _pieces(text: str) -> Iterator[str]:
    """Sentences, those without any border cut hard."""
    for match in _SENTENCE.finditer(text):
        sentence = match.group(0)
        for start in range(0, len(sentence), LONGEST):
            yield sentence[start : start + LONGEST]
