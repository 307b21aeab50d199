"""Personal data is found and masked wherever it stands in a text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.personal import find_personal, find_said, mask, mask_said

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


# What callers say of themselves: in brackets what is personal, with its kind.
SAID = [
    "我叫[name:王小明]，电话[phone:13812345678]，反映路灯不亮",
    "姓名：[name:李四]，身份证[id_card:11010519491231002X]",
    "本人叫[name:欧阳春]，住在南浦新村[home:3栋2单元501室]",
    "[name:张]先生反映楼下烧烤店油烟大",
    "来电人叫我名字是[name:陈丽华]，今年65岁",
    "我电话是[phone:幺三八零零一三八零零零]",
    "卡号[bank_card:6222021234567894]被多扣了钱",
    "车牌[plate:粤B12345]被贴条",
    "邮箱[email:wang@example.com]收不到回执",
    "锦绣溪岸[home:5幢1202室]漏水，[name:刘]女士的家",
    "我住[home:12栋3单元402]，暖气不热",
    "手机[phone:138-0013-8000]打不通",
    "名字叫[name:赵敏]的窗口人员态度好",
    "[name:周]阿姨咨询老年卡",
    "户主姓名[name:孙大海]，房产证丢了",
    "身份证号[id_card:11010519491231002x]写错一位",
    "幼儿园[name:黄]老师的孩子上学问题",
    "我叫[name:司马光]，今年七十",
    "水箱半年清洗一次，[name:王小明][phone:13912345678]",
    "联系人 [name:赵敏]：[phone:139-1234-5678]，下午再打",
    "单位[phone:13812345678]没人接",
]
# And what looks like it and is none.
PLAIN = [
    "云府规〔2026〕13号第十二条",
    "12345打不通",
    "办公电话0700-8123456，地址南浦路12号",
    "市民之家三楼302窗口",
    "2026年11月21日上午10点30分",
    "缴费基数3756元，共15年",
    "我叫了三次都没人来",
    "工单20261120-00001什么时候办结",
    "老师补课收费合理吗",
    "先生们女士们的厕所太少",
    "公交12路到32路都不停",
    "1234567890123456这个号不对",
    "第一季度一二三月",
    "名叫听雨巷的那条路",
    "楼上3楼4楼都漏",
    "小姐姐态度好",
]


def unmarked(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The words as they were said, and what in them is personal."""
    found = [(match[1], match[2]) for match in re.finditer(r"\[(\w+):([^\]]+)\]", text)]
    return re.sub(r"\[\w+:([^\]]+)\]", r"\1", text), found


def test_what_people_tell_of_themselves_is_found_and_hardly_anything_else() -> None:
    right = found = told = 0
    for marked in [*SAID, *PLAIN]:
        text, wanted = unmarked(marked)
        got = [(span.kind, text[span.start : span.end]) for span in find_said(text)]
        right, found, told = right + len(set(got) & set(wanted)), found + len(got), told + len(wanted)
    precision, recall = right / found, right / told
    print(f"{told} personal values in {len(SAID) + len(PLAIN)} utterances: P {precision:.3f}, R {recall:.3f}")
    assert precision >= 0.9
    assert recall >= 0.9


@pytest.mark.parametrize("marked", SAID)
def test_what_is_found_in_what_was_said_is_masked_at_its_full_length(marked: str) -> None:
    text, _ = unmarked(marked)
    masked = mask_said(text)
    assert len(masked) == len(text)
    assert not any(text[span.start : span.end] in masked for span in find_said(text))


@given(st.text(max_size=200))
def test_masking_what_was_said_twice_finds_nothing_new(text: str) -> None:
    assert find_said(mask_said(text)) == []
    assert len(mask_said(text)) == len(text)
