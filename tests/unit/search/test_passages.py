"""Claims about cutting a long text into passages."""

from hypothesis import given
from hypothesis import strategies as st

from search.analysis.passages import LONGEST, cut_passages, number_of

LAW = """云溪市热线条例
第一章 总则
第一条 为了规范热线，制定本条例。
第二条 本条例适用于本市。依照第一条规定办理的，从其规定。
第二章 受理
第三条 热线全天受理诉求。
（一）电话；
（二）网络。
第三条之一 夜间受理急事。
第四条 本条例自公布之日起施行。"""


def test_a_law_is_cut_by_its_articles_with_their_labels() -> None:
    labels = [passage.article for passage in cut_passages(LAW, by_article=True)]
    assert labels == ["", "第一条", "第二条", "第三条", "第三条之一", "第四条"]


def test_a_chapter_title_goes_with_the_article_below_it() -> None:
    passages = {passage.article: passage.text for passage in cut_passages(LAW, by_article=True)}
    assert passages["第三条"].startswith("第二章 受理")
    assert "第二章" not in passages["第二条"]


def test_a_reference_to_an_article_is_no_border() -> None:
    text = "第一条 依据如下：\n第九条规定的除外。\n第二条 其他。\n第一条不适用。"
    assert [passage.article for passage in cut_passages(text, by_article=True)] == ["第一条", "第二条"]


def test_articles_in_one_line_are_found_after_a_full_stop() -> None:
    text = "第一条 甲。第二条 乙。第三条 丙。"
    assert [passage.text for passage in cut_passages(text, by_article=True)] == [
        "第一条 甲。",
        "第二条 乙。",
        "第三条 丙。",
    ]


def test_a_notice_is_cut_by_its_headings() -> None:
    text = "关于补贴的通知\n" + "\n".join(
        f"{mark}、{name}\n{'内容说明。' * 20}"
        for mark, name in zip("一二三", ("对象", "标准", "渠道"), strict=True)
    )
    assert [passage.article for passage in cut_passages(text, by_article=True)] == [
        "一、对象",
        "二、标准",
        "三、渠道",
    ]


def test_a_list_of_questions_is_cut_question_by_question() -> None:
    text = "1.怎么领？\n答：网上领。\n2.领多少？\n答：看年限。"
    assert [passage.article for passage in cut_passages(text, by_article=True)] == [
        "1.怎么领？",
        "2.领多少？",
    ]


def test_a_text_that_is_no_policy_is_cut_by_length_alone() -> None:
    assert [passage.article for passage in cut_passages(LAW, by_article=False)] == [""]


def test_a_cut_by_length_ends_with_a_sentence() -> None:
    passages = cut_passages("这是一句说明材料的话。" * 200, by_article=False)
    assert len(passages) > 1
    assert all(passage.text.endswith("。") for passage in passages)


@given(
    st.lists(
        st.sampled_from(["第一条", "第二条", "一、", "（一）", "1.", "。", "\n", " ", "甲", "乙" * 300, "？"])
    ),
    st.booleans(),
)
def test_nothing_but_white_space_is_lost_and_no_passage_is_too_long(
    parts: list[str], by_article: bool
) -> None:
    text = "".join(parts)
    passages = cut_passages(text, by_article=by_article)
    assert "".join("".join(passage.text.split()) for passage in passages) == "".join(text.split())
    assert all(0 < len(passage.text) <= LONGEST for passage in passages)


@given(st.text(st.characters(), max_size=300), st.booleans())
def test_any_text_can_be_cut(text: str, by_article: bool) -> None:
    assert all(passage.text.strip() for passage in cut_passages(text, by_article=by_article))


def test_numerals_are_read_as_they_are_written() -> None:
    numerals = {
        "一": 1,
        "十": 10,
        "十二": 12,
        "二十": 20,
        "一百零五": 105,
        "一百二十三": 123,
        "12": 12,
        "二〇": 20,
    }
    assert {numeral: number_of(numeral) for numeral in numerals} == numerals
