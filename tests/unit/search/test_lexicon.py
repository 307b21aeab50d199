"""The spoken lexicon: its file is sound, and its matcher is right, pure and bounded."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis.normalise import squeeze
from search.lexicon.lexicon import (
    GAP,
    LEAST_WEIGHT,
    LONGEST,
    MOST_BETWEEN,
    MOST_CHARACTERS,
    MOST_TERMS,
    MOST_WEIGHT,
    SHORTEST,
    Entry,
    Lexicon,
    default_lexicon,
    expand,
    read_entries,
)

FIELDS = frozenset(
    {
        "社保",
        "医保",
        "公积金",
        "住房",
        "不动产",
        "户籍证件",
        "出入境",
        "交通车驾",
        "教育",
        "婚育",
        "民政救助",
        "养老助残",
        "殡葬",
        "劳动就业",
        "税务",
        "市场监管",
        "消费维权",
        "城管市容",
        "环保噪声",
        "物业小区",
        "水电气暖",
        "通信网络",
        "农业农村",
        "征地拆迁",
        "医疗卫生",
        "食品药品",
        "公共安全",
        "文旅体育",
        "司法法律",
        "退役军人",
        "金融诈骗",
        "政务服务",
        "疫情防控",
        "公交地铁",
    }
)
ENTRIES = read_entries()
HEADER = "spoken,official,weight,field\n"


def entry(spoken: str, *official: str, weight: float = 0.8) -> Entry:
    return Entry(spoken, official, weight, "劳动就业")


def terms(lexicon: Lexicon, text: str) -> list[str]:
    return [expansion.term for expansion in lexicon.expand(text)]


def test_the_file_holds_thousands_of_entries_in_every_field() -> None:
    assert len(ENTRIES) >= 3_000
    assert {entry.field for entry in ENTRIES} == FIELDS


def test_no_wording_stands_in_the_file_twice() -> None:
    wordings = [squeeze(entry.spoken) for entry in ENTRIES]
    assert len(set(wordings)) == len(wordings)


def test_every_entry_is_of_the_lengths_and_weights_that_are_promised() -> None:
    for entry in ENTRIES:
        assert SHORTEST <= len(entry.spoken) <= LONGEST, entry
        assert LEAST_WEIGHT <= entry.weight <= MOST_WEIGHT, entry
        assert all(part.strip() == part and part for part in entry.spoken.split(GAP)), entry
        assert len(set(entry.official)) == len(entry.official), entry


def test_no_entry_says_again_what_was_said() -> None:
    for entry in ENTRIES:
        for term in entry.official:
            assert all(squeeze(term) not in squeeze(part) for part in entry.spoken.split(GAP)), entry


def test_every_entry_of_the_file_is_found_in_its_own_words() -> None:
    lexicon = default_lexicon()
    for entry in ENTRIES:
        said = entry.spoken.replace(GAP, "我")
        alone = Lexicon([entry])
        assert {found.term for found in alone.expand(said)} == set(entry.official), entry
        assert lexicon.expand(said), entry


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("公司黄了欠着钱找谁要", "拖欠工资"),
        ("身份证掉了咋整", "居民身份证补领"),
        ("娃上学要啥", "义务教育入学"),
        ("房本丢了", "不动产权证书遗失补发"),
        ("楼下烧烤吵得睡不着", "社会生活噪声"),
        ("下水道堵得往外冒", "下水管道疏通"),
        ("街口有个掏耳屎的", "非法行医"),
        ("咱镇上的计生办搬哪去了", "卫生健康局"),
    ],
)
def test_what_people_say_is_found_in_official_words(text: str, term: str) -> None:
    assert term in [expansion.term for expansion in expand(text)]


def test_a_wording_within_a_longer_one_says_nothing_of_its_own() -> None:
    lexicon = Lexicon([entry("领养", "收养登记"), entry("领养老", "养老金")])
    assert terms(lexicon, "到哪领养老钱") == ["养老金"]
    assert terms(lexicon, "想领养一个") == ["收养登记"]


def test_wordings_that_overlap_only_in_part_both_count() -> None:
    lexicon = Lexicon([entry("退休工资", "养老金"), entry("工资停了", "暂停发放")])
    assert terms(lexicon, "退休工资停了") == ["养老金", "暂停发放"]


@pytest.mark.parametrize("between", ["", "老板", "我们老板"])
def test_a_gap_takes_a_few_characters(between: str) -> None:
    assert terms(Lexicon([entry("被…开除", "解除劳动合同")]), f"被{between}开除") == ["解除劳动合同"]


def test_a_gap_takes_no_more_than_a_few_characters() -> None:
    lexicon = Lexicon([entry("被…开除", "解除劳动合同")])
    assert lexicon.expand("被" + "甲" * MOST_BETWEEN + "开除")
    assert not lexicon.expand("被" + "甲" * (MOST_BETWEEN + 1) + "开除")


def test_a_wording_within_a_gap_still_counts() -> None:
    lexicon = Lexicon([entry("被…开除", "解除劳动合同"), entry("老板", "用人单位")])
    assert set(terms(lexicon, "被老板开除")) == {"解除劳动合同", "用人单位"}


def test_a_term_that_was_said_is_not_added() -> None:
    lexicon = Lexicon([entry("欠薪", "拖欠工资", "劳动报酬")])
    assert terms(lexicon, "欠薪就是拖欠工资吗") == ["劳动报酬"]


def test_the_surest_terms_come_first_and_each_with_its_highest_weight() -> None:
    lexicon = Lexicon([entry("跑路", "歇业", weight=0.4), entry("黄了", "歇业", "破产", weight=0.9)])
    found = lexicon.expand("老板跑路店黄了")
    assert [(one.term, one.weight, one.spoken) for one in found] == [
        ("歇业", 0.9, "黄了"),
        ("破产", 0.9, "黄了"),
    ]


def test_terms_under_the_least_weight_are_left_out() -> None:
    lexicon = Lexicon([entry("咋办", "办理流程", weight=0.3), entry("欠薪", "拖欠工资")])
    assert [one.term for one in lexicon.expand("欠薪咋办", least_weight=0.5)] == ["拖欠工资"]


def test_width_case_script_and_line_breaks_do_not_matter() -> None:
    lexicon = Lexicon([entry("办ETC", "电子收费"), entry("房子漏水", "房屋渗漏")])
    assert terms(lexicon, "怎么办etc") == ["电子收费"]
    assert terms(lexicon, "辦ＥＴＣ") == ["电子收费"]
    assert terms(lexicon, "房子\u200b漏水") == ["房屋渗漏"]


def test_an_administrators_entry_goes_before_the_shipped_one() -> None:
    lexicon = Lexicon([entry("老人卡", "老年优待卡"), entry("黄了", "歇业")])
    changed = lexicon.with_entries([entry("老人卡", "敬老卡"), entry("夕阳卡", "敬老卡")])
    assert terms(changed, "老人卡") == ["敬老卡"]
    assert terms(changed, "夕阳卡") == ["敬老卡"]
    assert terms(changed, "黄了") == ["歇业"]
    assert terms(lexicon, "老人卡") == ["老年优待卡"]


def test_an_administrators_entry_without_terms_silences_the_shipped_one() -> None:
    lexicon = Lexicon([entry("领养", "收养登记")]).with_entries([Entry("领养", (), 0.8, "")])
    assert lexicon.expand("领养") == []


@given(st.text(max_size=1_200))
def test_no_text_fails_and_the_work_is_bounded(text: str) -> None:
    found = expand(text)
    assert len(found) <= MOST_TERMS
    assert found == expand(text)
    weights = [one.weight for one in found]
    assert weights == sorted(weights, reverse=True)
    assert len({one.term for one in found}) == len(found)


@given(st.lists(st.sampled_from(ENTRIES), max_size=60), st.integers(0, 30), st.text(max_size=3))
def test_any_mix_of_wordings_is_bounded_and_adds_nothing_that_was_said(
    said: list[Entry], most: int, between: str
) -> None:
    text = between.join(entry.spoken.replace(GAP, between) for entry in said)
    normal = squeeze(text)[:MOST_CHARACTERS]
    found = expand(text, most_terms=most)
    assert len(found) <= most
    assert all(squeeze(one.term) not in normal for one in found)


def test_nothing_behind_the_longest_query_is_read() -> None:
    lexicon = Lexicon([entry("黄了", "歇业")])
    assert lexicon.expand("好" * (MOST_CHARACTERS - 2) + "黄了")
    assert not lexicon.expand("好" * (MOST_CHARACTERS - 1) + "黄了")


@pytest.mark.parametrize(
    "line",
    [
        "黄了,,0.8,劳动就业",
        "黄,歇业,0.8,劳动就业",
        "黄了,歇业,很,劳动就业",
        "黄了,歇业,1.5,劳动就业",
        "黄了,歇业,0.1,劳动就业",
        "黄…了…了,歇业,0.8,劳动就业",
        "黄了得一塌糊涂完全没有办法了呀,歇业,0.8,劳动就业",
    ],
)
def test_a_line_that_cannot_be_an_entry_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "spoken.csv"
    file.write_text(f"{HEADER}跑路,歇业,0.8,劳动就业\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"spoken\.csv:3"):
        read_entries(file)


def test_a_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "spoken.csv"
    file.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"spoken\.csv:1"):
        read_entries(file)
