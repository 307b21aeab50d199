"""What every reader gives: rows one by one, each cell under its header."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingestion.recognising.values import Evidence
from kb_service.core.errors import Invalid
from kb_service.core.settings import Settings

if TYPE_CHECKING:
    from ingestion.readers.zip_file import Bundle

HEADER_LENGTH = 60
_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "�")


@dataclass(frozen=True)
class Limits:
    bytes: int = 100 * 2**20
    rows: int = 100_000
    columns: int = 200

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        return cls(settings.upload_limit_mb * 2**20, settings.import_row_limit)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row as it stands in the file; `header` is empty where it is the row as a whole."""

    header: str
    code: str
    detail: str
    level: str = "error"


@dataclass(frozen=True, slots=True)
class RawRow:
    """`number` is the row as a user sees it in the file: the sheet's, the record's or the line's.

    A row that was cut out of a document carries the evidence for its cells.
    """

    number: int
    cells: dict[str, object]
    faults: tuple[Fault, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Table:
    """`headers` is None where each row names its own columns (JSONL, documents).

    `bundle` is where the files lie that rows name as attachments, for a zip.
    """

    format: str
    rows: Iterator[RawRow]
    headers: list[str] | None = None
    sheet: str = ""
    notes: list[str] = field(default_factory=list)
    bundle: "Bundle | None" = None


def letter(index: int) -> str:
    """The name of a column counted from 0, as spreadsheets write it."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def printable(text: str) -> str:
    """The text with whatever no database keeps replaced: control characters and halves of characters."""
    return text.translate(_CONTROL).encode("utf-8", "replace").decode("utf-8")


def header_names(cells: Sequence[object], limits: Limits, place: str) -> list[str]:
    """A name for each column; a column without a header is named by its letter."""
    names = [printable(" ".join(str(cell).split())) if cell is not None else "" for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise Invalid("文件没有表头。第一行应为列名，如“知识类型、标题、类目、承办单位”。", code="no_header")
    if len(names) > limits.columns:
        raise too_many_columns(len(names), limits, place)
    for index, name in enumerate(names):
        if len(name) > HEADER_LENGTH:
            raise Invalid(
                f"{place} {letter(index)} 列的列名有 {len(name)} 个字，最多 {HEADER_LENGTH} 个；"
                "第一行应为列名，不是内容。",
                code="no_header",
            )
    named = [name or f"（{letter(index)} 列无列名）" for index, name in enumerate(names)]
    _refuse_twice(named, place)
    return named


def _refuse_twice(names: list[str], place: str) -> None:
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        first = seen.setdefault(name, index)
        if first != index:
            raise Invalid(
                f"{place}的列名“{name}”出现两次（{letter(first)} 列和 {letter(index)} 列），"
                "请删去其中一列或改名。",
                code="duplicate_column",
            )


def too_many_columns(found: int, limits: Limits, place: str) -> Invalid:
    return Invalid(
        f"{place}有 {found} 列，最多 {limits.columns} 列。请删去多余的列，或下载模板重新填写。",
        code="too_many_columns",
    )


def too_many_rows(limits: Limits) -> Invalid:
    return Invalid(
        f"文件超过 {limits.rows} 行的上限，没有导入任何内容。请拆分成几个文件分别导入。", code="too_many_rows"
    )
