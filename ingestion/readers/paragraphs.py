"""From the lines of a page, as a printer set them, back to the paragraphs that were written. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from ingestion.recognising.values import Block

_PAGE_NUMBER = re.compile(
    r"[-—–－·\s]*(?:第\s*)?\d{1,4}(?:\s*页)?(?:\s*[/／,，]?\s*(?:共\s*)?\d{1,4}\s*页?)?[-—–－·\s]*"
)
_BEGINS = re.compile(
    r"第[〇零一二三四五六七八九十百千\d]{1,9}[条章节编]|[一二三四五六七八九十]{1,4}、|[（(][一二三四五六七八九十\d]{1,4}[）)]"
    r"|\d{1,3}[.．、](?!\d)|[①-⑳]|[问答][:：]|附件"
    r"|\d{4}年\d{1,2}月\d{1,2}日(?:$|\s\S{2,60}(?:会议|令第|公布|发布|批准))"
)
_ENDS = "。！？；：!?;:"
REPEATED: Final = 3
EDGE_LINES = 2


@dataclass(frozen=True, slots=True)
class Line:
    """Words and their box on the page, upwards and to the right."""

    text: str
    left: float
    right: float
    bottom: float
    top: float

    @property
    def height(self) -> float:
        return max(self.top - self.bottom, 1.0)


def blocks_of(pages: Sequence[tuple[int, Sequence[Line]]]) -> list[Block]:
    """The paragraphs of numbered pages; what is repeated at the edge of pages, and their numbers, left out."""
    running = _running(pages)
    blocks: list[Block] = []
    for number, lines in pages:
        kept = [line for line in _read(lines) if not _is_edge(line, lines, running)]
        for at, text in enumerate(_joined(kept)):
            goes_on = at == 0 and blocks and not _starts(text) and blocks[-1].text[-1] not in _ENDS
            if goes_on and len(blocks[-1].text) > _LONG and len(text) > 1:
                last = blocks.pop()
                blocks.append(Block("paragraph", last.text + text, last.place))
            else:
                blocks.append(Block("paragraph", text, f"第 {number} 页"))
    return blocks


_LONG = 30
# In heights of a line: what is narrower was not broken because a margin was reached.
_NARROW = 18


def _read(lines: Sequence[Line]) -> list[Line]:
    """In the order of reading, pieces that stand side by side made one line."""
    merged: list[Line] = []
    for line in (each for each in lines if each.text.strip()):
        last = merged[-1] if merged else None
        if last and line.left >= last.right - 1 and abs(line.bottom - last.bottom) < last.height / 2:
            gap = " " if line.left - last.right > last.height / 2 else ""
            text = f"{last.text}{gap}{line.text}"
            merged[-1] = Line(
                text, last.left, line.right, min(last.bottom, line.bottom), max(last.top, line.top)
            )
        else:
            merged.append(line)
    return merged


def _running(pages: Sequence[tuple[int, Sequence[Line]]]) -> set[str]:
    """Heads and feet: words that stand at the edge of several pages."""
    seen = Counter(
        text
        for _, lines in pages
        for text in {line.text.strip() for line in (*lines[:EDGE_LINES], *lines[-EDGE_LINES:])}
    )
    return {text for text, count in seen.items() if count >= REPEATED and count * 2 >= len(pages)}


def _is_edge(line: Line, lines: Sequence[Line], running: set[str]) -> bool:
    text = line.text.strip()
    if text in running:
        return True
    extremes = {lines[0].text.strip(), lines[-1].text.strip()}
    return text in extremes and _PAGE_NUMBER.fullmatch(text) is not None


def _joined(lines: Sequence[Line]) -> list[str]:
    if not lines:
        return []
    right = max(line.right for line in lines)
    left = _margin(lines)
    gaps = [above.bottom - below.top for above, below in pairwise(lines)]
    usual = median(gaps) if gaps else 0.0
    texts = [lines[0].text.strip()]
    for above, below in pairwise(lines):
        wide = above.right >= right - 2.5 * above.height and above.right - above.left > _NARROW * above.height
        far = above.bottom - below.top > usual + 0.6 * below.height
        centred = abs(above.left + above.right - below.left - below.right) < 1.2 * below.height
        full = above.right >= right - above.height
        goes_on = centred and full and above.text.strip()[-1:] not in _ENDS
        indented = below.left > left + 0.9 * below.height and not goes_on
        other_size = abs(above.height - below.height) > 0.25 * above.height
        if wide and not far and not indented and not other_size and not _starts(below.text.strip()):
            texts[-1] = _glued(texts[-1], below.text.strip())
        else:
            texts.append(below.text.strip())
    return [text for text in texts if text]


def _margin(lines: Sequence[Line]) -> float:
    """Where most lines begin; on a page of single lines the leftmost."""
    counted = Counter(round(line.left) for line in lines)
    place, count = counted.most_common(1)[0]
    return float(place) if count > 1 else min(line.left for line in lines)


def _glued(before: str, after: str) -> str:
    latin = before[-1:].isascii() and before[-1:].isalnum() and after[:1].isascii() and after[:1].isalpha()
    return f"{before} {after}" if latin else before + after


def _starts(text: str) -> bool:
    return _BEGINS.match(text) is not None
