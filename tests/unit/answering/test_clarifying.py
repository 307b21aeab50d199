"""The question asked back, and what a reply to it means."""

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.answering.clarifying import best_question, by_place, expected_gain, reply_to
from kb_service.answering.rules import Candidate

CHOICES = [
    {"label": "提前退休办理", "value": "point:A"},
    {"label": "正常退休办理", "value": "point:B"},
    {"label": "东湖区退休服务点", "value": "point:C"},
    {"label": "都不是", "value": "none"},
]


def candidate(
    code: str,
    confidence: float,
    region: str = "990000",
    *,
    category: str = "C1",
    matter: str | None = None,
) -> Candidate:
    return Candidate(
        code=code,
        version=1,
        title=f"关于{code}",
        confidence=confidence,
        risk="normal",
        region=region,
        region_name=f"地区{region}",
        state="in_force",
        public=True,
        unit="U",
        category=category,
        matter=matter,
    )


def test_a_question_tells_as_many_bits_as_its_replies_are_uncertain() -> None:
    rivals = [candidate("A", 0.4), candidate("B", 0.4), candidate("C", 0.2)]
    by_hand = 2 * 0.4 * log2(1 / 0.4) + 0.2 * log2(1 / 0.2)
    assert expected_gain(rivals, lambda each: each.code) == pytest.approx(by_hand)
    assert expected_gain(rivals, lambda each: None) == 0.0


def test_six_places_are_told_apart_by_place_rather_than_by_four_titles() -> None:
    rivals = [candidate(f"K{n}", 0.5, region=f"99010{n}") for n in range(6)]
    asked = best_question(rivals)
    assert [choice.value for choice in asked.choices] == [f"region:99010{n}" for n in range(6)]
    assert asked.gain == pytest.approx(log2(6))


def test_one_of_several_points_of_one_place_is_asked_for_by_title() -> None:
    rivals = [candidate("A", 0.5), candidate("B", 0.4), candidate("C", 0.3, region="990101")]
    asked = best_question(rivals)
    assert [choice.value for choice in asked.choices] == ["point:A", "point:B", "point:C", "none"]


def test_places_are_asked_for_only_where_all_are_on_one_subject() -> None:
    rivals = [candidate("A", 0.5), candidate("B", 0.5, region="990101", category="C2")]
    assert by_place(rivals) is None
    assert best_question(rivals).choices[0].value == "point:A"


def test_two_points_on_one_matter_are_no_alternatives() -> None:
    rivals = [candidate("A", 0.5, matter="M1"), candidate("B", 0.5, matter="M1")]
    asked = best_question(rivals)
    assert [choice.value for choice in asked.choices] == ["point:A", "none"]
    assert asked.gain == 0.0


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=8), st.integers(1, 3))
def test_the_question_asked_never_tells_less_than_the_other_one(shares: list[float], places: int) -> None:
    rivals = [candidate(f"K{n}", share, region=str(n % places)) for n, share in enumerate(shares)]
    asked, place = best_question(rivals), by_place(rivals)
    assert 0.0 <= asked.gain <= log2(len(rivals)) + 1e-9
    assert place is None or asked.gain >= place.gain


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("point:B", "point:B"),
        ("正常退休办理", "point:B"),
        ("第二个", "point:B"),
        ("第2个", "point:B"),
        ("2", "point:B"),
        ("选第一个吧", "point:A"),
        ("最后一个", "point:C"),
        ("提前退休", "point:A"),
        ("正常的", "point:B"),
        ("东湖区", "point:C"),
        ("都不是", "none"),
        ("这些都不是", "none"),
        ("第九个", None),
        ("退休", None),
        ("楼下烧烤摊太吵了", None),
        ("", None),
    ],
)
def test_a_reply_is_read_in_the_context_of_what_was_asked(said: str, value: str | None) -> None:
    assert reply_to(CHOICES, said) == value
