"""What speaks for a unit, and how it is weighed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.answering.routing.rules import (
    MAX_REASONS,
    MAX_UNITS,
    WEIGHTS,
    Evidence,
    Words,
    agreement,
    duty_phrase,
    rank,
    stem,
)


def evidence(kind: str, unit: str, strength: float = 1.0, reason: str = "理由") -> Evidence:
    return Evidence(kind, unit, f"单位{unit}", strength, reason)  # type: ignore[arg-type]


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(WEIGHTS)), st.sampled_from("ABCDE"), st.floats(-1, 5)), max_size=12
    )
)
def test_units_are_ranked_by_shares_that_leave_room_for_doubt(votes: list[tuple[str, str, float]]) -> None:
    guesses = rank(evidence(kind, unit, strength) for kind, unit, strength in votes)
    shares = [guess.confidence for guess in guesses]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) < 1
    assert len(guesses) <= MAX_UNITS


def test_the_strongest_reasons_are_told_each_once() -> None:
    (guess,) = rank(
        [
            evidence("place", "A", reason="事发地在东湖区"),
            evidence("matter", "A", reason="派单目录"),
            evidence("matter", "A", 0.9, reason="派单目录"),
            evidence("owner", "A", reason="知识"),
            evidence("past", "A", 0.1, reason="同类工单"),
        ]
    )
    assert guess.reasons[:2] == ("派单目录", "知识")
    assert len(guess.reasons) == MAX_REASONS
    assert guess.reason == "派单目录"


def test_several_kinds_of_evidence_say_more_than_one_kind_again_and_again() -> None:
    again = [evidence("matter", "A"), evidence("matter", "A"), evidence("matter", "A")]
    first, second = rank([*again, evidence("matter", "B"), evidence("owner", "B")])
    assert (first.code, second.code) == ("B", "A")


def test_evidence_of_a_field_the_request_hardly_belongs_to_counts_for_less() -> None:
    fields = {"教育": 0.9, "税务": 0.1}
    assert agreement("教育", fields) > 1 > agreement("税务", fields) > agreement("交通", fields) > 0
    assert agreement("教育", {}) == 1


def test_a_word_far_on_in_a_letter_says_less_than_one_it_opens_with() -> None:
    words = Words.of([["公交"], ["路灯"]])
    assert (
        words.score(["公交"], "公交不来" + "，" * 300, {})
        > words.score(["公交"], "，" * 300 + "公交不来", {})
        > 0
    )


def test_a_word_that_many_matters_share_says_less() -> None:
    words = Words.of([["护栏"], ["护栏"], ["斑马线"]])
    assert words.score(["斑马线"], "斑马线护栏", {}) > 2 * words.score(["护栏"], "斑马线护栏", {})


def test_what_is_meant_in_other_words_counts_half() -> None:
    words = Words.of([["拖欠工资"]])
    assert (
        0
        < words.score(["拖欠工资"], "老板跑路不发钱", {"拖欠工资": 0.8})
        < words.score(["拖欠工资"], "拖欠工资", {})
    )


def test_the_duty_that_is_spoken_of_is_quoted() -> None:
    duties = ["路灯维修", "负责园林绿化；违法占用耕地举报"]
    assert duty_phrase(duties, "村里有人违法占用耕地盖房")[0] == "违法占用耕地举报"
    assert duty_phrase(duties, "公积金怎么提取") == ("", 0.0)


@pytest.mark.parametrize("name", ["云溪市城市管理局", "东湖区城市管理局", "市城市管理局"])
def test_a_bureau_of_the_city_and_of_a_district_are_called_the_same_without_their_place(name: str) -> None:
    assert stem(name, ["云溪市", "东湖区"]) == "城市管理局"


@given(st.text(max_size=200), st.lists(st.text(max_size=8), max_size=5))
def test_any_text_is_weighed(text: str, words: list[str]) -> None:
    assert 0 <= Words.of([words]).score(words, text, dict.fromkeys(words, 1.0)) <= 1
    assert 0 <= duty_phrase(words, text)[1] <= 1
