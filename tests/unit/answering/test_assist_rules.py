"""What is heard in spoken words: places, times, parties, the question, and what is missing."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.answering.assist.extracting import MOST, Gazetteer, extract
from kb_service.answering.assist.rules import (
    Utterance,
    facts_of,
    likely_question,
    missing,
    name_of,
    parsed,
)
from kb_service.answering.assist.times import day_of
from kb_service.demo import files
from kb_service.regulations import service as regulations
from search.analysis.words import install_words

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data/assist_utterances.jsonl").read_text("utf-8").splitlines()
]
FRIDAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def city() -> Gazetteer:
    regions = [row["name"] for row in files.table("regions")]
    units = [name for row in files.table("units") for name in (row["name"], row["short_name"]) if name]
    install_words([*files.words(), *regions, *units])
    return Gazetteer(regions, [word for word in files.words() if word not in units], units)


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize(
    ("kind", "least_precision", "least_recall"),
    [("places", 0.7, 0.75), ("times", 0.85, 0.85), ("parties", 0.7, 0.7)],
)
def test_most_of_what_callers_name_is_found_and_most_found_is_named(
    city: Gazetteer, kind: str, least_precision: float, least_recall: float, kept: bool
) -> None:
    rows = [row for row in ROWS if row["kept"] is kept]
    found = [{each.text for each in getattr(extract(row["text"], city, FRIDAY), kind)} for row in rows]
    right = sum(len(each & set(row[kind])) for each, row in zip(found, rows, strict=True))
    precision, recall = right / sum(map(len, found)), right / sum(len(row[kind]) for row in rows)
    print(f"{kind}, kept back {kept}: {len(rows)} utterances, P {precision:.3f}, R {recall:.3f}")
    assert precision >= least_precision
    assert recall >= least_recall


@pytest.mark.parametrize(
    ("phrase", "day"),
    [
        ("昨天晚上十点多", date(2026, 11, 19)),
        ("前天下午三点", date(2026, 11, 18)),
        ("大前天晚上", date(2026, 11, 17)),
        ("今天早上", FRIDAY),
        ("上周三", date(2026, 11, 11)),
        ("这周一", date(2026, 11, 16)),
        ("星期天", date(2026, 11, 15)),
        ("三天前", date(2026, 11, 17)),
        ("11月3号", date(2026, 11, 3)),
        ("12月5日", date(2026, 12, 5)),
        ("十月三十一号", date(2026, 10, 31)),
        ("2026年10月1日", date(2026, 10, 1)),
        ("2月30日", None),
        ("去年十月", None),
        ("每天晚上", None),
    ],
)
def test_a_phrase_names_its_day_where_it_names_one(phrase: str, day: date | None) -> None:
    assert day_of(phrase, FRIDAY) == day


@given(st.text(max_size=300))
def test_any_words_are_read_and_mentions_stand_in_them(said: str) -> None:
    heard = extract(said, Gazetteer(["东湖区"], ["人民公园"], ["市公安局"]), FRIDAY)
    for each in (*heard.places, *heard.times, *heard.parties):
        assert each.end - each.start == len(each.text) > 0
    assert max(len(heard.places), len(heard.times), len(heard.parties)) <= MOST


def test_a_transcript_is_read_line_by_line_with_its_speakers() -> None:
    said = parsed("坐席：您好，请讲\n来电人: 路灯坏了，电话13812345678\n\n就在人民路")
    assert [(each.seq, each.who) for each in said] == [(1, "agent"), (2, "caller"), (3, "caller")]
    assert said[1].text == "路灯坏了，电话138****5678"


def test_the_question_is_the_last_thing_the_caller_said_that_says_something() -> None:
    said = parsed(
        "来电人：喂你好\n来电人：我想问社保卡丢了怎么补办\n坐席：好的，您稍等\n来电人：嗯嗯\n来电人：好的"
    )
    assert likely_question(said) == "我想问社保卡丢了怎么补办"


def test_a_short_word_is_read_with_what_was_said_before() -> None:
    said = parsed("来电人：我们小区楼下的路灯坏了\n来电人：没人修")
    assert likely_question(said) == "我们小区楼下的路灯坏了 没人修"


def test_nods_and_greetings_are_no_facts() -> None:
    assert facts_of(parsed("喂\n你好\n嗯\n路灯坏了。\n谢谢")) == "路灯坏了"


def test_the_name_is_starred_but_for_the_family_name() -> None:
    assert name_of(parsed("我姓张")) == "张*"
    assert name_of(parsed("我叫王小明，住东湖")) == "王**"
    assert name_of([Utterance.said(1, "agent", "我姓李")]) == ""


def test_what_the_rules_of_the_city_ask_for_and_was_not_said_is_missing() -> None:
    shantou = regulations.get_profile("shantou-2016")
    named = [each.name for each in missing(shantou, "complaint", {"place", "facts"})]
    assert named == ["time", "parties"]
    assert {each.clause for each in missing(shantou, "complaint", ())} == {"ST-8.4"}
    assert missing(shantou, "consultation", ()) == []
    demo = regulations.get_profile("demo")
    assert [each.name for each in missing(demo, "help", {"facts"})] == ["place"]


def test_what_a_class_of_requests_needs_goes_before_what_any_needs() -> None:
    shantou = regulations.get_profile("shantou-2016")
    classes = {
        "complaint": shantou.classes["complaint"].model_copy(update={"essentials": ("place", "name")}),
        "consultation": shantou.classes["consultation"].model_copy(update={"essentials": ("phone",)}),
    }
    own = shantou.model_copy(update={"classes": dict(shantou.classes) | classes})
    assert [each.name for each in missing(own, "report", {"place"})] == ["name"]
    assert [each.clause for each in missing(own, "complaint", ())] == ["ST-6", "ST-6"]
    assert [each.name for each in missing(own, "help", {"place", "facts"})] == ["time", "parties"]
    assert [each.name for each in missing(own, "consultation", ())] == ["phone"]


def test_who_only_tells_where_and_since_when_asks_nothing_new() -> None:
    said = parsed(
        "来电人：楼下烧烤摊天天半夜吵得睡不着\n坐席：请问在哪里\n来电人：钟鼓街道这边，上个礼拜开始的"
    )

    def bare(text: str) -> str:
        return text.replace("钟鼓街道", "").replace("上个礼拜", "")

    assert likely_question(said, bare) == "楼下烧烤摊天天半夜吵得睡不着"
    assert likely_question([*said, Utterance.said(9, "caller", "有人打架")], bare).endswith("有人打架")
