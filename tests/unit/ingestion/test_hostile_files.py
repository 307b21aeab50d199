"""Files made to do harm: each is refused with a reason, and costs little memory."""

import io
import random
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.readers import open_table
from ingestion.readers.table import Limits
from ingestion.readers.zip_file import read_zip
from kb_service.core.errors import KbError
from tests.support.documents import NOTICE, cells, notice_docx, ofd, pdf, refusal, rows, xls, zipped
from tests.support.imports import row, table, xlsx
from tools.making_documents import docx, html, package

ZEROS = b"0" * (200 * 2**20)


def peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "name", ["../甲.txt", "/etc/甲.txt", "C:\\甲.txt", "资料\\..\\..\\甲.txt", "资料/../../甲.txt"]
)
def test_a_zip_with_names_that_lead_outside_is_refused_whole(name: str) -> None:
    assert refusal(zipped({"好.txt": "甲".encode(), name: b"x"}), "a.zip").code == "unsafe_path"


def test_a_link_in_a_zip_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("甲.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert refusal(out.getvalue(), "a.zip").code == "unsafe_path"


def test_names_that_a_chinese_system_wrote_in_gbk_are_read() -> None:
    packed = zipped({"aabb.txt": "\n".join(NOTICE).encode()}).replace(
        b"aabb.txt", "通知".encode("gbk") + b".txt"
    )
    (found,) = rows(packed, "a.zip")
    assert found.evidence[0].place.startswith("通知.txt，")


def test_the_documents_and_tables_of_a_zip_come_in_together() -> None:
    packed = zipped(
        {
            "文件/通知.docx": notice_docx(),
            "表.csv": "知识类型,标题,附件\n常见问题,甲,说明.pdf\n".encode(),
            "说明.pdf": pdf([["填表说明，供附在知识后面。"]]),
            "旧文.doc": b"x",
            "__MACOSX/._通知.docx": b"x",
        }
    )
    first, second, third = rows(packed, "a.zip")
    assert [each.number for each in (first, second, third)] == [1, 2, 3]
    assert (first.cells["标题"], second.cells["文号"]) == ("甲", "青人社规〔2025〕3号")
    assert (third.faults[0].code, third.faults[0].detail[:6]) == ("old_office_file", "旧文.doc")


def test_one_bad_document_of_a_zip_is_a_row_that_says_why() -> None:
    good, bad = rows(zipped({"a.docx": notice_docx(), "b.pdf": pdf([[]], scanned=[1])}), "a.zip")
    assert not good.faults
    assert (bad.cells, bad.faults[0].code) == ({}, "scanned_file")


def test_zips_in_zips_are_read_to_a_depth_and_no_deeper() -> None:
    inner = zipped({"通知.docx": notice_docx()})
    assert cells(zipped({"内.zip": inner}), "a.zip")[0]["文号"] == "青人社规〔2025〕3号"
    assert refusal(zipped({"外.zip": zipped({"内.zip": inner})}), "a.zip").code == "nested_too_deep"


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: zipped({"甲.txt": ZEROS}), "a.zip"),
        (lambda: zipped({"内.zip": zipped({"甲.txt": ZEROS})}), "a.zip"),
        (lambda: zipped({"甲.docx": docx(["甲"], extra={"word/media/x.bin": ZEROS})}), "a.zip"),
        (lambda: docx(["甲"], extra={"word/media/x.bin": ZEROS}), "a.docx"),
        (lambda: zipped({f"{at}.txt": b"x" for at in range(5_001)}), "a.zip"),
    ],
)
def test_what_would_expand_beyond_measure_is_refused_before_it_does(
    make: Callable[[], bytes], name: str
) -> None:
    content = make()
    assert peak(lambda: refusal(content, name)) < 32 * 2**20
    assert refusal(content, name).code == "expands_too_much"


def test_a_member_that_says_it_is_smaller_than_it_is_gives_no_more_than_it_says() -> None:
    packed = bytearray(zipped({"甲.txt": b"0" * 2**20}))
    size = struct.pack("<I", 2**20)
    at = packed.find(size)
    while at >= 0:
        packed[at : at + 4] = struct.pack("<I", 100)
        at = packed.find(size)
    found = rows(bytes(packed), "a.zip")
    assert [each.faults[0].code for each in found] == ["damaged_file"]


def test_a_locked_zip_is_refused() -> None:
    packed = bytearray(zipped({"甲.txt": b"x"}))
    packed[6] |= 1
    packed[packed.find(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(packed), "a.zip").code == "password_protected"


def test_a_sheet_of_ten_thousand_columns_is_refused() -> None:
    wide = [[f"列{at}" for at in range(10_000)], ["x"] * 10_000]
    assert refusal(xlsx(wide), "a.xlsx").code == "too_many_columns"
    assert refusal(zipped({"a.xlsx": xlsx(wide)}), "a.xlsx").code == "content_mismatch"
    (found,) = rows(zipped({"a.xlsx": xlsx(wide), "b.png": b"\x89PNG"}), "a.zip")
    assert found.faults[0].code == "too_many_columns"


def test_an_old_workbook_whose_cells_lie_far_apart_takes_no_more_than_its_process_has() -> None:
    corner = [["甲"] * 2]
    book = xls(corner).replace(
        struct.pack("<HHHHB", 0, 1, 0, 1, 1), struct.pack("<HHHHB", 65_535, 255, 0, 1, 1)
    )
    refused = refusal(book, "a.xls")
    assert refused.code in {"too_many_columns", "expands_too_much", "damaged_file"}


def test_a_document_of_endless_words_is_refused() -> None:
    long = "<w:p><w:r><w:t>" + "字" * 1_000 + "</w:t></w:r></w:p>"
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    noise = random.Random(1)
    body = "".join(long.replace("字字", f"{noise.random()}", 200) for _ in range(1_500))
    many = package(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f"<w:document {space}><w:body>{body}</w:body></w:document>",
        }
    )
    assert refusal(many, "a.docx").code in {"document_too_long", "expands_too_much"}


GOOD = {
    "a.docx": docx([*NOTICE, ("问题", "答案"), ("甲", "乙")], numbered=True),
    "a.ofd": ofd([NOTICE]),
    "a.zip": zipped({"通知.docx": notice_docx(), "表.csv": "标题,答案\n甲,乙\n".encode()}),
    "a.xlsx": xlsx(table(row())),
    "a.md": "# 问答\n\n1. 甲？\n\n答：乙\n\n|问题|答案|\n|-|-|\n|甲|乙|".encode(),
    "a.txt": "\n".join(NOTICE).encode(),
}
SLOW = {
    "a.pdf": pdf([NOTICE, []], scanned=[2]),
    "a.xls": xls([["标题"], ["甲"]]),
    "a.html": html(NOTICE).encode(),
}


def read_all(content: bytes, name: str) -> None:
    """Whatever else is raised fails the test."""
    with suppress(KbError):
        for _ in open_table(io.BytesIO(content), name, Limits(bytes=2**22, rows=1_000)).rows:
            pass


def harmed(content: bytes, data: st.DataObject) -> bytes:
    """Cut short, and with some of its bytes changed."""
    bytes_ = bytearray(content[: data.draw(st.integers(0, len(content)))])
    for _ in range(data.draw(st.integers(0, 8))):
        if bytes_:
            bytes_[data.draw(st.integers(0, len(bytes_) - 1))] = data.draw(st.integers(0, 255))
    return bytes(bytes_)


@pytest.mark.parametrize("name", GOOD)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_harmed_file_is_read_or_refused_and_never_breaks_the_reader(name: str, data: st.DataObject) -> None:
    read_all(harmed(GOOD[name], data), name)


@pytest.mark.parametrize("name", SLOW)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_harmed_file_for_the_walled_off_process_is_read_or_refused(name: str, data: st.DataObject) -> None:
    read_all(harmed(SLOW[name], data), name)


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=300))
def test_any_words_are_read_as_a_document_or_refused(text: str) -> None:
    for name in ("a.txt", "a.md"):
        read_all(text.encode("utf-8", "replace"), name)


def test_members_are_opened_by_the_names_that_rows_give_them() -> None:
    packed = read_zip(io.BytesIO(zipped({"附件/说明.pdf": b"%PDF-x", "a.txt": b"x"})), Limits())
    assert packed.bundle is not None
    assert packed.bundle.find("说明.pdf") == "附件/说明.pdf"
    assert packed.bundle.find("../说明.pdf") == "附件/说明.pdf"
    assert packed.bundle.find("没有.pdf") is None
    with packed.bundle.open("附件/说明.pdf") as file:
        assert file.read() == b"%PDF-x"
