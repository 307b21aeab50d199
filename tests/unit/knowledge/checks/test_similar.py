"""Signatures of texts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kb_service.knowledge.checks import similar

LONG = "居民身份证补领需要携带户口簿到户籍所在地派出所办理，工本费四十元，二十个工作日内办结，可以选择邮寄。"


def test_the_same_words_have_the_same_signature_on_every_machine() -> None:
    """Signatures are stored: a change of the method must raise rules.RULES."""
    assert similar.fingerprint("办理身份证")[:3] == (678277617, 2810203981, 703453665)


def test_punctuation_width_and_blanks_make_no_difference() -> None:
    assert similar.fingerprint("工本费：４０元。") == similar.fingerprint("工本费 40 元")


def test_a_text_without_letters_is_like_no_other() -> None:
    empty = similar.fingerprint("，。！")
    assert similar.similarity(empty, empty) == 0
    assert similar.bands(empty) == ()


def test_a_reworded_copy_is_found_and_another_text_is_not() -> None:
    lookup = similar.Lookup([("copy", similar.fingerprint(LONG.replace("携带", "带上") + "谢谢。"))])
    lookup.add("other", similar.fingerprint("住房公积金提取须持购房合同到管理中心窗口申请，三日内到账。"))
    assert [key for key, _ in lookup.near(similar.fingerprint(LONG), 0.4)] == ["copy"]


@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_is_the_same_both_ways_and_whole_with_itself(left: str, right: str) -> None:
    a, b = similar.fingerprint(left), similar.fingerprint(right)
    assert similar.similarity(a, b) == similar.similarity(b, a)
    assert similar.similarity(a, a) == (1.0 if similar.letters(left) else 0.0)
    assert similar.overlap(left, right) == similar.overlap(right, left)


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=8))
def test_bands_are_the_same_one_by_one_and_all_at_once(texts: list[str]) -> None:
    signatures = [similar.fingerprint(text) for text in texts if similar.letters(text)]
    if signatures:
        at_once = similar.bands_of(np.array(signatures, dtype=np.uint32))
        assert [tuple(row) for row in at_once.tolist()] == [similar.bands(each) for each in signatures]


@given(st.lists(st.lists(st.integers(0, 12), max_size=5), max_size=8))
def test_pairs_that_share_a_key_are_found_each_once(keys: list[list[int]]) -> None:
    expected = {
        (i, j) for i, one in enumerate(keys) for j in range(i + 1, len(keys)) if set(one) & set(keys[j])
    }
    assert similar.sharing(keys, most=1_000) == sorted(expected)
