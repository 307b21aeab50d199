"""What a question means after the one before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.answering.following import LONGEST, Follow, Nearest, Subject, follow, unspoken

SUBJECT = Subject("身份证丢了怎么补", "居民身份证丢失补领", "K1", ("补领", "挂失"))
PLACES = ("东湖区", "西岭县")


def after(said: str, nearest: Nearest | None = None, subject: Subject | None = SUBJECT) -> Follow:
    return follow(said, subject, nearest, PLACES)


@pytest.mark.parametrize(
    "said",
    [
        "那要多少钱",
        "在哪办",
        "需要带什么",
        "多久能拿到",
        "那外地户口呢",
        "这个收费吗",
        "家属能代办吗",
        "网上能弄吗",
    ],
)
def test_what_names_no_subject_is_asked_of_the_last_one(said: str) -> None:
    meant = after(said, Nearest("养老金领取资格认证", ("资格认证",), 0.2))
    assert meant.kind == "subject"
    assert SUBJECT.asked in meant.query


@pytest.mark.parametrize(
    ("said", "nearest"),
    [
        ("公积金能提出来吗", Nearest("租房提取公积金", ("公积金提取",), 0.7)),
        ("那结婚证怎么补", Nearest("补领结婚证", (), 0.7)),
        ("楼下烧烤摊吵得睡不着谁管", Nearest("餐饮油烟扰民", (), 0.3)),
        ("换个问题，孩子积分入学怎么弄", None),
        ("被狗咬了去哪打针", None),
    ],
)
def test_what_names_something_else_inherits_nothing(said: str, nearest: Nearest | None) -> None:
    meant = after(said, nearest)
    assert meant.kind == "new"
    assert SUBJECT.asked not in meant.query


def test_another_subject_in_a_bare_question_is_asked_the_same() -> None:
    meant = after("那护照呢", Nearest("普通护照首次申领", ("护照",), 0.3))
    assert meant.kind == "question"
    assert "护照" in meant.query
    assert "怎么" in meant.query
    assert "身份证" not in meant.query


def test_another_place_takes_the_place_of_the_first() -> None:
    meant = follow("那西岭呢", Subject("东湖区低保多少钱", "东湖区低保标准"), None, PLACES)
    assert meant.kind == "subject"
    assert "东湖" not in meant.query
    assert "西岭" in meant.query


def test_the_first_question_of_a_conversation_goes_on_from_nothing() -> None:
    assert after("那要多少钱", subject=None) == Follow("new", "那要多少钱", "这次会话的第一个问题")


def test_a_whole_story_begins_anew() -> None:
    assert after("那要多少钱" + "另外说一下我家里的情况是这样的" * 3).kind == "new"


@pytest.mark.parametrize(
    ("said", "answer", "missing"),
    [
        ("那要多少钱", "本人带身份证到窗口办理。", "多少钱"),
        ("那要多少钱", "补领收费40元。", ""),
        ("在哪办", "到市民之家三楼办理。", ""),
        ("电话呢", "到窗口咨询。", "电话"),
        ("那外地户口呢", "本人到场办理。", "外地"),
        ("还有别的吗", "本人到场办理。", ""),
    ],
)
def test_an_answer_that_does_not_speak_of_what_is_asked_is_noticed(
    said: str, answer: str, missing: str
) -> None:
    assert unspoken(said, answer) == missing


@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_said_is_understood_and_stays_bounded(said: str, asked: str, title: str) -> None:
    meant = follow(said, Subject(asked, title), Nearest(title, (asked,), 0.9), PLACES)
    assert len(meant.query) <= len(said) * 4 + len(asked) * 4 + LONGEST
    assert meant.reason
