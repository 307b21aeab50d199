"""What is written into a workbook is read from it as it was."""

import io

from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from kb_service.core.workbooks import Book, printable


@given(st.lists(st.text(st.characters(codec=None), min_size=1, max_size=40), min_size=1, max_size=5))
@example(["=1+1", "+86", "@x", "00012345678901234567", "a\x00\x0b\ud800b", "=\ufffe"])
def test_text_stays_text_whatever_it_begins_with_and_whatever_is_in_it(texts: list[str]) -> None:
    book = Book()
    book.sheet("甲", widths={"A": 12}, heads=["列"]).row([12, *texts])
    sheet = load_workbook(io.BytesIO(book.content()))["甲"]
    assert (sheet["A2"].value, sheet.freeze_panes) == (12, "A2")
    for at, text in enumerate(texts, 2):
        cell = sheet.cell(2, at)
        # A parser of XML gives every end of a line as one.
        kept = printable(text).replace("\r\n", "\n").replace("\r", "\n")
        assert (cell.value or "") == kept
        assert cell.data_type in {"s", "inlineStr"} or not kept
