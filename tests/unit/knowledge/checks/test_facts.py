"""What is read from a text as a fact, and when two facts contradict each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.knowledge.checks.contradictions import agree, contradictions
from kb_service.knowledge.checks.facts import Fact, facts_of


def values(text: str, kind: str) -> list[tuple[str, ...]]:
    return [fact.value for fact in facts_of(text) if fact.kind == kind]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("工本费四十元。", "fee", ("40",)),
        ("最高补贴30万元。", "fee", ("300000",)),
        ("补贴5千元至1万元不等", "fee", ("5000", "10000")),
        ("首次申领不收费。", "fee", ("0",)),
        ("自受理之日起二十个工作日内发证。", "period", ("20",)),
        ("有效期为一年。", "period", ("360",)),
        ("须在12个月内提出。", "period", ("360",)),
        ("24小时内答复。", "period", ("1",)),
        ("半年内不得再申请。", "period", ("180",)),
        ("2026年3月1日起施行。", "date", ("2026", "3", "1", "", "")),
        ("二〇二六年三月一日起施行。", "date", ("2026", "3", "1", "", "")),
        ("报名时间为5月7日—11日。", "date", ("", "5", "7", "", "11")),
        ("每月15日前缴费。", "date", ("", "", "15", "", "")),
        ("咨询电话：0700-8211101。", "phone", ("07008211101", "")),
        ("联系电话8211101转2。", "phone", ("8211101", "2")),
        ("地址：云溪市临溪区云溪大道188号市民之家六楼。", "address", ("云溪大道", "188", "6")),
        ("上午8:30—12:00办公。", "hours", ("510", "720")),
        ("下午2时30分至5时30分办公。", "hours", ("870", "1050")),
        ("周一至周五对外办公。", "hours", ("1", "5")),
        ("年满60周岁可以申请。", "age", ("60",)),
        ("按百分之九十发放。", "share", ("90",)),
        ("按90%发放。", "share", ("90",)),
        ("身份证复印件两份。", "count", ("2",)),
    ],
)
def test_a_value_is_read_in_one_form_however_it_is_written(
    text: str, kind: str, value: tuple[str, ...]
) -> None:
    assert values(text, kind) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "依据《云溪市2025年30项规定》办理。",
        "按云政发〔2024〕13号文件执行。",
        "依照第十五条第二款处理。",
        "1. 身份证；2. 户口簿",
        "请访问 https://example.gov.cn/2024/1001.html 查询",
        "A5区教育局答复",
    ],
)
def test_numbers_that_only_number_something_state_nothing(text: str) -> None:
    assert facts_of(text) == []


def test_the_date_under_a_letter_states_nothing() -> None:
    assert facts_of("感谢您的支持！云溪市教育局 2024年5月1日") == []


def test_the_place_of_a_value_is_its_place_in_the_sentence_as_written() -> None:
    (fact,) = facts_of("　　工本费：４０元（人民币）。")
    assert fact.sentence[fact.start : fact.end] == "４０元"


def clash(left: str, right: str, contained: float = 0.8) -> list[tuple[str, str, str]]:
    found = contradictions(facts_of(left), facts_of(right), contained=contained, names=())
    return [(each.kind, each.left.shown, each.right.shown) for each in found]


def test_different_fees_for_the_same_thing_contradict_each_other() -> None:
    assert clash("补领身份证的工本费为40元。", "补领身份证工本费20元。") == [("fee", "40元", "20元")]


def test_working_days_and_days_are_not_the_same_time() -> None:
    left, right = "自受理之日起15个工作日内办结。", "自受理之日起15日内办结。"
    assert clash(left, right) == [("period", "15个工作日", "15日")]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("最高补贴30万元。", "最高补贴300000元。"),
        ("自受理之日起十个工作日内办结。", "自受理之日起10个工作日内办结。"),
        ("咨询电话：0700-8211101。", "咨询电话：8211101。"),
        ("2026年3月1日起施行。", "3月1日起施行。"),
        ("补贴最高30万元。", "补贴最低5万元。"),
        ("首次申领收费10元，补领收费40元。", "补领收费40元，首次申领收费10元。"),
    ],
)
def test_what_can_both_be_right_is_no_contradiction(left: str, right: str) -> None:
    assert clash(left, right) == []


_WORDS = st.sampled_from(
    ["补领身份证", "自受理之日起", "工本费", "最高", "不超过", "咨询电话：", "地址：云溪大道", "，", "。",
     "；", "\n", "年满", "按", "内办结", "至", "—"]
)  # fmt: skip
_VALUES = st.one_of(
    st.integers(0, 400).map(lambda n: f"{n}元"),
    st.integers(1, 60).map(lambda n: f"{n}个工作日"),
    st.integers(1, 60).map(lambda n: f"{n}日"),
    st.integers(1, 40).map(lambda n: f"{n}年"),
    st.integers(14, 90).map(lambda n: f"{n}周岁"),
    st.integers(1, 100).map(lambda n: f"{n}%"),
    st.integers(8_000_000, 8_999_999).map(lambda n: f"0700-{n}"),
    st.integers(1, 300).map(lambda n: f"{n}号"),
    st.dates().map(lambda day: f"{day.year}年{day.month}月{day.day}日"),
    st.sampled_from(
        ["三十万元", "百分之五", "不收费", "免费", "8:30—12:00", "周一至周五", "半年", "①", "〔2024〕1号"]
    ),
)
_TEXTS = st.lists(st.one_of(_WORDS, _VALUES, st.text(max_size=6)), max_size=30).map("".join)


@given(_TEXTS)
def test_a_text_never_contradicts_itself(text: str) -> None:
    facts = facts_of(text)
    assert contradictions(facts, facts, contained=1.0, names=()) == []


@given(_TEXTS, _TEXTS, st.floats(0, 1))
def test_a_contradiction_is_found_from_both_sides(left: str, right: str, contained: float) -> None:
    def seen(found: list[tuple[Fact, Fact]]) -> set[tuple[tuple[str, ...], tuple[str, ...]]]:
        return {(one.value, other.value) for one, other in found}

    a, b = facts_of(left), facts_of(right)
    there = contradictions(a, b, contained=contained, names=())
    back = contradictions(b, a, contained=contained, names=())
    assert seen([(x.left, x.right) for x in there]) == seen([(x.right, x.left) for x in back])


@given(_TEXTS)
def test_every_fact_lies_in_its_sentence_and_agrees_with_itself(text: str) -> None:
    for fact in facts_of(text):
        assert 0 <= fact.start < fact.end <= len(fact.sentence)
        assert fact.sentence in text
        assert agree(fact, fact)
