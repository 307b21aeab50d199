"""The files themselves: each begins with whose it is, for what it was let out, and its own number."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from kb_service.core.clock import CITY
from kb_service.core.workbooks import Book
from kb_service.knowledge.content import AUDIENCES
from kb_service.knowledge.exports import rules
from kb_service.knowledge.exports.rules import Format
from kb_service.knowledge.service.views import VersionView

_HELD = {"": "", "warn": "有纠错，使用前请核实", "suspend": "有重大纠错，暂停使用"}


@dataclass(frozen=True)
class Mark:
    """What every file says of itself. `code` is the file's own number, which each row repeats."""

    code: str
    at: datetime
    by: str
    basis: str
    authorisation: str
    purpose: str
    recipient: str
    units: str

    def lines(self) -> list[tuple[str, str]]:
        return [
            ("文件编号", self.code),
            ("导出时间", self.at.astimezone(CITY).strftime("%Y-%m-%d %H:%M:%S")),
            ("导出人", self.by),
            ("依据", f"{self.basis} {self.authorisation}".strip()),
            ("用途", self.purpose),
            ("使用者", self.recipient),
            ("知识所属单位", self.units),
            ("声明", rules.OWNERSHIP),
        ]


@dataclass(frozen=True)
class Row:
    """A live version, and the word of a correction that stands on it."""

    view: VersionView
    held: str


def write(path: Path, format: Format, mark: Mark, rows: Iterable[Row]) -> None:  # noqa: A002 - the word people use
    """Writes the file a row at a time."""
    {"csv": _csv, "xlsx": _xlsx, "jsonl": _jsonl}[format](path, mark, rows)


def _csv(path: Path, mark: Mark, rows: Iterable[Row]) -> None:
    # With the mark of byte order spreadsheets read it as UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerows([rules.harmless(name), rules.harmless(text)] for name, text in mark.lines())
        out.writerow([])
        out.writerow(rules.columns())
        for row in rows:
            out.writerow([rules.harmless(text) for text in _cells(row, mark)])


def _xlsx(path: Path, mark: Mark, rows: Iterable[Row]) -> None:
    book = Book()
    book.sheet("导出说明", widths={"B": 80}).rows(mark.lines())
    sheet = book.sheet("知识", heads=rules.columns())
    sheet.rows([rules.cut(text) for text in _cells(row, mark)] for row in rows)
    book.save(path)


def _jsonl(path: Path, mark: Mark, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        head = asdict(mark) | {"at": mark.at.isoformat(), "ownership": rules.OWNERSHIP}
        file.write(json.dumps({"export": head}, ensure_ascii=False) + "\n")
        for row in rows:
            file.write(json.dumps(_record(row, mark), ensure_ascii=False) + "\n")


def _record(row: Row, mark: Mark) -> dict[str, object]:
    view = row.view
    draft = view.draft().model_dump(mode="json", exclude={"note", "release_at"})
    return draft | {
        "code": view.code,
        "version": view.number,
        "unit": view.unit_code,
        "unit_name": view.unit_name,
        "uploaded_at": view.uploaded_at.isoformat() if view.uploaded_at else None,
        "held": row.held,
        "export": mark.code,
    }


def _cells(row: Row, mark: Mark) -> Iterator[str]:
    view = row.view
    uploaded = view.uploaded_at.astimezone(CITY).strftime("%Y-%m-%d %H:%M") if view.uploaded_at else ""
    text = "\n".join(f"{label}：{said}" if label else said for label, said in view.content.sections())
    yield from (view.code, str(view.number), view.type_name, view.title, text)
    yield from ("\n".join(view.content.similar_questions), view.category_path, view.unit_name)
    yield from (view.region_name, AUDIENCES[view.audience], "、".join(view.keywords), view.source)
    yield from (str(view.effective_from or ""), str(view.effective_to or ""), uploaded)
    yield from (_HELD[row.held], mark.code)
