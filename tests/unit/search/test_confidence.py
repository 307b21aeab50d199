"""Claims about the confidence of hits."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.ports import FOREVER, Document, Hit
from search.ranking.confidence import (
    NAMES_PLACES,
    SIGNALS,
    STANDS_OUT,
    ConfidenceModel,
    confidence,
    ranking_mark,
    shipped_model,
    signals,
)
from search.ranking.features import FEATURES
from search.ranking.model import RankingModel


def hit(lead: float = 0.2, kind: str = "faq", **features: float) -> Hit:
    document = Document(
        "a/1/0", "a", 1, 0, kind, "标题", (), (), "正文", "", "", "", (), ("public",), 0, FOREVER, 0, FOREVER
    )
    measured = {**dict.fromkeys(FEATURES, 0.5), STANDS_OUT: 2.0, NAMES_PLACES: 0.0, **features, "lead": lead}
    return Hit(document, 0.5, 0.5, 0.5, measured, (), "")


def test_the_model_that_ships_was_fitted_to_the_ranking_that_ships() -> None:
    """Where this fails, the ranking was changed: fit the confidence again with `kb train confidence`."""
    assert shipped_model().ranking == ranking_mark(RankingModel())


def test_another_ranking_has_another_mark() -> None:
    assert ranking_mark(RankingModel()) != ranking_mark(RankingModel(floor=0.99))


@given(
    st.floats(-1, 1),
    st.integers(0, 500),
    st.dictionaries(st.sampled_from(FEATURES), st.floats(0, 1)),
    st.sampled_from(["faq", "policy"]),
)
def test_a_confidence_is_a_probability(
    lead: float, terms: int, features: dict[str, float], kind: str
) -> None:
    assert 0.0 < confidence(hit(lead, kind, **features), terms) < 1.0


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_further_ahead_the_surer(one: float, two: float) -> None:
    smaller, larger = sorted((one, two))
    assert confidence(hit(smaller), 10) <= confidence(hit(larger), 10)


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(["faq", "policy"]))
def test_the_more_of_the_question_is_covered_the_surer(one: float, two: float, kind: str) -> None:
    smaller, larger = sorted((one, two))
    assert confidence(hit(kind=kind, coverage=smaller), 10) <= confidence(hit(kind=kind, coverage=larger), 10)


def test_a_hit_behind_is_less_sure_than_the_same_ahead() -> None:
    assert confidence(hit(-0.1), 10) < confidence(hit(0.1), 10)


def test_a_hit_that_was_not_ranked_has_no_confidence() -> None:
    unranked = hit()
    unranked.features = {}
    assert confidence(unranked, 3) == 0.0


def test_signals_tell_what_leads_from_what_follows() -> None:
    leading, following = signals(hit(0.2), 4, 0.0), signals(hit(-0.5), 4, 0.0)
    assert (leading["ahead"], leading["behind"]) == (0.4, 0.0)
    assert (following["ahead"], following["behind"]) == (0.0, 0.5)


def test_who_is_far_ahead_is_not_surer_for_being_farther() -> None:
    assert confidence(hit(0.5), 10) == confidence(hit(1.0), 10)


def test_a_text_about_another_place_is_less_sure() -> None:
    assert confidence(hit(elsewhere=1.0), 10) < confidence(hit(elsewhere=0.0), 10)


def test_signals_tell_points_written_to_answer_from_policies_and_untitled_texts() -> None:
    point, policy = signals(hit(), 4, 0.0), signals(hit(kind="policy"), 4, 0.0)
    assert (point["point"], point["policy"], point["point_cosine"]) == (1.0, 0.0, 0.5)
    assert (policy["point"], policy["policy"], policy["point_cosine"]) == (0.0, 1.0, 0.0)
    untitled = hit()
    untitled.document = replace(untitled.document, title="")
    assert signals(untitled, 4, 0.0)["point"] == 0.0
    assert signals(untitled, 4, 0.0)["untitled_length"] == 0.5
    assert point["untitled_length"] == policy["untitled_length"] == 0.0


def test_a_model_survives_json() -> None:
    model = ConfidenceModel(dict.fromkeys(SIGNALS, 0.25), -1.5, 0.4, "abc")
    assert ConfidenceModel.from_json(json.loads(json.dumps(model.to_json()))) == model


def test_a_stored_model_without_a_weight_is_refused() -> None:
    stored = ConfidenceModel(dict.fromkeys(SIGNALS, 0.25), 0.0, 0.4, "abc").to_json()
    del stored["weights"]["ahead"]
    with pytest.raises(KeyError):
        ConfidenceModel.from_json(stored)


def test_without_vectors_a_usual_cosine_is_assumed() -> None:
    blind = hit()
    del blind.features["cosine"]
    assert confidence(blind, 10) == pytest.approx(confidence(hit(cosine=shipped_model().unmeasured), 10))
    assert confidence(blind, 10) > confidence(hit(cosine=0.0), 10)
