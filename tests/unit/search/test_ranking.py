"""Claims about features, scores and what is shown of a hit."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis.normalise import normalise
from search.analysis.query import analyse_query
from search.ports import Document
from search.ranking.features import FEATURES, Measured, Saturation, measure
from search.ranking.layout import find_occurrences, lay_out
from search.ranking.model import RankingModel
from search.ranking.snippets import SNIPPET, highlight, make_snippet
from search.ranking.terms import QueryTerms, inverse_frequency, weigh
from search.ranking.text import NormalText, Part
from tests.support.searching import document

FEW = st.text(st.sampled_from("公积金提取住房a1 ，\U00020bb7"), max_size=30)


def terms_of(text: str) -> QueryTerms:
    return weigh(analyse_query(text), 1_000, lambda _, term: len(term))


def encoded(*documents: Document) -> list[bytes]:
    return [NormalText.of(each).encode() for each in documents]


def measured(text: str, *documents: Document) -> Measured:
    cosines = np.zeros(len(documents), dtype=np.float32)
    return measure(terms_of(text), encoded(*documents), cosines, 40.0, Saturation())


def feature(name: str, text: str, *documents: Document) -> list[float]:
    values: list[float] = measured(text, *documents).values[:, FEATURES.index(name)].tolist()
    return values


def count(text: str, term: str) -> int:
    """Overlapping occurrences, numbers and letters only where they stand for themselves."""
    places = [at for at in range(len(text)) if text.startswith(term, at)]
    if not term.isascii():
        return len(places)

    def same_kind(left: str, right: str) -> bool:
        together = left + right
        return together.isascii() and (together.isdigit() or together.isalpha())

    padded = f" {text} "
    return sum(
        not same_kind(padded[at], term[0]) and not same_kind(padded[at + len(term) + 1], term[-1])
        for at in places
    )


@given(FEW, st.lists(st.tuples(FEW, FEW, FEW), min_size=1, max_size=4))
def test_terms_are_counted_as_one_would_by_hand(asked: str, texts: list[tuple[str, str, str]]) -> None:
    terms = terms_of(asked)
    documents = [document("K", title, body, questions=(asked_too,)) for title, body, asked_too in texts]
    layout = lay_out(encoded(*documents))
    found = find_occurrences(terms, layout)
    parts = [part for each in documents for part in (each.title, *each.questions, "", "", each.body)]
    kinds = [Part.TITLE, Part.QUESTION, Part.KEYWORDS, Part.ARTICLE, Part.BODY] * len(documents)
    assert layout.kinds.tolist() == kinds
    for segment, part in enumerate(map(normalise, parts)):
        for wanted, counts in ((terms.words, found.words), (terms.bigrams, found.bigrams)):
            assert counts[segment].tolist() == [count(part, term) for term in wanted], part
        expected = [part.count(char) for char in terms.characters if ord(char) < 0x10000]
        plain = [n for n, char in enumerate(terms.characters) if ord(char) < 0x10000]
        assert found.characters[segment][plain].tolist() == expected


@given(FEW, st.lists(st.tuples(FEW, FEW), min_size=1, max_size=5), st.integers(0, 2))
def test_features_and_scores_lie_between_nought_and_one(
    asked: str, texts: list[tuple[str, str]], spread: int
) -> None:
    documents = [document(f"K{n}", *text, keywords=("住房",) * spread) for n, text in enumerate(texts)]
    values = measured(asked, *documents).values
    model = RankingModel()
    for found in (values, model.scores(values, 5, cosine=True), model.scores(values, 5, cosine=False)):
        assert np.isfinite(found).all()
        assert ((found >= 0) & (found <= 1)).all()


def test_a_number_is_not_found_inside_a_longer_one() -> None:
    assert feature("words", "35岁", document("K", body="年满135岁")) < feature(
        "words", "35岁", document("K", body="年满35岁")
    )
    assert count("年满135岁", "35") == 0


def test_the_best_single_title_or_question_counts() -> None:
    one, scattered = (
        document("K1", questions=("住房公积金提取", "其他")),
        document("K2", questions=("住房其他", "公积金其他", "提取其他")),
    )
    whole, parts = feature("question", "住房公积金提取", one, scattered)
    assert whole == pytest.approx(1.0)
    assert parts < 0.7


def test_an_equal_question_has_equality_one_and_a_longer_one_much_less() -> None:
    equal, longer = feature(
        "equality",
        "护照怎么办理",
        document("K1", questions=("护照怎么办理",)),
        document("K2", questions=("护照怎么办理以及丢失补办和换发需要哪些材料",)),
    )
    assert equal == pytest.approx(1.0)
    assert longer < 0.3


def test_the_longest_common_part_is_measured_in_characters() -> None:
    whole, half, none = feature(
        "common_part",
        "异地就医备案",
        document("K1", body="办理异地就医备案手续"),
        document("K2", body="异地安置，就医备案"),
        document("K3", body="公交线路"),
    )
    assert whole == pytest.approx(1.0)
    assert none == 0.0
    assert half == pytest.approx(4 / 6)


def test_a_rare_term_is_worth_more_than_a_common_one() -> None:
    weights = [inverse_frequency(1_000, holding) for holding in (0, 1, 10, 500, 1_000, 1_200)]
    assert all(left > right for left, right in pairwise(weights[:5]))
    assert weights[-1] > 0


def test_an_unfinished_last_term_is_left_out_while_typing() -> None:
    held = {"养老", "保险", "养老保险", "老保"}
    terms = weigh(analyse_query("养老保险z"), 100, lambda _, term: int(term in held))
    assert "z" in terms.words
    assert "z" not in terms.without_unknown_end().words
    assert len(terms.without_unknown_end().words_idf) == len(terms.without_unknown_end().words)


def test_what_answers_goes_before_what_merely_mentions() -> None:
    factors = RankingModel().type_factors(["faq", "procedure", "policy"])
    assert factors[0] == factors[1] > factors[2]


def test_without_vectors_the_cosine_has_no_part_in_the_score() -> None:
    values = np.zeros((1, len(FEATURES)), dtype=np.float32)
    values[0, FEATURES.index("bigrams")] = 0.5
    with_cosine = values.copy()
    with_cosine[0, FEATURES.index("cosine")] = 1.0
    model = RankingModel()
    assert model.scores(values, 5, cosine=False) == model.scores(with_cosine, 5, cosine=False)
    assert model.scores(values, 5, cosine=True) < model.scores(with_cosine, 5, cosine=True)


@given(
    st.text(st.characters(), max_size=400),
    st.lists(st.text(st.characters(), min_size=1, max_size=3), max_size=5),
)
def test_spans_lie_in_what_is_shown_and_mark_the_matched_terms(text: str, chosen: list[str]) -> None:
    matched = [term for term in dict.fromkeys(map(normalise, chosen)) if term.strip()]
    snippet = make_snippet(text, matched, [1.0] * len(matched))
    assert len(snippet.text) <= SNIPPET
    for shown, spans in ((snippet.text, snippet.spans), (text, highlight(text, matched))):
        assert all(left[1] < right[0] for left, right in pairwise(spans))
        for start, end in spans:
            assert 0 <= start < end <= len(shown)
            assert any(term[0] in normalise(shown[start:end]) for term in matched)


def test_a_snippet_shows_the_part_that_holds_the_most_telling_terms() -> None:
    body = "办理流程说明。" * 40 + "滞纳金按日加收万分之五。" + "办理流程说明。" * 40
    snippet = make_snippet(body, ["办理", "滞纳金"], [1.0, 9.0])
    assert "滞纳金" in snippet.text
    assert snippet.text.startswith(("办理流程说明。", "滞纳金"))


def test_a_short_text_is_shown_whole() -> None:
    assert make_snippet("第一行\n第二行", [], []).text == "第一行 第二行"


def test_a_body_of_any_length_is_ranked_by_a_bounded_part() -> None:
    long = document("K", "标题", "公积金" * 100_000, questions=("问题" * 50,) * 200)
    assert len(encoded(long)[0]) <= 2 * 8_002
    assert len(encoded(replace(long, title="公" * 10_000))[0]) <= 2 * 8_002


def _candidate(**features: float) -> np.ndarray:
    return np.array([[features.get(name, 0.0) for name in FEATURES]], dtype=np.float32)


def test_vectors_are_trusted_where_a_short_question_is_covered_nowhere_and_something_is_near() -> None:
    trust = RankingModel().trust
    spoken = trust.share(_candidate(coverage=0.1, cosine=0.6), 8)
    assert spoken > 0.5
    assert trust.share(_candidate(coverage=0.9, cosine=0.6), 8) < spoken / 10
    assert trust.share(_candidate(coverage=0.1, cosine=0.6), 120) < spoken / 5
    assert trust.share(_candidate(coverage=0.1, cosine=0.2), 8) == 0.0


def test_a_near_text_goes_before_one_that_shares_a_little_where_vectors_are_trusted() -> None:
    values = np.concatenate(
        [_candidate(coverage=0.2, bigrams=0.1, words=0.1, cosine=0.1), _candidate(coverage=0.1, cosine=0.6)]
    )
    shares_a_little, near = RankingModel().scores(values, 8, cosine=True)
    assert near > shares_a_little
    shares_a_little, near = RankingModel().scores(values, 8, cosine=False)
    assert near < shares_a_little


def test_a_text_that_names_the_same_number_goes_before_one_that_names_another() -> None:
    assert feature("numbers", "地铁2号线延误", document("K1", "地铁2号线"), document("K2", "地铁12号线")) == [
        1.0,
        0.0,
    ]
    assert feature("numbers", "地铁延误", document("K1", "地铁2号线")) == [0.0]


def test_the_first_sentence_of_a_message_says_what_it_is_about() -> None:
    message = "小区停水怎么办。昨天下午开始家里一滴水都没有，物业说是管道老化，也没有人来修理。"
    about, aside = feature("opening", message, document("K1", "小区停水"), document("K2", "管道老化物业修理"))
    assert about > aside
    terms = terms_of(message)
    assert 0 < terms.opening < len(terms.bigrams)


def test_a_short_question_is_all_opening() -> None:
    terms = terms_of("小区停水怎么办")
    assert terms.opening == len(terms.bigrams)


@given(FEW)
def test_the_opening_never_holds_more_than_the_question(text: str) -> None:
    terms = terms_of(text)
    assert 0 <= terms.opening <= len(terms.bigrams)
    assert (terms.opening == 0) == (not terms.bigrams)


def test_of_two_equal_texts_a_long_untitled_one_comes_last_and_a_titled_one_does_not_care() -> None:
    values = np.zeros((2, len(FEATURES)), dtype=np.float32)
    for name in ("bigrams", "coverage", "characters"):
        values[:, FEATURES.index(name)] = 0.8
    values[:, FEATURES.index("length")] = (0.3, 0.7)
    model = RankingModel()
    short, long = model.scores(values, 40, ["untitled", "untitled"], cosine=False)
    assert short > long
    short, long = model.scores(values, 40, ["faq", "faq"], cosine=False)
    assert short == long


def test_what_is_measured_can_be_narrowed_to_some_candidates() -> None:
    both = measured("公积金", document("K1", "公积金"), document("K2", "", "住房"))
    second = both.only(np.array([1]))
    assert second.titled.tolist() == [False]
    assert second.values.tolist() == [both.values[1].tolist()]


def test_the_parts_of_a_score_add_up_to_it() -> None:
    documents = [
        document("K1", "公积金提取", "公积金可以提取。"),
        document("K2", "公积金", "提取公积金的材料"),
    ]
    values = measured("公积金怎么提取", *documents).values
    model = RankingModel()
    for kinds in ((), ("policy", "untitled")):
        without = model.scores(values, 6, kinds, cosine=False)
        for cosine in (False, True):
            parts, plain = model.parts(values, 6, kinds, cosine=cosine)
            whole = model.scores(values, 6, kinds, cosine=cosine)
            assert parts.sum(axis=1) == pytest.approx(whole, abs=1e-6)
            assert plain.tolist() == without.tolist()


def test_what_answers_the_kind_of_question_goes_first() -> None:
    told, silent = document("K1", "补贴", "补贴每月500元。"), document("K2", "补贴", "补贴按月发放。")
    assert feature("answers", "补贴多少钱", told, silent) == [1.0, 0.0]
    assert feature("answers", "补贴怎么发", told, silent) == [0.0, 0.0]
    with_it, without = RankingModel().scores(measured("补贴多少钱", told, silent).values, 4, cosine=False)
    assert with_it > without


def test_a_text_about_another_place_goes_after_one_that_names_none() -> None:
    other, none = document("K1", "湘潭市低保", "申请低保"), document("K2", "全省低保", "申请低保")
    values = measured("株洲低保怎么申请", other, none).values
    assert values[:, FEATURES.index("elsewhere")].tolist() == [1.0, 0.0]
    elsewhere, here = RankingModel().scores(values, 6, cosine=False)
    assert elsewhere < here


def test_passages_of_one_title_are_one_document() -> None:
    passages = [
        document("K1", "减税办法", "纳税人可以延期"),
        document("K2", "减税办法", "申报时间"),
        document("K3", "别的", "申报"),
    ]
    values = measured("纳税人延期申报时间", *passages).values
    whole = values[:, FEATURES.index("document")]
    assert whole[0] == whole[1] > whole[2]
    assert values[2, FEATURES.index("siblings")] == 0.0 < values[0, FEATURES.index("siblings")]


@given(st.lists(st.tuples(FEW, FEW), min_size=1, max_size=5), st.integers(0, 4))
def test_a_named_unit_or_region_only_ever_adds_to_a_score(texts: list[tuple[str, str]], at: int) -> None:
    documents = [document(f"K{n}", *text) for n, text in enumerate(texts)]
    values = measured("公积金提取", *documents).values
    model = RankingModel()
    named = values.copy()
    named[at % len(texts), [FEATURES.index("unit"), FEATURES.index("region")]] = 1.0
    before, after = (model.scores(each, 5, cosine=False) for each in (values, named))
    assert (after >= before - 1e-6).all()
    assert (model.shares_enough(named, 5) == model.shares_enough(values, 5)).all()
