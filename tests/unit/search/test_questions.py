"""Claims about what kind of answer a question asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis.normalise import squeeze
from search.analysis.query import analyse_query
from search.analysis.questions import Asks, answer_pattern, asks

ASKED = {
    Asks.PHONE: ("民政局咨询电话是多少", "社保热线是哪个", "怎么联系街道", "半夜有没有人接电话？"),
    Asks.WHERE: ("身份证在哪里办", "结婚登记去哪个窗口", "高岸便民中心在街上几号", "扔哪"),
    Asks.DOCUMENTS: ("办护照要带什么材料", "所需材料有哪些", "开店要准备啥", "补办需要提供什么证件"),
    Asks.HOW_LONG: ("公积金多久到账", "几个工作日办完", "什么时候报名", "有效期是几年"),
    Asks.HOW_MUCH: ("办一个要多少钱", "补贴标准是什么", "补办身份证收费吗", "报销比例是多少"),
    Asks.WHO: ("这种事归谁管", "投诉物业找哪个部门", "由谁负责"),
    Asks.HOW: ("异地就医怎么备案", "如何申请低保", "能不能网上办"),
    Asks.WHAT: ("灵活就业是什么意思", "申请公租房有什么条件"),
}


@pytest.mark.parametrize(
    ("question", "kind"), [(each, kind) for kind, several in ASKED.items() for each in several]
)
def test_each_kind_of_question_is_recognised(question: str, kind: Asks) -> None:
    assert asks(squeeze(question)) is kind


@pytest.mark.parametrize("said", ["小区停水三天", "反映存在的几点问题", "路灯几个月没亮了", "", "公积金提取"])
def test_a_complaint_or_a_bare_noun_asks_for_no_kind_of_answer(said: str) -> None:
    assert asks(squeeze(said)) is None


@pytest.mark.parametrize(
    ("kind", "answer", "other"),
    [
        (Asks.PHONE, "咨询电话0731-85012345。", "文件编号2020年第17号。"),
        (Asks.WHERE, "地址在人民路12号。", "按规定办理。"),
        (Asks.DOCUMENTS, "携带身份证原件及复印件。", "三个工作日办结。"),
        (Asks.HOW_LONG, "自受理之日起20个工作日内办结。", "携带身份证。"),
        (Asks.HOW_MUCH, "每月补贴500元。", "共500人参加。"),
    ],
)
def test_an_answer_looks_like_one_of_its_kind(kind: Asks, answer: str, other: str) -> None:
    pattern = answer_pattern(kind)
    assert pattern is not None
    assert pattern.search(squeeze(answer))
    assert not pattern.search(squeeze(other))


def test_a_whole_message_asks_for_no_single_kind_of_answer() -> None:
    assert analyse_query("补贴多少钱").asks is Asks.HOW_MUCH
    assert analyse_query("我去年搬到这里，一直没有人告诉我们。" * 4 + "补贴多少钱").asks is None


@given(st.text(max_size=300))
def test_any_text_can_be_asked(text: str) -> None:
    kind = asks(squeeze(text))
    assert kind is None or kind in Asks
