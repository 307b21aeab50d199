"""Complaints 4 to 9 and 13: words that are missed or over-fire, answers beyond the base, refusals, and time."""

from typing import Final

import pytest

from kb_service.core.context import PUBLIC, Context
from kb_service.core.runtime import Runtime
from kb_service.knowledge.service import searching
from search.analysis.query import MAX_CHARACTERS, MAX_TERMS, analyse_query
from tests.integration.complaints.conftest import Find
from tests.support.knowledge import faq
from tests.support.service import Service

FUND: Final = "什么时候可以提取住房公积金"


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("安全生产举报办法", "安全"),
        ("健康证办理", "健康"),
        ("传感器-温度-TH01校准说明", "传感器-温度-TH01"),
        ("传感器-温度-TH01校准说明", "TH01"),
        ("住房公积金提取", "公积金"),
    ],
)
def test_complaint_4_obvious_chinese_words_are_found(
    served: Service, find: Find, title: str, asked: str
) -> None:
    """MaxKB#2282 #6740, dify#24466 #22019, milvus#36743, weaviate#3102."""
    code = served.world.publish(faq(title, "到窗口办理。")).code
    served.world.publish(faq("结婚登记预约", "网上预约。"))
    assert [hit.code for hit in find(asked)][:1] == [code]


@pytest.mark.parametrize(
    ("right", "wrong", "asked"),
    [
        ("珠海涵崧科技公司年检", "南海年检须知", "珠海涵崧"),
        ("三码合一怎么办", "三证合一怎么办", "三码"),
        ("三级医院报销比例", "二级医院报销比例", "三级医院"),
        ("表格PPR-9087怎么填", "表格PPR-9088怎么填", "PPR-9087"),
        ("中国农业发展银行开户", "中国银行开户", "农业发展银行"),
    ],
)
def test_complaint_5_names_classes_and_codes_stay_whole(
    served: Service, find: Find, right: str, wrong: str, asked: str
) -> None:
    """ragflow#8694 #8989 #6435 #19879, charabia#338."""
    served.world.publish(faq(wrong, "到窗口办理。"))
    code = served.world.publish(faq(right, "到窗口办理。")).code
    assert find(asked)[0].code == code


@pytest.mark.parametrize("asked", ["-" * 33, "你是", "怎么", "cat", "&|!()<->:*", "\\", "'", "%"])
def test_complaint_5_odd_input_crashes_nothing(served: Service, find: Find, asked: str) -> None:
    """MaxKB#6637, ragflow#5214 #13823."""
    served.world.publish(faq("怎样办理退休"))
    assert isinstance(find(asked), list)
    assert served.decide(asked).decision in {"clarify", "dispatch", "human"}


def test_complaint_6_words_that_sound_alike_are_not_mixed_up(served: Service, find: Find) -> None:
    """meilisearch#3655 #4075: 景点 and 经典 are one in pinyin."""
    served.world.publish(faq("经典诵读比赛报名", "到图书馆报名。"))
    code = served.world.publish(faq("景点门票优惠", "老人免费。")).code
    assert [hit.code for hit in find("景点门票")] == [code]


@pytest.mark.parametrize(
    ("asked", "code"),
    [("老板不给工钱", "YX-0021"), ("准生证在哪弄", "YX-0061"), ("残废证怎么弄", "YX-0149")],
)
def test_complaint_6_spoken_words_find_the_official_ones(demo_city: Runtime, asked: str, code: str) -> None:
    """MaxKB#338 #6609: no synonyms."""
    ctx = Context(PUBLIC, demo_city.clock.now())
    with demo_city.database.read() as session:
        params = searching.SearchParams(q=asked, limit=5)
        hits = searching.search_points(session, ctx, demo_city.engine, params).hits
    assert code in {hit.code for hit in hits}


def test_complaint_7_one_common_word_does_not_win(served: Service, find: Find) -> None:
    """Langchain-Chatchat#5024: whatever says 提取 scored 2.8 for when to draw the housing fund."""
    for number in range(8):
        served.world.publish(faq(f"文件信息提取方法{number}", "提取文字，提取图片，提取表格，提取，再提取。"))
    code = served.world.publish(faq("住房公积金提取条件", "购房、租房、退休时可以提取。")).code
    hits = find(FUND)
    assert hits[0].code == code
    assert hits[0].confidence > max((hit.confidence for hit in hits[1:]), default=0.0)


def test_complaint_7_the_right_passage_is_not_ranked_low(served: Service, find: Find) -> None:
    """ragflow#12863."""
    for number in range(8):
        served.world.publish(faq(f"退休人员活动{number}", "退休人员参加退休活动，退休生活丰富。"))
    code = served.world.publish(faq("怎样办理退休手续", "带身份证到窗口办理退休。")).code
    assert find("退休手续怎样办理")[0].code == code


@pytest.mark.parametrize("asked", ["怎样办理退休", "明天天气怎么样", "写一首诗", "1+1等于几"])
def test_complaint_8_an_empty_base_answers_nothing(served: Service, asked: str) -> None:
    """FastGPT#1991."""
    decided = served.decide(asked)
    assert decided.answer is None
    assert decided.citations == []


@pytest.mark.parametrize("asked", ["明天天气怎么样", "火星上有没有生命", "推荐一部电影"])
def test_complaint_8_what_the_base_does_not_hold_is_not_answered(served: Service, asked: str) -> None:
    """Langchain-Chatchat#1616, ragflow#2408 #6314."""
    served.world.publish(faq("怎样办理退休"))
    assert served.decide(asked).answer is None


def test_complaint_8_an_answer_is_the_versions_own_words(served: Service) -> None:
    served.world.publish(faq("怎样办理退休", "本人带身份证到市民之家三楼办理。"))
    decided = served.decide("怎样办理退休")
    assert decided.answer == "本人带身份证到市民之家三楼办理。"
    assert len(decided.citations) == 1


@pytest.mark.parametrize(
    "asked", ["怎样办理退休", "请问怎样办理退休？", "您好，我想问一下怎样办理退休，谢谢"]
)
def test_complaint_9_what_search_finds_is_not_refused(served: Service, find: Find, asked: str) -> None:
    """WeKnora#390 #430 #172 #159."""
    code = served.world.publish(faq("怎样办理退休")).code
    assert find(asked)[0].code == code
    decided = served.decide(asked)
    assert decided.decision == "answer"
    assert decided.citations[0].code == code


@pytest.mark.parametrize("asked", ["退" * 10_000, "退休手续" * 2_500, "退休 " * 3_000, "a1-" * 3_000])
def test_complaint_13_the_work_of_a_query_is_bounded(served: Service, find: Find, asked: str) -> None:
    """ragflow#12047 #8279 #8810 #13633, WeKnora#1244; how fast it is `kb bench search` measures."""
    served.world.publish(faq("怎样办理退休"))
    asked_for = analyse_query(asked)
    assert len(asked_for.text) <= MAX_CHARACTERS
    assert max(len(asked_for.words), len(asked_for.bigrams)) <= MAX_TERMS
    assert len(find(asked)) <= 1
