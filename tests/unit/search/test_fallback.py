"""Claims about what may have been meant where nothing is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.fallback.repair import MOST_REPAIRS, repairs
from search.fallback.vocabulary import Vocabulary, misspelt, syllables

TITLES = [
    "住房公积金提取办理指南",
    "居住证办理",
    "社保卡补办",
    "异地就医备案",
    "驾驶证换证",
    "新生儿户口登记",
    "公积金贷款",
]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    made = Vocabulary()
    made.learn([*TITLES, "公积金", "社保卡", "居住证", "驾驶证", "新生儿"])
    return made


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gongjijin", "公积金"),
        ("gong ji jin tiqu", "公积金提取"),
        ("gjj", "公积金"),
        ("shebaoka", "社保卡"),
        ("公鸡金题取", "公积金提取"),
        ("居主证", "居住证"),
        ("驾使证换证", "驾驶证换证"),
        ("公机金tiqu", "公积金提取"),
        ("新声儿", "新生儿"),
    ],
)
def test_pinyin_initials_homophones_and_slips_are_repaired(
    vocabulary: Vocabulary, typed: str, meant: str
) -> None:
    assert meant in [repair.text for repair in repairs(typed, vocabulary)]


@pytest.mark.parametrize("typed", ["公积金提取", "公积金", "hello world", "￥￥", "的的的", "", "abc123"])
def test_what_is_right_or_beyond_repair_is_left_as_it_is(vocabulary: Vocabulary, typed: str) -> None:
    assert repairs(typed, vocabulary) == []


def test_the_words_of_a_repair_are_those_that_were_not_typed(vocabulary: Vocabulary) -> None:
    first = repairs("公积金tiqu", vocabulary)[0]
    assert (first.text, first.words) == ("公积金提取", ("提取",))


@given(st.text(max_size=400))
def test_any_text_gets_few_repairs_of_known_words(vocabulary: Vocabulary, typed: str) -> None:
    found = repairs(typed, vocabulary)
    assert len(found) <= MOST_REPAIRS
    assert all(word in vocabulary for repair in found for word in repair.words)


@given(st.text(st.sampled_from("公积金提取证"), min_size=1, max_size=6), st.integers(0, 6))
def test_one_slip_lies_between_a_word_and_the_word_without_a_character(word: str, at: int) -> None:
    assert misspelt(word[: at % len(word)] + word[at % len(word) + 1 :], word)
    assert not misspelt(word, word)


def test_there_is_a_syllable_for_each_character() -> None:
    assert syllables("重庆银行") == ["chong", "qing", "yin", "hang"]
