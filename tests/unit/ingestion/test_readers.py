"""What the readers give: rows as the user sees them, and a clear refusal of everything else."""

import io
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from ingestion.readers import open_table
from ingestion.readers.table import Limits, RawRow, Table, letter
from kb_service.core.errors import Invalid, KbError
from tests.support.imports import csv_file, part, row, table, with_part, with_shared_strings, xlsx

LIMITS = Limits(bytes=2**20, rows=50, columns=20)


def read(
    content: bytes, filename: str, limits: Limits = LIMITS, sheet: str = ""
) -> tuple[Table, list[RawRow]]:
    found = open_table(io.BytesIO(content), filename, limits, sheet=sheet)
    return found, list(found.rows)


def refusal(content: bytes, filename: str, **how: Any) -> Invalid:
    with pytest.raises(Invalid) as caught:
        read(content, filename, **how)
    return caught.value


def _csv(rows: list[list[str]]) -> bytes:
    return "\n".join(",".join(cells) for cells in rows).encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_csv_is_read_in_the_encodings_offices_use(encoding: str) -> None:
    found, (only,) = read(csv_file(row(), encoding=encoding), "a.csv")
    assert found.headers == list(row())
    assert only == RawRow(2, row())


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_of_csv_is_found_out(delimiter: str) -> None:
    content = f"标题{delimiter}答案\n一{delimiter}二\n".encode()
    _, (only,) = read(content, "a.csv")
    assert only.cells == {"标题": "一", "答案": "二"}


def test_rows_of_csv_are_counted_as_a_spreadsheet_counts_them() -> None:
    content = '标题,答案\n一,"第一行\n第二行"\n\n二,短\n'.encode()
    _, rows = read(content, "a.csv")
    assert [(each.number, each.cells["答案"]) for each in rows] == [(2, "第一行\n第二行"), (4, "短")]


def test_cells_beyond_the_header_of_csv_are_a_fault_of_their_row() -> None:
    _, (first, second) = read("标题,答案\n一,二,三\n四\n".encode(), "a.csv")
    assert [(fault.code, fault.detail[:3]) for fault in first.faults] == [("extra_cells", "C 列")]
    assert (second.cells, second.faults) == ({"标题": "四"}, ())


def test_a_quote_left_open_is_told_by_its_row() -> None:
    error = refusal('标题,答案\n一,二\n三,"四\n五,六\n'.encode(), "a.csv")
    assert (error.code, error.extra) == ("bad_csv", {"row": 3, "line": 3})


def test_the_apostrophe_that_made_a_cell_harmless_is_taken_off_again() -> None:
    _, (only,) = read("标题,答案\n'=1+1,'好\n".encode(), "a.csv")
    assert only.cells == {"标题": "=1+1", "答案": "'好"}


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('{"title": "一", }', "第 16 个字符处前面多了逗号"),
        ('{"title" "一"}', "第 10 个字符处缺少冒号"),
        ('{"title": "一"} {}', "第 16 个字符处一行只能有一个对象"),
        ("['一']", "第 2 个字符处缺少值"),
        ('["一"]', "每行应为一个 JSON 对象"),
        ('{"title": NaN}', "NaN"),
        ("[" * 100_000, "过深的嵌套"),
    ],
)
def test_a_line_that_is_no_json_object_is_told_by_its_place_and_the_others_are_read(
    line: str, place: str
) -> None:
    _, (bad, good) = read(f'\n{line}\n{{"title": "二"}}\n'.encode(), "a.jsonl")
    assert (bad.number, bad.faults[0].code) == (2, "bad_json")
    assert place in bad.faults[0].detail
    assert good == RawRow(3, {"title": "二"})


def test_cells_of_a_workbook_keep_their_kind() -> None:
    values = [
        "文字",
        12,
        2.5,
        True,
        date(2026, 1, 31),
        datetime.fromisoformat("2026-01-31T09:05"),
        None,
        "行_x000D_末",
    ]
    headers = [letter(at) for at in range(len(values))]
    found, (only,) = read(xlsx([headers, values], title="甲"), "a.xlsx")
    assert (found.sheet, found.headers) == ("甲", headers)
    assert list(only.cells.values()) == [*values[:-1], "行\r末"]


def test_rows_of_a_workbook_are_numbered_as_the_sheet_numbers_them() -> None:
    _, rows = read(xlsx([(), ("标题",), ("一",), (), ("二",)]), "a.xlsx")
    assert [(each.number, each.cells) for each in rows] == [(3, {"标题": "一"}), (5, {"标题": "二"})]


def test_hidden_sheets_are_passed_over_and_a_named_one_is_found() -> None:
    content = xlsx(table(row()), hidden=["隐藏"])
    found, _ = read(content, "a.xlsx")
    assert found.sheet == "知识"
    assert refusal(content, "a.xlsx", sheet="没有").code == "unknown_sheet"
    assert refusal(content, "a.xlsx", sheet="隐藏").code == "empty_file"


def test_a_workbook_of_hidden_sheets_is_refused() -> None:
    content = xlsx(table(row()))
    hidden = part(content, "xl/workbook.xml").replace(b'state="visible"', b'state="hidden"')
    assert refusal(with_part(content, "xl/workbook.xml", hidden), "a.xlsx").code == "no_visible_sheet"


def test_formulas_and_error_values_are_faults_of_their_cells() -> None:
    content = xlsx([["标题", "答案"], ["=A1", "好"], ["一", "#N/A"]])
    _, (first, second) = read(content, "a.xlsx")
    assert [(fault.header, fault.code) for fault in first.faults] == [("标题", "formula")]
    assert first.faults[0].detail.startswith("A2 单元格是公式。请选中该列复制，再“选择性粘贴—数值”")
    assert [(fault.header, fault.code) for fault in second.faults] == [("答案", "error_value")]


def test_cells_inside_a_merged_range_are_at_fault_and_the_others_are_not() -> None:
    rows: list[list[Any]] = [
        ["标题", "类目", "答案"],
        ["一", "甲", "好"],
        ["二", None, "好"],
        ["三", "乙", "好"],
    ]
    _, found = read(xlsx(rows, merges=["B2:B3", "A4:B4"]), "a.xlsx")
    told = [
        [(fault.header, fault.code, fault.detail[:12].strip()) for fault in each.faults] for each in found
    ]
    down = ("类目", "merged_cells", "在合并单元格 B2:B3")
    across = [(name, "merged_cells", "在合并单元格 A4:B4") for name in ("标题", "类目")]
    assert told == [[down], [down], across]


def test_the_cells_of_a_merged_header_are_named() -> None:
    error = refusal(xlsx([["标题", None, "答案"], ["一", "二", "三"]], merges=["A1:B1"]), "a.xlsx")
    assert (error.code, error.extra["cells"]) == ("merged_header", ["A1:B1"])
    assert "A1:B1" in error.detail


def test_a_banner_above_the_header_is_refused_with_the_advice_to_remove_it() -> None:
    rows: list[list[Any]] = [["某某局知识", None], ["标题", "答案"], ["一", "二"]]
    error = refusal(xlsx(rows, merges=["A1:B1"]), "a.xlsx")
    assert error.code == "merged_header"
    assert "请删去这一行" in error.detail


def test_a_formula_in_the_header_is_refused() -> None:
    assert refusal(xlsx([["标题", '="答"&"案"'], ["一", "二"]]), "a.xlsx").code == "formula_header"


@pytest.mark.parametrize("make", [xlsx, _csv], ids=["xlsx", "csv"])
def test_too_many_rows_or_columns_are_refused(make: Any) -> None:
    name = "a.xlsx" if make([["a"]]).startswith(b"PK") else "a.csv"
    assert refusal(make([["标题"], *([["一"]] * 51)]), name).code == "too_many_rows"
    assert refusal(make([[f"列{at}" for at in range(21)]]), name).code == "too_many_columns"
    assert refusal(make([["标题", "答案", "标题"]]), name).code == "duplicate_column"
    assert refusal(make([["长" * 61], ["一"]]), name).code == "no_header"


def test_a_sheet_whose_cells_stand_out_of_order_is_refused() -> None:
    content = xlsx([["标题", "答案"], ["一", "二"]])
    sheet = part(content, "xl/worksheets/sheet1.xml")
    for old, new in (
        (b'r="B2"', b'r="A2"'),
        (b'<row r="2"', b'<row r="1"'),
        (b'<row r="2"', b'<row r="99999999"'),
    ):
        assert old in sheet
        broken = with_part(content, "xl/worksheets/sheet1.xml", sheet.replace(old, new))
        assert refusal(broken, "a.xlsx").code == "damaged_file"


def test_entities_in_a_workbook_are_refused() -> None:
    content = with_shared_strings(xlsx(table(row())))
    for name in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"):
        evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>' + part(content, name)
        assert refusal(with_part(content, name, evil), "a.xlsx").code == "damaged_file"


def test_what_a_sheet_says_of_its_own_size_is_not_believed() -> None:
    content = xlsx([["标题"], ["一"]])
    sheet = part(content, "xl/worksheets/sheet1.xml").replace(b'ref="A1:A2"', b'ref="A1:XFD1048576"')
    _, rows = read(with_part(content, "xl/worksheets/sheet1.xml", sheet), "a.xlsx")
    assert [each.cells for each in rows] == [{"标题": "一"}]


@pytest.mark.parametrize("filename", ["a.csv", "a.jsonl", "a.xlsx"])
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(filename: str, content: bytes) -> None:
    with suppress(KbError):
        read(content, filename)


BOOK = xlsx(table(row(), row("第二条")))


@given(st.integers(0, len(BOOK) - 1), st.binary(min_size=1, max_size=8))
def test_a_workbook_with_bytes_changed_anywhere_is_read_or_refused(at: int, bytes_: bytes) -> None:
    with suppress(KbError):
        read(BOOK[:at] + bytes_ + BOOK[at + len(bytes_) :], "a.xlsx")


@given(
    st.sampled_from(["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"]),
    st.data(),
)
def test_a_workbook_with_a_part_cut_or_changed_is_read_or_refused(name: str, data: st.DataObject) -> None:
    whole = part(BOOK, name)
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + data.draw(st.binary(max_size=6)) + whole[at + data.draw(st.integers(0, 30)) :]
    with suppress(KbError):
        read(with_part(BOOK, name, changed), "a.xlsx")


def test_text_that_cells_share_is_read_in_each_of_them() -> None:
    content = with_shared_strings(xlsx([["标题", "答案"], ["一", "同样"], ["同样", "二"]]))
    assert b'<c r="B2" t="s"><v>3</v></c>' in part(content, "xl/worksheets/sheet1.xml")
    _, rows = read(content, "a.xlsx")
    assert [list(each.cells.values()) for each in rows] == [["一", "同样"], ["同样", "二"]]


def test_a_chart_sheet_is_no_table() -> None:
    book = Workbook()
    assert book.active is not None
    book.active.sheet_state = "hidden"
    book.create_chartsheet("图")
    out = io.BytesIO()
    book.save(out)
    assert refusal(out.getvalue(), "a.xlsx").code == "no_visible_sheet"
