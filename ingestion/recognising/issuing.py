"""Who issued a document and when: signature, title, red head, and the line that tells of the printing. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingestion.recognising.marks import ARTICLE, ORDER_HEAD, bodies_in, dates_in, lone_date, tidy
from ingestion.recognising.values import Block

_ABOUT = re.compile(r"^(?:[（(]转载[）)])?[《〈]?(.{2,120}?)\s*关于")
_PRINTED = re.compile(r"印发\s*$")
_ORDER = re.compile(r"(.+?)(?:令|公告)\s*第")
_MOST_BODIES = 12
_NEAR_END = 12


@dataclass(frozen=True)
class Signature:
    bodies: list[str]
    day: date | None
    place: str
    quote: str


def signature(blocks: Sequence[Block]) -> Signature | None:
    """The first date on a line of its own with bodies right above; that of a notice comes before what it carries.

    Near the end of the file a date with nobody above it is enough, and so are bodies without a date.
    """
    for at, block in enumerate(blocks):
        day = lone_date(block.text.strip("()（） "))
        if day is None or block.kind == "row":
            continue
        bodies = _above(blocks, at)
        if bodies:
            quote = " ".join(each.text for each in blocks[max(0, at - len(bodies)) : at + 1])
            return Signature(bodies, day, block.place, quote)
    for block in blocks:
        if found := _on_one_line(block):
            return found
    for at in range(len(blocks) - 1, max(-1, len(blocks) - _NEAR_END), -1):
        day = lone_date(blocks[at].text.strip("()（） "))
        if day is not None and at > 2:
            return Signature([], day, blocks[at].place, blocks[at].text)
    return None


def _above(blocks: Sequence[Block], at: int) -> list[str]:
    """The bodies on the lines right above, from the top; the head of a page that names one is no signature."""
    bodies: list[str] = []
    top = at
    while top > 0 and at - top < _MOST_BODIES:
        line = blocks[top - 1]
        named = bodies_in(line.text) if line.kind != "row" else []
        if not named or len(line.text) > 120:
            break
        bodies = [*named, *bodies]
        top -= 1
    return list(dict.fromkeys(bodies)) if top > 1 else []


def _on_one_line(block: Block) -> Signature | None:
    """`某某局 2024年3月4日`, which some printers make of the two lines."""
    text = block.text
    found = next(dates_in(text), None)
    if block.kind == "row" or found is None or len(text) > 80 or text[found[2] :].strip():
        return None
    bodies = bodies_in(text[: found[1]])
    return Signature(bodies, found[0], block.place, text) if bodies else None


def printed(blocks: Sequence[Block]) -> tuple[date, Block] | None:
    """`某某办公厅秘书处 2021年12月6日印发`, at the foot of the last page."""
    for block in reversed(blocks):
        if _PRINTED.search(block.text) and len(block.text) <= 80:
            found = next(dates_in(block.text), None)
            if found:
                return found[0], block
    return None


def in_title(title: str) -> list[str]:
    """The bodies before 关于."""
    found = _ABOUT.match(title)
    return bodies_in(found[1]) if found else []


def ordered(number: str) -> str:
    """The body whose order it is: 国务院 of 国务院令第 592 号."""
    found = _ORDER.match(number)
    body = found[1].removeprefix("中华人民共和国") if found else ""
    return body if bodies_in(body) or body == "主席" else ""


def red_head(head: Sequence[Block]) -> tuple[str, Block] | None:
    """`某某局文件` at the very top, as printed in red; a body alone there may be whose page it is."""
    for block in head[:6]:
        text = tidy(block.text)
        if block.kind == "row" or ARTICLE.match(text):
            return None
        bodies = bodies_in(text) if text.endswith("文件") and not ORDER_HEAD.fullmatch(text) else []
        if bodies:
            return "、".join(bodies), block
    return None
