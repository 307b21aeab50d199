"""The lexicon as a table: handed out whole or in part, and taken in."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, Pointer, TooLarge
from kb_service.knowledge.lexicon import rules
from kb_service.knowledge.lexicon.service import entries, keeping
from search.lexicon.lexicon import Entry
from search.ports import SearchEngine

_NAMES = {name: header for header, name in rules.HEADERS.items()}
_DEFAULT_WEIGHT = 0.8
_BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True)
class Taken:
    """`news` of the `rows` were new or said something else than before."""

    rows: int
    news: int


def write(session: ReadSession, ctx: Context, *, own: bool = False) -> str:
    """CSV that spreadsheets open, with what `read` takes in; `own`: what the city changed alone."""
    ctx.actor.require("knowledge.read_internal")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_NAMES[name] for name in rules.COLUMNS])
    for each in entries.every(session):
        if own and each.source == "shipped":
            continue
        active = "是" if each.active else "否"
        row = [each.spoken, ";".join(each.official), f"{each.weight:g}", each.field, active]
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row])
    return _BOM + out.getvalue()


def read(
    session: WriteSession, ctx: Context, engine: SearchEngine, content: bytes, override: str = ""
) -> Taken:
    """All rows or none: Invalid names each that cannot be an entry; the gate looks at them together."""
    ctx.actor.require(keeping.PERMISSION)
    wanted: dict[str, tuple[Entry, bool]] = {}
    wrong: list[Pointer] = []
    rows = 0
    for line, row in _rows(content):
        rows += 1
        if rows > rules.MOST_ROWS:
            raise TooLarge(f"一次最多导入 {rules.MOST_ROWS} 行，请分批导入。", code="too_many_rows")
        found = _entry(row)
        if isinstance(found, str):
            wrong.append({"pointer": f"/rows/{line}", "detail": f"第 {line} 行：{found}"})
        else:
            wanted[found[0].spoken] = found
    if wrong:
        first = "；".join(each["detail"] for each in wrong[:5])
        raise Invalid(
            f"有 {len(wrong)} 行不符合要求，没有导入：{first}。", code="bad_rows", pointers=wrong[:200]
        )
    return Taken(rows, keeping.apply(session, ctx, engine, list(wanted.values()), override))


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column."""
    reader = csv.reader(io.StringIO(text_of(content)))
    try:
        columns = rules.columns_of(next(reader, []))
        if columns is None:
            needed = f"{_NAMES['spoken']}、{_NAMES['official']}"
            raise Invalid(f"第一行须是列名，至少有：{needed}。", code="bad_header")
        for row in reader:
            if any(cell.strip() for cell in row):
                yield (
                    reader.line_num,
                    {
                        name: row[at].strip().removeprefix("'") if at < len(row) else ""
                        for name, at in columns.items()
                    },
                )
    except csv.Error as error:
        raise Invalid("文件不是可以读取的 CSV，请用表格软件另存为 CSV 后再试。", code="bad_csv") from error


def text_of(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("文件的编码无法识别，请另存为 UTF-8 编码的 CSV。", code="bad_encoding")


def _entry(row: dict[str, str]) -> tuple[Entry, bool] | str:
    """The entry and whether it is on, or what is wrong with the row."""
    try:
        weight = float(row.get("weight") or _DEFAULT_WEIGHT)
    except ValueError:
        return "权重须是数字"
    active = rules.active_of(row.get("active", ""))
    if active is None:
        return "“启用”请填写是或否"
    entry = keeping.EntryIn(row["spoken"], row["official"], weight, row.get("field", "")).entry()
    wrong = rules.problems(entry)
    return "，".join(detail for _, detail in wrong) if wrong else (entry, active)
