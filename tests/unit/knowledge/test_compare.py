"""A diff in words loses nothing and says what changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.knowledge.service.compare import Segment, compare_texts, joined, word_diff

chinese = st.text(st.sampled_from("办理退休手续需要身份证和户口本，12 3。\n"), max_size=40)


@given(chinese, chinese)
def test_both_texts_can_be_read_out_of_a_diff(old: str, new: str) -> None:
    segments = word_diff(old, new)
    assert joined(segments, "same", "removed") == old
    assert joined(segments, "same", "added") == new


def test_a_change_is_shown_by_words_and_not_by_characters() -> None:
    segments = word_diff("需要身份证原件", "需要户口本原件")
    assert segments[0] == Segment("same", "需要")
    assert Segment("removed", "身份证") in segments
    assert segments[-1] == Segment("same", "原件")


def test_a_very_long_text_is_compared_by_lines() -> None:
    lines = [f"第{number}项按规定办理。\n" for number in range(2_000)]
    changed = [*lines[:1_000], "第一千项暂停办理。\n", *lines[1_001:]]
    segments = word_diff("".join(lines), "".join(changed))
    assert [segment.text for segment in segments if segment.op != "same"] == [lines[1_000], changed[1_000]]


@pytest.mark.parametrize(("old", "new"), [({"title": "甲"}, {"title": "乙", "fee": ""})])
def test_fields_without_words_on_either_side_are_left_out(old: dict[str, str], new: dict[str, str]) -> None:
    fields = compare_texts(old, new)
    assert [(field.field, field.label, field.changed) for field in fields] == [("title", "标题", True)]
