"""From a file to rows: tables row by row, documents cut into pieces, in bounded memory."""

from itertools import islice
from typing import BinaryIO

from ingestion.readers.csv_file import read_csv
from ingestion.readers.documents import is_table, read_document, rows_of, shown_name
from ingestion.readers.encoding import encoding_of, lines_of
from ingestion.readers.jsonl_file import read_jsonl
from ingestion.readers.sniffing import format_of
from ingestion.readers.table import Limits, Table
from ingestion.readers.xls_file import read_xls
from ingestion.readers.zip_file import read_zip
from kb_service.core.errors import Invalid

FIRST_LINES = 20


def open_table(file: BinaryIO, filename: str, limits: Limits, *, sheet: str = "") -> Table:
    """Looks at the file as a whole and gives its rows, read as they are asked for.

    Raises Invalid or TooLarge for what makes the file unreadable, also while rows are read.
    """
    kind = format_of(file, filename, limits)
    match kind:
        case "xlsx":
            from ingestion.readers.xlsx_file import read_xlsx

            table = read_xlsx(file, limits, sheet)
        case "xls":
            table = read_xls(file, limits, sheet)
        case "jsonl":
            table = read_jsonl(file, limits)
        case "csv":
            table = read_csv(file, limits)
        case "zip":
            table = read_zip(file, limits)
        case "text":
            table = text_table(file, limits) or _document(file, filename, kind)
        case _:
            table = _document(file, filename, kind)
    return table


def _document(file: BinaryIO, filename: str, kind: str) -> Table:
    document = read_document(file, shown_name(filename), kind)
    return Table(kind, rows_of(document), notes=list(document.notes))


def text_table(file: BinaryIO, limits: Limits) -> Table | None:
    """A .txt that a spreadsheet saved: its first line names columns of the format."""
    try:
        encoding = encoding_of(file)
    except Invalid:
        return None
    first = next((line for line in islice(lines_of(file, encoding), FIRST_LINES) if line.strip()), "")
    if not any(is_table(first.strip().split(mark)) for mark in (",", "\t", ";")):
        return None
    return read_csv(file, limits)
