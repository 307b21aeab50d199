"""Plain text and Markdown as documents."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingestion.readers.encoding import ADVICE, encoding_of, lines_of
from ingestion.readers.pdf_file import MOST_CHARACTERS, too_long
from ingestion.recognising.values import Block, Document, Kind
from kb_service.core.errors import Invalid, TooLarge

LARGEST_MARKDOWN: Final = 2**20
_ADVICE = "请用记事本打开，另存为 UTF-8 编码后再导入。"


def decoded(file: BinaryIO, name: str) -> str:
    """The text of a file of words, its encoding tried strictly."""
    try:
        encoding = encoding_of(file)
    except Invalid as error:
        detail = f"文件“{name}”：{error.detail.replace(ADVICE, _ADVICE)}"
        raise Invalid(detail, code=error.code, extra=error.extra) from error
    pieces: list[str] = []
    length = 0
    for line in lines_of(file, encoding):
        length += len(line)
        if length > 2 * MOST_CHARACTERS:
            raise too_long(name)
        pieces.append(line)
    return "".join(pieces).removeprefix("\ufeff")


def read_text(text: str, name: str) -> Document:
    if len(text) > MOST_CHARACTERS:
        raise too_long(name)
    blocks = [
        Block("paragraph", line.strip(), f"第 {number} 行")
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    ]
    return Document(name, blocks)


def read_markdown(text: str, name: str) -> Document:
    if len(text) > LARGEST_MARKDOWN:
        raise TooLarge(f"文件“{name}”过长，请拆分后再导入。", code="document_too_long")
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    try:
        tokens = parser.parse(text)
    except RecursionError as error:
        raise Invalid(
            f"文件“{name}”嵌套过深，无法读取。请改为普通段落后再导入。", code="damaged_file"
        ) from error
    return Document(name, list(_blocks(tokens)))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    walk = _Walk()
    for token in tokens:
        walk.begin(token)
        yield from walk.blocks(token)


@dataclass
class _Walk:
    kind: Kind = "paragraph"
    mark: str = ""
    table: int = 0
    cells: list[str] | None = None

    def begin(self, token: Token) -> None:
        match token.type:
            case "heading_open":
                self.kind = "heading"
            case "list_item_open":
                self.kind, self.mark = "item", f"{token.info}. " if token.info else ""
            case "paragraph_open" if self.kind != "item":
                self.kind = "paragraph"
            case "table_open":
                self.table += 1
            case "tr_open":
                self.cells = []

    def blocks(self, token: Token) -> Iterator[Block]:
        place = f"第 {token.map[0] + 1} 行" if token.map else ""
        match token.type:
            case "tr_close":
                if self.cells and any(self.cells):
                    text = " ".join(filter(None, self.cells))
                    yield Block("row", text, f"第 {self.table} 个表格", tuple(self.cells), self.table)
                self.cells = None
            case "inline" if self.cells is not None:
                self.cells.append("\n".join(_lines(token)))
            case "inline":
                for line in _lines(token):
                    yield Block(self.kind, f"{self.mark}{line}", place)
                    self.mark = ""
                self.kind, self.mark = "paragraph", ""
            case "fence" | "code_block":
                lines = filter(None, map(str.strip, token.content.splitlines()))
                yield from (Block("paragraph", line, place) for line in lines)


def _lines(token: Token) -> list[str]:
    text = ""
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            text += "\n"
        elif child.type in {"text", "code_inline"}:
            text += child.content
    return [line.strip() for line in text.split("\n") if line.strip()]
