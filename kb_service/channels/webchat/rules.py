"""From curated words to what a citizen reads on a small screen. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

LONGEST_QUESTION: Final = 500
SHORTEST_REQUEST: Final = 5
LONGEST_REQUEST: Final = 2000
LONGEST_REMARK: Final = 200
LONGEST_TITLE: Final = 40
# What is shown of an answer before one asks for the rest, in characters.
FIRST_PART: Final = 700

_NUMBERED = re.compile(r"(\d{1,2})\s*[.、．)）]\s*(?!\d)(.+)")
_POINTED = re.compile(r"[-•·●▪◆]\s*(.+)")
_LABELLED = re.compile(r"([一-鿿]{2,8})：(.*)")
_PHONE = re.compile(
    r"(?<![\d-])(?:0\d{2,3}-\d{7,8}|1(?:10|1[279]|2[02])|12\d{3}|400-?\d{3}-?\d{4}|1[3-9]\d{9})(?![\d-])"
)
_LINK = re.compile(r"https?://[\w\-.~:/?#@!$&*+=%]+")
_REACHABLE = re.compile(r"[0-9+\-() ]+")


@dataclass(frozen=True)
class Piece:
    """A run of text; `href` where it can be tapped."""

    text: str
    href: str = ""


@dataclass(frozen=True)
class Block:
    """A paragraph, or a list whose first item has the number `start`; `label` stands before it in bold."""

    kind: Literal["text", "numbers", "points"]
    lines: list[str] = field(default_factory=list)
    label: str = ""
    start: int = 1


def blocks(text: str) -> list[Block]:
    """The words of an answer, unchanged, in paragraphs and lists."""
    found: list[Block] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        block = _block(line)
        last = found[-1] if found else None
        if last is not None and _goes_on(last, block):
            last.lines.extend(block.lines)
        elif last is not None and block.kind != "text" and last.label and not last.lines:
            found[-1] = Block(block.kind, block.lines, last.label, block.start)
        else:
            found.append(block)
    return found


def _block(line: str) -> Block:
    numbered, pointed = _NUMBERED.fullmatch(line), _POINTED.fullmatch(line)
    if numbered:
        return Block("numbers", [numbered[2]], start=int(numbered[1]))
    if pointed:
        return Block("points", [pointed[1]])
    labelled = _LABELLED.fullmatch(line)
    if labelled:
        return Block("text", [labelled[2]] if labelled[2] else [], labelled[1])
    return Block("text", [line])


def _goes_on(last: Block, block: Block) -> bool:
    if last.kind != block.kind:
        return False
    return block.kind == "points" or (block.kind == "numbers" and block.start == last.start + len(last.lines))


def parts(whole: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """What is shown at once, and the rest of a long answer; a rest of a few lines is not worth hiding."""
    length = 0
    for at, block in enumerate(whole):
        size = sum(map(len, block.lines))
        rest = sum(len(line) for later in whole[at:] for line in later.lines)
        if at and length + size > FIRST_PART and rest > FIRST_PART // 3:
            return list(whole[:at]), list(whole[at:])
        length += size
    return list(whole), []


def pieces(line: str) -> Iterator[Piece]:
    """A line with its telephone numbers and addresses made to tap."""
    at = 0
    matches = sorted([*_PHONE.finditer(line), *_LINK.finditer(line)], key=lambda match: match.start())
    for match in matches:
        if match.start() < at:
            continue
        if match.start() > at:
            yield Piece(line[at : match.start()])
        shown = match.group().rstrip(".?!:")
        yield Piece(shown, shown if shown.startswith("http") else f"tel:{shown}")
        at = match.start() + len(shown)
    if at < len(line):
        yield Piece(line[at:])


def title_of(text: str) -> str:
    """The first sentence of what a citizen wrote, short enough for a list."""
    first = re.split(r"[。！？!?\n；;]", text.strip(), maxsplit=1)[0].strip()
    title = first if len(first) >= 2 else " ".join(text.split())
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"


def reachable(phone: str) -> bool:
    """Whether a number that was typed can be called at all: seven digits or more and nothing but a number."""
    return bool(_REACHABLE.fullmatch(phone)) and 7 <= sum(char.isdigit() for char in phone) <= 15


def spread(topics: Sequence[tuple[str, str]], count: int) -> list[str]:
    """The first `count` items of (item, topic) that cover as many topics as can be, in their order."""
    chosen: dict[str, None] = {}
    while len(chosen) < min(count, len({item for item, _ in topics})):
        seen: set[str] = set()
        for item, topic in topics:
            if item not in chosen and topic not in seen and len(chosen) < count:
                chosen[item] = None
                seen.add(topic)
    return list(chosen)
