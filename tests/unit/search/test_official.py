"""Claims about what the query means in official words, and how far candidates speak of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis.query import MAX_TERMS, analyse_query
from search.lexicon.lexicon import Entry, Lexicon
from search.ports import Document
from search.ranking.features import FEATURES
from search.ranking.layout import count_bigrams, lay_out
from search.ranking.model import RankingModel
from search.ranking.official import Official, official
from search.ranking.text import NormalText
from tests.support.searching import document

LEXICON = Lexicon(
    [
        Entry("黄了", ("破产清算", "歇业"), 0.8, "劳动就业"),
        Entry("欠着钱", ("拖欠工资",), 0.8, "劳动就业"),
        Entry("咋办", ("办理流程",), 0.3, "政务服务"),
    ]
)


def meaning(text: str, lexicon: Lexicon | None = LEXICON) -> Official:
    return official(analyse_query(text), 1_000, lambda _, term: len(term), lexicon)


def evidence(text: str, *documents: Document) -> list[float]:
    texts = lay_out([NormalText.of(each).encode() for each in documents])
    found: list[float] = meaning(text).evidence(texts).tolist()
    return found


def test_a_text_in_official_words_is_found_that_shares_no_word_with_the_query() -> None:
    meant, other = evidence("店黄了", document("K1", "歇业登记"), document("K2", "护照换发"))
    assert meant > 0.3
    assert other == 0.0


def test_titles_questions_and_keywords_count_more_than_the_body() -> None:
    title, question, keyword, body = evidence(
        "店黄了",
        document("K1", "歇业"),
        document("K2", questions=("歇业",)),
        document("K3", keywords=("歇业",)),
        document("K4", body="歇业"),
    )
    assert title == question == keyword > body > 0


def test_one_of_the_terms_a_wording_may_stand_for_is_enough() -> None:
    one, both = evidence("店黄了", document("K1", "破产清算"), document("K2", "破产清算", body="歇业"))
    assert one == both


def test_a_text_that_answers_all_that_was_said_goes_before_one_that_answers_part() -> None:
    whole, part = evidence("店黄了欠着钱", document("K1", "歇业单位拖欠工资"), document("K2", "拖欠工资"))
    assert whole > part > 0


def test_what_tells_only_the_kind_of_question_is_left_out() -> None:
    assert meaning("咋办").empty
    assert evidence("咋办", document("K1", "办理流程")) == [0.0]


def test_a_long_message_leans_less_on_single_wordings() -> None:
    story = "昨天下午我在城西菜场碰见老同学聊起从前在纺织厂上夜班领粮票的日子" * 2
    short, long = (
        evidence("店黄了", document("K1", "歇业")),
        evidence(story + "店黄了", document("K1", "歇业")),
    )
    assert 0 < long[0] < short[0] / 2


def test_a_candidate_that_speaks_of_what_was_said_ranks_higher_and_is_a_hit() -> None:
    values = np.zeros((2, len(FEATURES)), dtype=np.float32)
    values[:, FEATURES.index("bigrams")] = 0.2
    values[1, FEATURES.index("official")] = 0.8
    model = RankingModel()
    plain, meant = model.scores(values, 10, cosine=True).tolist()
    assert plain < meant <= 1
    assert model.shares_enough(values, 10).tolist() == [False, True]


def test_bigrams_are_counted_in_each_segment() -> None:
    texts = lay_out([NormalText.of(document("K1", "歇业", "歇业歇业")).encode()])
    assert count_bigrams(("歇业", "破产"), texts).sum(axis=0).tolist() == [3.0, 0.0]


@pytest.mark.parametrize("text", ["", "，，，", "a", "的", "\U00020bb7"])
def test_a_query_without_wordings_means_nothing_more(text: str) -> None:
    assert meaning(text).empty
    assert evidence(text, document("K1", "歇业")) == [0.0]


@given(st.text(max_size=700), st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_no_query_fails_and_evidence_lies_between_nought_and_one(text: str, bodies: list[str]) -> None:
    asked = official(analyse_query(text), 1_000, lambda _, term: len(term))
    texts = lay_out([NormalText.of(document(f"K{n}", body=body)).encode() for n, body in enumerate(bodies)])
    found = asked.evidence(texts)
    assert len(asked.bigrams) <= MAX_TERMS
    assert len(found) == len(bodies)
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()
