"""OFD, the national format for fixed pages: a zip of XML, whose text objects say what stands where."""

import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from ingestion.readers.archive import opened, walk_xml
from ingestion.readers.paragraphs import Line, blocks_of
from ingestion.readers.pdf_file import FEW, MOST_CHARACTERS, MOST_PAGES, Pages, refuse_pictures, too_long
from ingestion.recognising.values import Document
from kb_service.core.errors import Invalid

ENTRY: Final = "OFD.xml"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def read_ofd(file: BinaryIO, name: str) -> Document:
    what = f"文件“{name}”"
    with opened(file, what) as archive:
        if ENTRY not in archive.namelist():
            raise Invalid(f"{what}是压缩包，但不是 OFD 文件。请确认没有改过扩展名。", code="content_mismatch")
        roots = _texts(archive, ENTRY, "DocRoot", what)
        parts = [part for root in roots for part in _pages(archive, _under("", root), what)]
        pages = Pages()
        characters = 0
        for number, part in enumerate(parts[:MOST_PAGES], 1):
            page = _Page()
            walk_xml(archive, part, what, start=page.start, end=page.end, text=page.text)
            characters += sum(len(line.text) for line in page.lines)
            if characters > MOST_CHARACTERS:
                raise too_long(name)
            few = sum(len(line.text) for line in page.lines) < FEW
            if few and page.images:
                pages.scanned.append(number)
            else:
                pages.read.append((number, _ordered(page.lines)))
    refuse_pictures(pages, name)
    return Document(name, blocks_of(pages.read), notes=pages.notes())


def _texts(archive: zipfile.ZipFile, part: str, wanted: str, what: str) -> list[str]:
    found: list[str] = []
    inside = False

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal inside
        inside = tag == wanted
        if inside:
            found.append("")

    def text(text: str) -> None:
        if inside:
            found[-1] += text

    def end(_: str) -> None:
        nonlocal inside
        inside = False

    walk_xml(archive, part, what, start=start, end=end, text=text)
    return [each.strip() for each in found]


def _pages(archive: zipfile.ZipFile, root: str, what: str) -> list[str]:
    places: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Page" and attributes.get("BaseLoc"):
            places.append(_under(posixpath.dirname(root), attributes["BaseLoc"]))

    walk_xml(archive, root, what, start=start)
    return places


def _under(folder: str, place: str) -> str:
    return posixpath.normpath(posixpath.join("" if place.startswith("/") else folder, place.lstrip("/")))


@dataclass
class _Page:
    lines: list[Line] = field(default_factory=list)
    images: int = 0
    _box: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    _size: float = 1.0
    _at: tuple[float, float] = (0.0, 0.0)
    _in_code: bool = False
    _words: str = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        match tag:
            case "TextObject":
                self._box = _numbers(attributes.get("Boundary", ""), 4)
                self._size = _numbers(attributes.get("Size", ""), 1)[0] or 1.0
            case "TextCode":
                (x,), (y,) = _numbers(attributes.get("X", ""), 1), _numbers(attributes.get("Y", ""), 1)
                self._at, self._in_code, self._words = (x, y), True, ""
            case "ImageObject":
                self.images += 1

    def text(self, text: str) -> None:
        if self._in_code:
            self._words += text

    def end(self, tag: str) -> None:
        if tag != "TextCode":
            return
        self._in_code = False
        left, top, width, height = self._box
        if words := self._words.strip("\r\n"):
            high = min(self._size, height or self._size)
            # OFD counts downwards from the top of the page.
            base = -(top + max(self._at[1] - high, 0.0))
            start = left + self._at[0]
            # A box may be as wide as the page; the words are about as wide as their characters.
            end = min(left + width, start + sum(high if char > "ÿ" else high / 2 for char in words))
            self.lines.append(Line(words, start, end, base - high, base))


def _numbers(text: str, count: int) -> tuple[float, ...]:
    found = [float(each) for each in _NUMBER.findall(text[:200])][:count]
    return (*found, *[0.0] * (count - len(found)))


def _ordered(lines: list[Line]) -> list[Line]:
    """From the top, lines of about the same height from the left."""
    high = max((line.height for line in lines), default=1.0)
    return sorted(lines, key=lambda line: (round(-line.bottom / (high / 2)), line.left))
