"""From the cells of a row to what a version says, and back. Every mistake is told by row and column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from ingestion import cells
from ingestion.cells import BadCell
from ingestion.columns import COLUMNS, ORIGIN, REQUIRED, Column, Kind, header_of
from ingestion.mapping import ColumnMatcher
from ingestion.readers.table import RawRow
from kb_service.core.web import in_chinese
from kb_service.knowledge.content import AUDIENCES, TYPE_NAMES, PointDraft
from kb_service.knowledge.incoming.attaching import ReadyFile

ERROR: Final = "error"
WARNING: Final = "warning"
SHOWN: Final = 20
MOST_PROBLEMS: Final = 30


@dataclass(frozen=True)
class Problem:
    """`row` and `header` are what the user sees in the file; `column` is the key, empty for the row as a whole."""

    row: int
    column: str
    header: str
    code: str
    detail: str
    level: str = ERROR

    @property
    def text(self) -> str:
        place = f"第 {self.row} 行“{self.header}”" if self.header else f"第 {self.row} 行"
        return f"{place}：{self.detail}"


@dataclass(frozen=True)
class Names:
    """Codes by what people call things; each function gives None for what does not exist."""

    unit: Callable[[str], str | None]
    region: Callable[[str], str | None]
    category: Callable[[str], str | None]
    role: Callable[[str], str | None]


@dataclass
class ParsedRow:
    """`unit` and `title` as far as they were understood, for lists; `draft` only when the row holds together.

    `attachments` are the files by the names that the row gives them, `files` those that were found and stored.
    """

    raw: RawRow
    headers: Mapping[str, str]
    code: str | None = None
    type: str = ""
    title: str = ""
    unit: str = ""
    draft: PointDraft | None = None
    problems: list[Problem] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)
    files: list[ReadyFile] = field(default_factory=list)
    origin: dict[str, Any] = field(default_factory=dict)

    def report(self, column: str, code: str, detail: str, level: str = ERROR) -> None:
        """Beyond a number that anyone would read, more problems of one row are not kept."""
        if len(self.problems) >= MOST_PROBLEMS:
            return
        header = self.headers.get(column) or (header_of(column) if column else "")
        self.problems.append(Problem(self.raw.number, column, header, code, detail, level))

    @property
    def wrong(self) -> bool:
        return any(problem.level == ERROR for problem in self.problems)

    def has_problem_in(self, column: str) -> bool:
        return any(problem.column == column for problem in self.problems)


def parse_row(
    raw: RawRow, matcher: ColumnMatcher, names: Names, defaults: Mapping[str, object] | None = None
) -> ParsedRow:
    """`defaults` holds values by key, for cells that are empty."""
    given: dict[str, object] = {}
    headers: dict[str, str] = {}
    doubles: list[tuple[str, str]] = []
    for header, value in raw.cells.items():
        key = matcher.key(header)
        if key is not None:
            doubles += [(key, header)] if key in headers else []
            headers.setdefault(key, header)
            given.setdefault(key, value)
    for key, value in (defaults or {}).items():
        if cells.is_empty(given.get(key)):
            given[key] = value
    row = ParsedRow(raw, headers)
    for key, header in doubles:
        row.report(key, "duplicate_column", f"“{header}”与“{headers[key]}”是同一列，请删去一个")
    for fault in raw.faults:
        column = matcher.key(fault.header) if fault.header else ""
        # What is wrong in a column that is not read harms nothing.
        if column is not None:
            row.report(column, fault.code, fault.detail, fault.level)
    if not raw.cells and raw.faults:
        return row
    values = _values(row, given, names)
    row.code, row.type = values.pop("code", None), values.pop("type", "")
    row.unit, row.title = values.pop("unit", ""), values.get("title", "")
    row.attachments = values.pop("attachments", [])
    row.origin = {key: values.pop(key) for key in sorted(ORIGIN & values.keys())}
    _report_missing(row, given)
    _build(row, values)
    return row


def _values(row: ParsedRow, given: Mapping[str, object], names: Names) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in given.items():
        if cells.is_empty(value):
            continue
        try:
            values[key] = _READERS[COLUMNS[key].kind](value, names)
        except BadCell as bad:
            row.report(key, bad.code, bad.detail)
    return values


_READERS: Final[Mapping[Kind, Callable[[object, Names], object]]] = {
    Kind.TEXT: lambda value, _: cells.text_of(value),
    Kind.LIST: lambda value, _: cells.list_of(value, cells.LIST_SEPARATORS),
    Kind.KEYWORDS: lambda value, _: cells.list_of(value, cells.KEYWORD_SEPARATORS),
    Kind.REPLACES: lambda value, _: cells.replacements_of(value),
    Kind.DATE: lambda value, _: cells.date_of(value),
    Kind.INSTANT: lambda value, _: cells.instant_of(value),
    Kind.TYPE: lambda value, _: cells.type_of(value),
    Kind.AUDIENCE: lambda value, _: cells.audience_of(value),
    Kind.ROLES: lambda value, names: list(
        dict.fromkeys(
            _named(names.role, role, "role", "角色") for role in cells.list_of(value, cells.ROLE_SEPARATORS)
        )
    ),
    Kind.UNIT: lambda value, names: _named(names.unit, cells.text_of(value), "unit", "承办单位"),
    Kind.REGION: lambda value, names: _named(names.region, cells.text_of(value), "region", "行政区划"),
    Kind.CATEGORY: lambda value, names: _named(names.category, cells.path_of(value), "category", "类目"),
}


def _named(find: Callable[[str], str | None], text: str, kind: str, what: str) -> str:
    code = find(text)
    if code is None:
        raise BadCell(f"unknown_{kind}", f"{what}“{text[:60]}”不存在，请填写系统里已有的名称或编码")
    return code


def _report_missing(row: ParsedRow, given: Mapping[str, object]) -> None:
    for key in REQUIRED:
        if cells.is_empty(given.get(key)) and not row.has_problem_in(key):
            row.report(key, "missing", f"请填写{header_of(key)}")


def _build(row: ParsedRow, values: dict[str, Any]) -> None:
    content: dict[str, Any] = {"type": row.type}
    shared: dict[str, Any] = {}
    for key, value in values.items():
        types = COLUMNS[key].types
        if not types:
            shared[key] = value
        elif row.type in types:
            content[key] = value
        elif row.type:
            detail = f"“{TYPE_NAMES[row.type]}”没有这一项，未导入"
            row.report(key, "not_of_this_type", detail, WARNING)
    if not row.type:
        return
    # A cell that was not understood is reported already; the others are checked as if it were filled.
    for key in ("title", "category"):
        shared.setdefault(key, "？")
    try:
        draft = PointDraft.model_validate(shared | {"content": content})
    except ValidationError as error:
        _report_invalid(row, shared | content, error)
    else:
        row.draft = None if row.wrong else draft


def _report_invalid(row: ParsedRow, values: Mapping[str, Any], error: ValidationError) -> None:
    for each in error.errors(include_url=False):
        place = [part for part in each["loc"] if part != row.type]
        column = str(place[1] if place[0] == "content" and len(place) > 1 else place[0]) if place else ""
        index = place[-1] if place and isinstance(place[-1], int) else None
        row.report(column, str(each["type"]), _in_words(dict(each), values.get(column), index))


def _in_words(error: dict[str, Any], value: object, index: int | None) -> str:
    limits = error.get("ctx", {})
    if error["type"] == "too_long" and isinstance(value, list):
        return f"有 {len(value)} 项，最多 {limits['max_length']} 项"
    text = value[index] if isinstance(value, list) and index is not None else value
    if error["type"] == "string_too_long" and isinstance(text, str):
        told = f"有 {len(text)} 个字符，最多 {limits['max_length']} 个字符"
    else:
        told = in_chinese(error)
    return told if index is None else f"第 {index + 1} 项“{str(text)[:SHOWN]}”{told}"


def column_of(pointer: str) -> str:
    """The key of the column that a pointer into a draft means: `/content/answer` is answer."""
    parts = pointer.strip("/").split("/")
    return parts[1] if parts[0] == "content" and len(parts) > 1 else parts[0]


def cells_of(draft: PointDraft, *, unit: str, code: str = "") -> dict[str, str]:
    """The cells of a row that says what a draft says, by key; empty ones are left out."""
    shared = draft.model_dump(mode="json", exclude={"content"})
    content = draft.content.model_dump(mode="json")
    values = {"code": code, "unit": unit, **shared, **content}
    texts = {key: _cell(COLUMNS[key], value) for key, value in values.items()}
    return {key: text for key, text in texts.items() if text}


def _cell(column: Column, value: object) -> str:
    match column.kind:
        case Kind.TYPE:
            return TYPE_NAMES[str(value)]
        case Kind.AUDIENCE:
            return AUDIENCES[str(value)]
        case Kind.LIST if isinstance(value, list):
            return "\n".join(map(str, value))
        case Kind.REPLACES if isinstance(value, list):
            return "\n".join(f"{each['code']} {'、'.join(each['articles'])}".strip() for each in value)
        case Kind.KEYWORDS | Kind.ROLES if isinstance(value, list):
            return ";".join(map(str, value))
        case _:
            return "" if value is None else str(value)
