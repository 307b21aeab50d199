"""Personal data is found and masked wherever it stands in a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.personal import find_personal, mask, mask_name

EXAMPLES = [
    ("phone", "13800138000"),
    ("phone", "138-0013-8000"),
    ("phone", "+86 13800138000"),
    ("id_card", "11010519491231002X"),
    ("id_card", "11010519491231002x"),
    ("bank_card", "6222 0212 3456 7894"),
    ("plate", "粤B·12345"),
    ("plate", "京A12345D"),
    ("email", "zhang.san@example.com"),
]


@pytest.mark.parametrize(("kind", "value"), EXAMPLES)
@pytest.mark.parametrize("around", ["{}", "我是张三，{}，请回复", "电话{}电话"])
def test_each_kind_is_found_at_its_place(kind: str, value: str, around: str) -> None:
    text = around.format(value)
    assert [(span.kind, text[span.start : span.end]) for span in find_personal(text)] == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "12345",
        "云府规〔2026〕13号",
        "2026-11-21 10:00:00",
        "0700-8123456",
        "第一百二十三条",
        "1234567890123456",
    ],
)
def test_public_numbers_are_left_alone(text: str) -> None:
    assert find_personal(text) == []
    assert mask(text) == text


@given(st.text(max_size=60), st.sampled_from([value for _, value in EXAMPLES]), st.text(max_size=60))
def test_a_masked_text_keeps_its_length_and_hides_the_value(before: str, value: str, after: str) -> None:
    text = f"{before}，{value}，{after}"
    masked = mask(text)
    assert len(masked) == len(text)
    assert value not in masked


@given(st.text(max_size=200))
def test_masking_twice_finds_nothing_new(text: str) -> None:
    assert find_personal(mask(text)) == []


def test_a_name_keeps_its_first_character_only() -> None:
    assert mask_name("欧阳小明") == "欧***"
    assert mask_name("") == ""
