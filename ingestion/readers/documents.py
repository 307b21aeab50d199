"""Documents as rows: each is read, cut by the recogniser, and given on under the columns of the format."""

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import BinaryIO

from ingestion.columns import header_of
from ingestion.readers.docx_file import read_docx
from ingestion.readers.html_file import read_html
from ingestion.readers.ofd_file import read_ofd
from ingestion.readers.pdf_file import read_pdf
from ingestion.readers.table import Fault, RawRow, printable
from ingestion.readers.text_file import decoded, read_markdown, read_text
from ingestion.recognising.recogniser import recognise
from ingestion.recognising.values import Document, Evidence, Found
from kb_service.core.errors import Invalid

DOUBTFUL = "doubtful"
UNREAD_PART = "unread_part"


def read_document(file: BinaryIO, name: str, kind: str) -> Document:
    """Raises Invalid or TooLarge for a file that cannot be read, or has no words at all."""
    match kind:
        case "docx":
            document = read_docx(file, name)
        case "pdf":
            document = read_pdf(file, name)
        case "ofd":
            document = read_ofd(file, name)
        case "html":
            document = read_html(decoded(file, name), name)
        case "markdown":
            document = read_markdown(decoded(file, name), name)
        case _:
            document = read_text(decoded(file, name), name)
    if not document.blocks:
        raise Invalid(f"文件“{name}”里没有文字。请确认导入的是正确的文件。", code="empty_file")
    return document


def rows_of(document: Document, *, first: int = 1, within: str = "") -> Iterator[RawRow]:
    """A row for each piece of knowledge; `within` is the document's name where it is one of several."""
    faults = [Fault("", UNREAD_PART, note, "warning") for note in document.notes]
    for number, found in enumerate(recognise(document), first):
        yield _row(number, found, faults if number == first else [], within)


def _row(number: int, found: Found, faults: list[Fault], within: str) -> RawRow:
    cells: dict[str, object] = {"知识类型": found.type}
    cells |= {header_of(key): printable(value) for key, value in found.cells.items()}
    evidence = tuple(_placed(each, within) for each in found.evidence)
    doubts = [
        Fault(header_of(each.key) if each.key else "", DOUBTFUL, f"请核对：{each.doubt}", "warning")
        for each in evidence
        if each.doubt
    ]
    return RawRow(number, cells, (*faults, *doubts), evidence)


def _placed(evidence: Evidence, within: str) -> Evidence:
    if not within:
        return evidence
    place = f"{within}，{evidence.place}" if evidence.place else within
    return Evidence(evidence.key, place, printable(evidence.quote), evidence.doubt)


def is_table(headers: Iterable[str]) -> bool:
    """Whether words at the head of a text file are columns of the format, two of them at least."""
    from ingestion.mapping import ColumnMatcher

    matcher = ColumnMatcher()
    return sum(matcher.key(header) is not None for header in headers) >= 2


def shown_name(name: str) -> str:
    return printable(PurePath(name).name)
