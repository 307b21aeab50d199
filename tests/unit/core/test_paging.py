"""Pages go on where the last one ended, and a made-up cursor is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.errors import Invalid
from kb_service.core.paging import decode_cursor, encode_cursor, page_of


@given(st.lists(st.integers() | st.text(), max_size=4))
def test_a_cursor_comes_back_as_it_was(keys: list[int | str]) -> None:
    assert decode_cursor(encode_cursor(keys), [type(key) for key in keys]) == keys


@given(st.text(max_size=40))
def test_any_other_text_is_refused_with_a_code(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode_cursor(text, [int, str, int, str, int])
    assert refused.value.code == "bad_cursor"


@given(st.integers(0, 30), st.integers(1, 10))
def test_walking_the_pages_meets_every_row_once(total: int, limit: int) -> None:
    rows, seen, after = list(range(total)), [], -1
    while True:
        page = page_of([row for row in rows if row > after][: limit + 1], limit, lambda row: [row])
        seen += page.items
        if page.next is None:
            break
        after = decode_cursor(page.next, [int])[0]
    assert seen == rows
