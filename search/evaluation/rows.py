"""Reading corpora and queries, line by line, with errors that name the line."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

_LONGEST_LINE = 8 * 1024 * 1024
_Line = tuple[int, dict[str, Any]]


class InputError(ValueError):
    """A file cannot be measured with; the message names file and line, in Chinese."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path.name} 第 {line} 行：{problem}" if line else f"{path.name}：{problem}")
        self.path = path
        self.line = line


@dataclass(frozen=True, slots=True)
class CorpusItem:
    id: str
    title: str
    body: str
    questions: tuple[str, ...]
    type: str
    unit: str


@dataclass(frozen=True, slots=True)
class EvaluationQuery:
    id: str
    text: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class LabelledRow:
    id: str
    text: str
    label: str


def read_labelled(path: Path) -> Iterator[LabelledRow]:
    """Rows in the order of the file. Raises InputError at a wrong line, and at the end of an empty file."""
    fresh = _fresh_ids(path)
    empty = True
    for line, row in _lines(path):
        empty = False
        text, label = (_text(path, line, row, name, required=True) for name in ("text", "label"))
        if not label.strip():
            raise InputError(path, line, "label 不能为空")
        yield LabelledRow(fresh(line, row), text, label.strip())
    if empty:
        raise InputError(path, 0, "文件中没有任何样本")


def read_corpus(path: Path) -> Iterator[CorpusItem]:
    """Items in the order of the file. Raises InputError at a wrong line, and at the end of an empty file."""
    fresh = _fresh_ids(path)
    empty = True
    for line, row in _lines(path):
        empty = False
        item = CorpusItem(
            id=fresh(line, row),
            title=_text(path, line, row, "title", required=False),
            body=_text(path, line, row, "body", required=False),
            questions=tuple(_texts(path, line, row, "questions")),
            type=_text(path, line, row, "type", required=False) or "faq",
            unit=_text(path, line, row, "unit", required=False),
        )
        if not (item.title.strip() or item.body.strip()):
            raise InputError(path, line, "title 与 body 不能都为空")
        yield item
    if empty:
        raise InputError(path, 0, "文件中没有任何语料")


def read_queries(path: Path, known: Callable[[str], bool]) -> Iterator[EvaluationQuery]:
    """Queries in the order of the file; `known` tells whether the corpus has an id. Raises InputError."""
    fresh = _fresh_ids(path)
    empty = True
    for line, row in _lines(path):
        empty = False
        if "relevant" not in row:
            raise InputError(path, line, "缺少 relevant（没有答案时请写 []）")
        relevant = list(_texts(path, line, row, "relevant"))
        for wanted in relevant:
            if not known(wanted):
                raise InputError(path, line, f"relevant 中的“{wanted}”不在语料中")
        yield EvaluationQuery(
            fresh(line, row), _text(path, line, row, "text", required=True), frozenset(relevant)
        )
    if empty:
        raise InputError(path, 0, "文件中没有任何问题")


def _lines(path: Path) -> Iterator[_Line]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(path, 0, f"无法打开文件（{error.strerror}）") from error
    with file:
        for number in count(1):
            raw = file.readline(_LONGEST_LINE + 1)
            if not raw:
                return
            if len(raw) > _LONGEST_LINE:
                raise InputError(path, number, "这一行超过 8 MB")
            if raw.strip():
                yield number, _parse(path, number, raw)


def _parse(path: Path, number: int, raw: bytes) -> dict[str, Any]:
    try:
        row = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(path, number, "不是 UTF-8 编码") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(path, number, f"不是合法的 JSON（{error}）") from error
    if not isinstance(row, dict):
        raise InputError(path, number, "应当是一个 JSON 对象")
    return row


def _fresh_ids(path: Path) -> Callable[[int, dict[str, Any]], str]:
    seen: dict[str, int] = {}

    def check(line: int, row: dict[str, Any]) -> str:
        found = row.get("id")
        if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
            raise InputError(path, line, "缺少 id")
        key = str(found)
        if key in seen:
            raise InputError(path, line, f"id “{key}”与第 {seen[key]} 行重复")
        seen[key] = line
        return key

    return check


def _text(path: Path, line: int, row: dict[str, Any], name: str, *, required: bool) -> str:
    found = row.get(name)
    if found is None and not required:
        return ""
    if not isinstance(found, str):
        raise InputError(path, line, f"{name} 应当是文字" if found is not None else f"缺少 {name}")
    return found


def _texts(path: Path, line: int, row: dict[str, Any], name: str) -> Iterator[str]:
    found = row.get(name)
    if found is None:
        return
    if not isinstance(found, list):
        raise InputError(path, line, f"{name} 应当是列表")
    for value in found:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InputError(path, line, f"{name} 中只能有文字")
        yield str(value)
