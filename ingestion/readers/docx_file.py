"""DOCX: paragraphs, headings and tables, walked through as a stream; nothing of the file is built up or carried out."""

import zipfile
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from ingestion.readers.archive import opened, walk_xml
from ingestion.readers.docx_numbering import Numbering, read_numbering, whole
from ingestion.readers.pdf_file import MOST_CHARACTERS, too_long
from ingestion.recognising.values import Block, Document, Kind
from kb_service.core.errors import Invalid

MAIN: Final = "word/document.xml"
_UNSHOWN = {"delText", "instrText", "del", "moveFrom", "Fallback", "txbxContent"}
_SIGNS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_OFF = {"0", "false", "off", "none"}


@dataclass
class _Style:
    heading: bool = False
    number_id: str = ""
    level: int = 0


@dataclass
class _Paragraph:
    parts: list[str] = field(default_factory=list)
    style: str = ""
    outline: bool = False
    number_id: str | None = None
    level: int = 0


def read_docx(file: BinaryIO, name: str) -> Document:
    """Macros and passwords are refused; deleted, hidden and computed text is left out."""
    what = f"文件“{name}”"
    with opened(file, what) as archive:
        _refuse_macros(archive, what)
        walk = _Walk(name, _styles(archive, what), read_numbering(archive, what))
        walk_xml(archive, MAIN, what, start=walk.start, end=walk.end, text=walk.text)
    notes = ("文档里有图片，图片中的文字未读取。",) if walk.pictures else ()
    return Document(name, walk.blocks, notes=notes)


def _refuse_macros(archive: zipfile.ZipFile, what: str) -> None:
    names = [name.lower() for name in archive.namelist()]
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) for name in names):
        raise Invalid(
            f"{what}里有宏，不能导入。请另存为不含宏的“Word 文档（.docx）”后再导入。", code="macro_file"
        )
    if MAIN not in names:
        raise Invalid(f"{what}是压缩包，但不是 Word 文档。请另存为 .docx 后再导入。", code="content_mismatch")


def _styles(archive: zipfile.ZipFile, what: str) -> dict[str, _Style]:
    styles: dict[str, _Style] = {}
    current = _Style()

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal current
        value = attributes.get("val", "")
        match tag:
            case "style":
                current = styles.setdefault(attributes.get("styleId", ""), _Style())
            case "name":
                name = value.lower()
                current.heading = name.startswith(("heading", "标题")) or name == "title"
            case "outlineLvl":
                current.heading = current.heading or whole(value, 9) < 9
            case "numId":
                current.number_id = value
            case "ilvl":
                current.level = whole(value)

    walk_xml(archive, "word/styles.xml", what, start=start)
    return styles


class _Walk:
    def __init__(self, name: str, styles: dict[str, _Style], numbering: Numbering) -> None:
        self.blocks: list[Block] = []
        self.pictures = False
        self._name = name
        self._styles = styles
        self._numbering = numbering
        self._paragraph: _Paragraph | None = None
        self._in_text = self._hidden = False
        self._skip = 0
        self._depth = self._table = self._number = self._characters = 0
        self._cells: list[str] = []
        self._cell: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._skip or tag in _UNSHOWN:
            self._skip += 1
            return
        if self._paragraph is not None:
            self._inside(self._paragraph, tag, attributes)
        match tag:
            case "p":
                self._paragraph = _Paragraph()
                self._number += 1
            case "tbl":
                self._depth += 1
                self._table += self._depth == 1
            case "tr" if self._depth == 1:
                self._cells = []
            case "tc" if self._depth == 1:
                self._cell = []
            case "blip" | "imagedata":
                self.pictures = True

    def _inside(self, paragraph: _Paragraph, tag: str, attributes: dict[str, str]) -> None:
        value = attributes.get("val", "")
        match tag:
            case "t":
                self._in_text = True
            case "r":
                self._hidden = False
            case "vanish":
                self._hidden = value not in _OFF
            case "tab" | "br" | "cr" | "noBreakHyphen":
                paragraph.parts.append(_SIGNS[tag])
            case "pStyle":
                paragraph.style = value
            case "outlineLvl":
                paragraph.outline = whole(value, 9) < 9
            case "numId":
                paragraph.number_id = value
            case "ilvl":
                paragraph.level = whole(value)

    def text(self, text: str) -> None:
        if not self._in_text or self._hidden or self._skip or self._paragraph is None:
            return
        self._characters += len(text)
        if self._characters > MOST_CHARACTERS:
            raise too_long(self._name)
        self._paragraph.parts.append(text)

    def end(self, tag: str) -> None:
        if self._skip:
            self._skip -= 1
            return
        match tag:
            case "t":
                self._in_text = False
            case "p" if self._paragraph is not None:
                self._close(self._paragraph)
                self._paragraph = None
            case "tc" if self._depth == 1:
                self._cells.append("\n".join(self._cell))
            case "tr" if self._depth == 1 and any(self._cells):
                place = f"第 {self._table} 个表格，第 {self._number} 段"
                text = " ".join(filter(None, self._cells))
                self.blocks.append(Block("row", text, place, tuple(self._cells), self._table))
            case "tbl":
                self._depth -= 1

    def _close(self, paragraph: _Paragraph) -> None:
        text = "".join(paragraph.parts).strip()
        style = self._styles.get(paragraph.style, _Style())
        number_id = style.number_id if paragraph.number_id is None else paragraph.number_id
        if not text:
            return
        level = paragraph.level if paragraph.number_id is not None else style.level
        mark = self._numbering.mark(number_id, level) if number_id else ""
        gap = " " if mark.endswith(("条", "章", "节")) else ""
        lines = [line.strip() for line in f"{mark}{gap}{text}".split("\n") if line.strip()]
        if self._depth:
            self._cell.extend(lines)
            return
        kind: Kind = "heading" if style.heading or paragraph.outline else "item" if number_id else "paragraph"
        for line in lines:
            self.blocks.append(Block(kind, line, f"第 {self._number} 段"))
