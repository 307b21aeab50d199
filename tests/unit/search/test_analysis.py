"""Claims about how text becomes terms."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from search.analysis.normalise import Positions, merge_spans, normalise, squeeze
from search.analysis.query import MAX_CHARACTERS, MAX_TERMS, analyse_query
from search.analysis.tokens import bigrams, words
from search.analysis.words import Cutter, cutter, install_words

ANY_TEXT = st.text(st.characters(), max_size=400)


def test_width_case_and_script_are_folded() -> None:
    assert normalise("ＰＰＲ－９０８７　臺灣Ｇ") == "ppr-9087 台湾g"


def test_zero_width_and_control_characters_do_not_part_a_word() -> None:
    assert bigrams(normalise("公\u200b积\ufeff金\x00")) == ["公积", "积金"]


def test_a_lone_surrogate_is_dropped() -> None:
    assert normalise("公\ud800积金") == "公积金"


@given(ANY_TEXT)
def test_a_normal_form_is_its_own_normal_form_where_it_is_compatible(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == normalise(normalise(once))


@given(ANY_TEXT, st.data())
def test_every_span_of_a_normal_form_is_traced_back_to_what_made_it(text: str, data: st.DataObject) -> None:
    normal = normalise(text)
    start = data.draw(st.integers(0, len(normal)))
    end = data.draw(st.integers(start, len(normal)))
    first, last = Positions(text).original((start, end))
    assert 0 <= first <= last <= len(text)
    assert normal[start:end] in normalise(text[first:last])


def test_a_span_after_an_expanding_character_keeps_its_place() -> None:
    text = "面积㎡以上的房屋"
    start = normalise(text).index("房屋")
    first, last = Positions(text).original((start, start + 2))
    assert text[first:last] == "房屋"


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)).map(lambda pair: (pair[0], sum(pair)))))
def test_merged_spans_cover_the_same_places_once(spans: list[tuple[int, int]]) -> None:
    def places(pairs: list[tuple[int, int]]) -> set[int]:
        return {place for start, end in pairs for place in range(start, end)}

    merged = merge_spans(spans)
    assert places(merged) == places(spans)
    assert sum(end - start for start, end in merged) == len(places(merged))


def test_words_come_with_the_shorter_words_inside_them() -> None:
    assert {"公积金", "公积", "提取"} <= set(words("住房公积金的提取"))


def test_a_form_number_is_found_whole_and_in_parts() -> None:
    plate = normalise("粤B12345")
    assert {"粤", "b12345", "b", "12345"} == set(words(plate)) == set(bigrams(plate))


def test_a_city_word_is_cut_as_one_only_after_it_is_installed() -> None:
    before = cutter()
    try:
        assert "惠民居保" not in words("云溪惠民居保参保")
        install_words(["惠民居保"])
        assert "惠民居保" in words("云溪惠民居保参保")
    finally:
        install_words(before.words)


def test_a_cutter_in_use_is_not_changed_by_new_words() -> None:
    old = Cutter()
    Cutter(["惠民居保"])
    assert "惠民居保" not in old.cut("云溪惠民居保参保")


def test_greetings_fillers_and_thanks_are_not_searched() -> None:
    spoken = analyse_query("喂，你好，我想问一下失业保险金怎么领啊，谢谢！")
    assert spoken == analyse_query("失业保险金怎么领")


def test_a_query_of_nothing_but_small_talk_is_kept() -> None:
    assert analyse_query("请问").text == "请问"
    assert not analyse_query("谢谢").empty


def test_common_words_are_no_terms() -> None:
    said = analyse_query("什么时候可以提取住房公积金")
    assert not {"什么", "时候", "可以"} & (set(said.words) | set(said.bigrams))
    assert "提取" in said.words


def test_a_term_said_twice_counts_twice() -> None:
    assert analyse_query("社保卡丢了补办社保卡").words["社保卡"] == 2


@given(ANY_TEXT)
def test_any_text_gives_a_bounded_query(text: str) -> None:
    said = analyse_query(text)
    assert len(said.text) <= MAX_CHARACTERS
    assert len(said.words) <= MAX_TERMS
    assert len(said.bigrams) <= MAX_TERMS
    for term in (*said.words, *said.bigrams):
        assert term
        assert not any(char.isspace() for char in term)
        assert not any(unicodedata.category(char) == "Cs" for char in term)


def test_a_paste_of_many_characters_is_cut() -> None:
    said = analyse_query("".join(chr(0x4E00 + number % 20000) for number in range(10_000)))
    assert len(said.text) == MAX_CHARACTERS
    assert len(said.bigrams) == MAX_TERMS


def test_squeezed_text_has_no_white_space_of_its_own() -> None:
    assert squeeze("　a \n\t b ") == "a b"
