"""Which encoding a file has, and where it breaks."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.readers.encoding import encoding_of, lines_of
from kb_service.core.errors import Invalid

TEXT = "标题,答案\n怎样办理退休,本人到市民之家三楼办理。\n"


def encoding(content: bytes) -> str:
    return encoding_of(io.BytesIO(content))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_the_encodings_that_offices_write_are_known(name: str, found: str) -> None:
    content = ("title,answer\n" + TEXT).encode(name)
    assert encoding(content) == found
    assert "怎样办理退休" in "".join(lines_of(io.BytesIO(content), found))


def test_a_byte_out_of_place_is_told_by_its_line() -> None:
    content = TEXT.encode() + "第三行\n".encode() + b"\xff\xfe broken\n"
    with pytest.raises(Invalid, match="第 4 行") as caught:
        encoding(content)
    assert caught.value.code == "bad_encoding"


@pytest.mark.parametrize("name", ["big5", "shift_jis", "latin-1"])
def test_text_of_another_script_is_not_taken_for_chinese(name: str) -> None:
    texts = {
        "big5": "標題,答案\n怎樣辦理退休,本人到市民之家辦理\n" * 3,
        "shift_jis": "タイトル,答え\nこれはテストです\n" * 3,
        "latin-1": "título,é ü ö\nÀ propos\n" * 3,
    }
    with pytest.raises(Invalid) as caught:
        encoding(texts[name].encode(name))
    assert caught.value.code == "unknown_encoding"
    assert "另存为" in caught.value.detail


def test_a_file_with_zero_bytes_is_no_text() -> None:
    with pytest.raises(Invalid) as caught:
        encoding(TEXT.encode() + b"\n\0\n" * 2)
    assert caught.value.code == "bad_encoding"


def test_reading_only_the_beginning_leaves_the_file_open() -> None:
    file = io.BytesIO(TEXT.encode())
    assert next(lines_of(file, "utf-8")).startswith("标题")
    assert file.seek(0) == 0


@given(st.binary(max_size=400))
def test_any_bytes_have_an_encoding_or_are_refused(content: bytes) -> None:
    try:
        name = encoding(content)
    except Invalid:
        return
    "".join(lines_of(io.BytesIO(content), name))
