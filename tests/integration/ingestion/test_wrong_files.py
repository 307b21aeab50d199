"""Every wrong file gets a message that says what is wrong and where, and leaves nothing behind."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import func, select

import ingestion.service as imports
from ingestion.model import StagedRow
from ingestion.service import Limits
from kb_service.core.errors import Conflict, KbError
from kb_service.knowledge.model import Point, Version
from tests.support.imports import (
    OLE,
    bomb,
    csv_file,
    encrypted,
    found,
    jsonl,
    row,
    stage,
    table,
    with_part,
    xlsx,
)
from tests.support.knowledge import World


def nothing_came_in(world: World) -> bool:
    with world.database.read() as session:
        counts = [
            session.execute(select(func.count()).select_from(each)).scalar_one() for each in (Point, Version)
        ]
    return counts == [0, 0]


def staged_rows(world: World) -> int:
    with world.database.read() as session:
        return session.execute(select(func.count()).select_from(StagedRow)).scalar_one()


@dataclass(frozen=True)
class Wrong:
    """`told` are the parts that the message must have."""

    make: Callable[[], bytes]
    filename: str
    code: str
    told: tuple[str, ...] = ()


def _zip(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr(name, content)
    return out.getvalue()


def _broken_utf8() -> bytes:
    return csv_file(row(), row("第二条")) + b"\xe5\xe5\n"


GOOD = xlsx(table(row()))
WRONG_FILES = {
    "empty": Wrong(bytes, "a.csv", "empty_file", ("a.csv",)),
    "only a header": Wrong(lambda: csv_file(row()).split(b"\n")[0], "a.csv", "no_rows"),
    "only blank lines": Wrong(lambda: b"\n\n  \n", "a.csv", "empty_file"),
    "an empty sheet": Wrong(lambda: xlsx([]), "a.xlsx", "empty_file", ("知识",)),
    "too large": Wrong(lambda: b"x" * (2 * 2**20), "a.csv", "file_too_large", ("2.0 MB", "上限是 1 MB")),
    "a byte of no encoding": Wrong(_broken_utf8, "a.csv", "bad_encoding", ("第 4 行", "UTF-8")),
    "another script": Wrong(
        lambda: ("標題,答案\n怎樣辦理退休,本人到市民之家辦理\n" * 9).encode("big5"), "a.csv", "unknown_encoding", ("第 1 行",)
    ),
    "no column known": Wrong("甲,乙\n一,二\n".encode, "a.csv", "missing_columns", ("“知识类型”", "“标题”")),
    "a near column": Wrong(
        lambda: csv_file({("知识标题" if key == "标题" else key): value for key, value in row().items()}),
        "a.csv", "missing_columns", ("表头“知识标题”是不是“标题”",),
    ),
    "a column twice": Wrong(lambda: b"title,title\n1,2\n", "a.csv", "duplicate_column", ("A 列", "B 列")),
    "a quote left open": Wrong(lambda: csv_file(row()) + b'"\n', "a.csv", "bad_csv", ("第 3 行",)),
    "merged header cells": Wrong(lambda: xlsx(table(row()), merges=["A1:C1"]), "a.xlsx", "merged_header", ("A1:C1",)),
    "a formula in the header": Wrong(lambda: xlsx([["标题", "=A1"], [1, 2]]), "a.xlsx", "formula_header", ("B1",)),
    "10,000 columns": Wrong(
        lambda: xlsx([[f"列{at}" for at in range(10_000)]]), "a.xlsx", "too_many_columns", ("第 1 行", "最多 200 列")
    ),
    "too many rows": Wrong(lambda: jsonl(*([row()] * 101)), "a.jsonl", "too_many_rows", ("100 行",)),
    "a zip bomb": Wrong(bomb, "a.xlsx", "expands_too_much", ("300 MB",)),
    "macros by name": Wrong(lambda: GOOD, "a.xlsm", "macro_file", (".xlsx",)),
    "macros inside": Wrong(lambda: with_part(GOOD, "xl/vbaProject.bin", b"x"), "a.xlsx", "macro_file"),
    "a password": Wrong(encrypted, "a.xlsx", "password_protected", ("打开密码",)),
    "an old workbook": Wrong(lambda: OLE + bytes(2000), "a.xls", "old_office_file", (".xlsx",)),
    "an old workbook renamed": Wrong(lambda: OLE + bytes(2000), "a.xlsx", "old_office_file", (".xlsx",)),
    "a workbook renamed": Wrong(lambda: GOOD, "a.csv", "content_mismatch", (".csv", "Excel 工作簿")),
    "text renamed": Wrong(lambda: csv_file(row()), "a.xlsx", "content_mismatch", (".xlsx", "文字")),
    "a document renamed": Wrong(lambda: b"%PDF-1.7 ...", "a.csv", "content_mismatch", ("PDF",)),
    "another zip": Wrong(lambda: _zip("a.txt", b"x"), "a.xlsx", "content_mismatch", ("不是 Excel 工作簿",)),
    "a torn workbook": Wrong(lambda: GOOD[: len(GOOD) // 2], "a.xlsx", "damaged_file"),
    "an old document": Wrong(lambda: b"x", "a.doc", "old_office_file", (".docx",)),
    "a format nobody knows": Wrong(lambda: b"x", "a.xyz", "unknown_format", (".xyz",)),
    "JSON in one piece": Wrong(lambda: b"[]", "a.json", "unknown_format", (".jsonl",)),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_FILES.values(), ids=WRONG_FILES.keys())
def test_a_file_that_cannot_be_read_is_refused_with_the_reason_and_leaves_nothing(
    world: World, wrong: Wrong
) -> None:
    with pytest.raises(KbError) as caught:
        stage(world, wrong.make(), wrong.filename, limits=Limits(bytes=2**20, rows=100))
    assert caught.value.code == wrong.code
    assert [part for part in wrong.told if part not in caught.value.detail] == []
    assert nothing_came_in(world)
    assert staged_rows(world) == 0


@dataclass(frozen=True)
class WrongRow:
    """A file with one wrong row among good ones: where it is, and what is told."""

    make: Callable[[], bytes]
    filename: str
    place: tuple[int, str]
    code: str
    told: str
    status: str = "error"


def _rows(**cells: object) -> list[dict[str, object]]:
    return [row("第一条"), row("第二条", **cells), row("第三条")]


def _csv(**cells: object) -> Callable[[], bytes]:
    return lambda: csv_file(*_rows(**cells), encoding="gbk")


def _xlsx(**cells: object) -> Callable[[], bytes]:
    return lambda: xlsx(table(*_rows(**cells)))


WRONG_ROWS = {
    "an unknown unit": WrongRow(_csv(承办单位="市某某局"), "a.csv", (3, "承办单位"), "unknown_unit", "市某某局"),
    "a unit of others": WrongRow(_csv(承办单位="市公安局"), "a.csv", (3, "承办单位"), "refused", "不能为“市公安局”"),
    "an unknown category": WrongRow(_xlsx(类目="没有"), "a.xlsx", (3, "类目"), "unknown_category", "没有"),
    "a category with others below": WrongRow(_xlsx(类目="社会保障"), "a.xlsx", (3, "类目"), "refused", "末级"),
    "a category of others": WrongRow(_xlsx(类目="公安政务/户籍"), "a.xlsx", (3, "类目"), "refused", "编写权限"),
    "an unknown matter": WrongRow(_xlsx(事项="M9"), "a.xlsx", (3, "事项"), "refused", "M9"),
    "a day that does not exist": WrongRow(
        _csv(生效日期="2026年2月30日"), "a.csv", (3, "生效日期"), "no_such_date", "2 月只有 28 天"
    ),
    "an end before the beginning": WrongRow(
        _xlsx(生效日期=date(2026, 5, 1), 失效日期=date(2026, 4, 1)), "a.xlsx", (3, "失效日期"), "refused", "早于生效日期"
    ),
    "a formula": WrongRow(_xlsx(答案='="甲"&"乙"'), "a.xlsx", (3, "答案"), "formula", "F3 单元格是公式"),
    "5,000 similar questions": WrongRow(
        _csv(相似问题="|".join(f"问法{at}" for at in range(5000))), "a.csv", (3, "相似问题"), "too_long",
        "有 5000 项，最多 200 项",
    ),
    "a long keyword": WrongRow(_csv(关键词="长" * 21), "a.csv", (3, "关键词"), "string_too_long", "最多 20 个字符"),
    "a keyword that is the title": WrongRow(_csv(关键词="第二条"), "a.csv", (3, "关键词"), "refused", "与标题相同"),
    "a long title": WrongRow(_csv(标题="长" * 129), "a.csv", (3, "标题"), "string_too_long", "最多 128 个字符"),
    "no answer": WrongRow(_csv(答案=""), "a.csv", (3, "答案"), "refused", "请填写答案"),
    "a code of no form": WrongRow(_csv(知识编码="编码 一"), "a.csv", (3, "知识编码"), "refused", "字母、数字"),
    "an unknown point to supersede": WrongRow(_csv(替代="K9"), "a.csv", (3, "替代"), "refused", "K9 不存在"),
    "a code twice": WrongRow(
        lambda: csv_file(row("第一条", 知识编码="A1"), row("第二条", 知识编码="A1")), "a.csv", (3, "知识编码"),
        "duplicate_code", "与第 2 行重复", "duplicate",
    ),
    "a title twice": WrongRow(
        lambda: csv_file(row("第一条"), row("第一 条")), "a.csv", (3, "标题"), "duplicate_title", "与第 2 行", "duplicate"
    ),
    "more cells than columns": WrongRow(
        lambda: csv_file(row()) + b"faq,a,b,c,d,e,f,g\n", "a.csv", (3, ""), "extra_cells", "G、H 列"
    ),
    "broken JSON": WrongRow(lambda: jsonl(row()) + b'\n{"title": }', "a.jsonl", (2, ""), "bad_json", "第 11 个字符"),
    "nested JSON": WrongRow(
        lambda: jsonl(row(), row("二", 答案={"a": 1})), "a.jsonl", (2, "答案"), "not_text", "嵌套"
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_ROWS.values(), ids=WRONG_ROWS.keys())
def test_a_wrong_row_is_told_by_row_and_column_and_stops_the_whole(world: World, wrong: WrongRow) -> None:
    staged = stage(world, wrong.make(), wrong.filename)
    problems = [problem for each in found(world, staged.id, wrong.status) for problem in each.problems]
    assert [(problem.row, problem.header) for problem in problems if problem.code == wrong.code] == [
        wrong.place
    ]
    assert wrong.told in next(problem.detail for problem in problems if problem.code == wrong.code)
    with pytest.raises(Conflict) as caught:
        imports.apply(world.database, world.as_("rsj_editor"), staged.id)
    assert caught.value.code == "rows_have_errors"
    assert nothing_came_in(world)


@pytest.mark.parametrize(
    ("make", "filename"),
    [
        (lambda: csv_file(*_rows(), encoding="gbk"), "a.csv"),
        (lambda: csv_file(*_rows(), encoding="utf-8-sig"), "a.csv"),
        (lambda: csv_file(*_rows(), encoding="utf-16"), "a.txt"),
        (lambda: xlsx(table(*_rows())), "a.xlsx"),
        (lambda: jsonl(*_rows()), "a.jsonl"),
    ],
)
def test_the_same_rows_come_in_from_every_format(
    world: World, make: Callable[[], bytes], filename: str
) -> None:
    staged = stage(world, make(), filename)
    assert (staged.counts.rows, staged.counts.new, staged.left_out) == (3, 3, 0)
    assert [each.draft and each.draft["title"] for each in found(world, staged.id)] == [
        "第一条",
        "第二条",
        "第三条",
    ]
