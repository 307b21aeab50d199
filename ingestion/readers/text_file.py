"""Plain text and Markdown as documents."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingestion.readers.encoding import ADVICE, encoding_of, lines_of
from ingestion.readers.pdf_file import MOST_CHARACTERS, too_long
from ingestion.recognising.values import Block, Document, Kind
from kb_service.core.errors import Invalid, TooLarge

LARGEST_MARKDOWN: Final = 5 * 2**20
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
    kind: Kind = "paragraph"
    mark = ""
    table = 0
    cells: list[str] | None = None
    for token in tokens:
        place = f"第 {token.map[0] + 1} 行" if token.map else ""
        match token.type:
            case "heading_open":
                kind = "heading"
            case "list_item_open":
                kind, mark = "item", f"{token.info}. " if token.info else ""
            case "paragraph_open" if kind != "item":
                kind = "paragraph"
            case "table_open":
                table += 1
            case "tr_open":
                cells = []
            case "tr_close":
                if cells and any(cells):
                    yield Block(
                        "row", " ".join(filter(None, cells)), f"第 {table} 个表格", tuple(cells), table
                    )
                cells = None
            case "inline":
                lines = _lines(token)
                if cells is not None:
                    cells.append("\n".join(lines))
                    continue
                for at, line in enumerate(lines):
                    yield Block(kind, f"{mark if at == 0 else ''}{line}", place)
                kind, mark = "paragraph", ""
            case "fence" | "code_block":
                for line in token.content.splitlines():
                    if line.strip():
                        yield Block("paragraph", line.strip(), place)


def _lines(token: Token) -> list[str]:
    text = ""
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            text += "\n"
        elif child.type in {"text", "code_inline"}:
            text += child.content
    return [line.strip() for line in text.split("\n") if line.strip()]
