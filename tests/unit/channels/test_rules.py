"""How curated words become what a citizen reads."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.channels.webchat.rules import (
    FIRST_PART,
    LONGEST_TITLE,
    Block,
    blocks,
    parts,
    pieces,
    reachable,
    spread,
    title_of,
)

GUIDE = """办理对象：本市户籍老人
申请材料：
1. 身份证
2. 户口簿
办理步骤：
1. 到窗口取号
2. 交材料
注意：
- 周末不办
• 带复印件
办理时限：5个工作日"""
LINES = st.lists(
    st.tuples(
        st.sampled_from(["", "1. ", "2、", "- ", "申请材料：", "3.5"]), st.text("材料身份证1。 ", max_size=12)
    ).map("".join),
    max_size=12,
)


def test_a_guide_becomes_labelled_paragraphs_and_lists() -> None:
    assert blocks(GUIDE) == [
        Block("text", ["本市户籍老人"], "办理对象"),
        Block("numbers", ["身份证", "户口簿"], "申请材料"),
        Block("numbers", ["到窗口取号", "交材料"], "办理步骤"),
        Block("points", ["周末不办", "带复印件"], "注意"),
        Block("text", ["5个工作日"], "办理时限"),
    ]


def test_numbers_that_do_not_go_on_begin_a_list_of_their_own() -> None:
    assert [(block.start, block.lines) for block in blocks("1. 甲\n2. 乙\n1. 丙\n7. 丁")] == [
        (1, ["甲", "乙"]),
        (1, ["丙"]),
        (7, ["丁"]),
    ]


def test_a_decimal_number_begins_no_list() -> None:
    assert blocks("3.5 元一吨") == [Block("text", ["3.5 元一吨"])]


@given(LINES)
def test_no_word_of_an_answer_is_lost_or_added(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = blocks(text)
    shown = "".join(block.label + "".join(block.lines) for block in found)
    bare = re.sub(r"[\s：.、\-0-9]", "", text)
    assert re.sub(r"[\s：.、\-0-9]", "", shown) == bare
    first, rest = parts(found)
    assert [*first, *rest] == found


def test_a_long_answer_shows_its_beginning_and_a_short_one_all() -> None:
    first, rest = parts(blocks("\n".join("说" * 300 for _ in range(4))))
    assert first
    assert rest
    assert sum(len(line) for block in first for line in block.lines) <= FIRST_PART
    assert parts(blocks("短" * 50))[1] == []


@pytest.mark.parametrize(
    ("line", "links"),
    [
        ("请拨打 0990-8882345 或 12333 咨询", ["tel:0990-8882345", "tel:12333"]),
        ("火警119，急救120", ["tel:119", "tel:120"]),
        ("详见 https://yunxi.example/sb?a=1。", ["https://yunxi.example/sb?a=1"]),
        ("身份证号 110105194912310021 不是电话，2026 年也不是", []),
        ("400-800-1234", ["tel:400-800-1234"]),
    ],
)
def test_numbers_and_addresses_can_be_tapped_and_nothing_else(line: str, links: list[str]) -> None:
    found = list(pieces(line))
    assert [piece.href for piece in found if piece.href] == links
    assert "".join(piece.text for piece in found) == line


@given(st.text(min_size=2, max_size=300).filter(lambda text: len(text.strip()) >= 5))
def test_a_title_is_what_was_written_first_and_fits(text: str) -> None:
    title = title_of(text)
    assert 2 <= len(title) <= LONGEST_TITLE


def test_a_title_ends_with_the_first_sentence() -> None:
    assert title_of("楼上半夜装修。已经三天了，没人管") == "楼上半夜装修"


@pytest.mark.parametrize("phone", ["13800138000", "0751-8880000", "+86 138 0013 8000", "(0990) 8882345"])
def test_numbers_one_can_call_are_accepted(phone: str) -> None:
    assert reachable(phone)


@pytest.mark.parametrize("phone", ["123", "没有", "1380013800a", "1" * 20])
def test_numbers_one_cannot_call_are_not(phone: str) -> None:
    assert not reachable(phone)


TOPICS = st.lists(st.tuples(st.sampled_from("ABCDEFGH"), st.sampled_from("xyz")), max_size=12)


@given(TOPICS, st.integers(0, 6))
def test_examples_differ_and_cover_as_many_topics_as_can_be(
    topics: list[tuple[str, str]], count: int
) -> None:
    chosen = spread(topics, count)
    assert len(chosen) == len(set(chosen)) == min(count, len({item for item, _ in topics}))
    first = dict(reversed(topics))
    if len(first) == len(topics):
        covered = {first[item] for item in chosen}
        assert len(covered) == min(len(chosen), len(set(first.values())))
