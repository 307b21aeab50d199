"""From a file to rows: CSV, XLSX and JSONL, in bounded memory."""

from typing import BinaryIO

from ingestion.readers.csv_file import read_csv
from ingestion.readers.jsonl_file import read_jsonl
from ingestion.readers.sniffing import format_of
from ingestion.readers.table import Limits, Table
from ingestion.readers.xlsx_file import read_xlsx


def open_table(file: BinaryIO, filename: str, limits: Limits, *, sheet: str = "") -> Table:
    """Looks at the file as a whole and gives its rows, read as they are asked for.

    Raises Invalid or TooLarge for what makes the file unreadable, also while rows are read.
    """
    match format_of(file, filename, limits):
        case "xlsx":
            return read_xlsx(file, limits, sheet)
        case "jsonl":
            return read_jsonl(file, limits)
        case _:
            return read_csv(file, limits)
