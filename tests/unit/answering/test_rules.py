"""How candidates and words become a decision."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.answering.rules import (
    RISKS,
    Candidate,
    choose,
    class_of,
    mentioned_regions,
    threshold,
    usable,
    with_learnt,
)
from kb_service.answering.steps import class_cues

ORDINARY = 0.8


def candidate(code: str, confidence: float, **changes: object) -> Candidate:
    fields: dict[str, object] = {
        "code": code, "version": 1, "title": f"标题{code}", "confidence": confidence, "risk": "normal",
        "region": "99", "region_name": "云溪市", "state": "in_force", "public": True, "unit": "U-1", "category": "C1",
    }  # fmt: skip
    return Candidate(**(fields | changes))  # type: ignore[arg-type]


def decide(*candidates: Candidate, region_known: bool = False, clarified: bool = False) -> str | None:
    verdict = choose(candidates, ordinary=ORDINARY, region_known=region_known, clarified=clarified)
    return verdict.decision if verdict else None


def offered(*candidates: Candidate) -> list[str]:
    verdict = choose(candidates, ordinary=ORDINARY, region_known=False, clarified=False)
    assert verdict is not None
    assert verdict.clarification is not None
    return [choice.value for choice in verdict.clarification.choices]


def test_a_likely_one_alone_is_asked_about() -> None:
    assert offered(candidate("A", 0.5)) == ["point:A", "none"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("身份证到期了怎么换", "consultation"),
        ("公积金最多能贷多少钱？", "consultation"),
        ("社保局几点上班", "consultation"),
        ("我要投诉楼下烧烤店半夜扰民", "complaint"),
        ("举报有人偷排污水", "report"),
        ("建议在人民路增设一个红绿灯", "suggestion"),
        ("我们小区停水了，请尽快派人来修", "help"),
        ("老板拖欠工资三个月了，我要投诉", "complaint"),
        ("转人工", "human"),
        ("路灯坏了", "help"),
        (
            "门口电线乱挂，很久了，老人小孩走路都要小心，" + "大家意见很大。" * 3 + "请问能不能尽快解决？",
            "complaint",
        ),
    ],
)
def test_the_class_is_recognised_by_its_words(text: str, expected: str) -> None:
    assert class_of(text, class_cues()).request_class == expected


@given(st.text(max_size=300))
def test_any_text_has_a_class_and_a_share_of_certainty(text: str) -> None:
    guess = class_of(text, class_cues())
    assert 0 < guess.confidence <= 1
    assert guess.request_class in {*class_cues(), "consultation"}


def test_a_confident_candidate_answers() -> None:
    assert decide(candidate("A", 0.9)) == "answer"


def test_nothing_found_and_nothing_likely_leave_the_decision_open() -> None:
    assert decide() is None
    assert decide(candidate("A", 0.05), candidate("B", 0.05)) is None


def test_several_likely_ones_are_offered_once() -> None:
    near = (candidate("A", 0.5), candidate("B", 0.45), candidate("C", 0.1))
    assert offered(*near) == ["point:A", "point:B", "none"]
    assert decide(*near, clarified=True) is None


def test_two_points_on_the_same_matter_are_no_choice() -> None:
    same = (candidate("A", 0.5, matter="M1"), candidate("B", 0.49, matter="M1"))
    assert offered(*same) == ["point:A", "none"]
    assert offered(*same, candidate("C", 0.45, matter="M2")) == ["point:A", "point:C", "none"]


def test_points_that_differ_by_place_ask_for_the_place() -> None:
    east, west = (
        candidate("A", 0.9, region="9901", region_name="东湖区"),
        candidate("B", 0.85, region="9902", region_name="西岭县"),
    )
    verdict = choose([east, west], ordinary=ORDINARY, region_known=False, clarified=False)
    assert verdict is not None
    assert verdict.clarification is not None
    assert [choice.label for choice in verdict.clarification.choices] == ["东湖区", "西岭县"]
    assert decide(east, west, region_known=True) == "answer"


def test_a_matter_each_county_has_its_own_point_on_asks_for_the_county_before_it_is_sure() -> None:
    matter = {"matter": "M1"}
    counties = [
        candidate("A", 0.45, region="990101", region_name="东湖区", **matter),
        candidate("B", 0.08, region="990102", region_name="西岭县", **matter),
        candidate("C", 0.02, region="990103", region_name="南浦市", **matter),
    ]
    whole = candidate("D", 0.4, region="990000", matter="M2")
    places = ["region:990101", "region:990102", "region:990103"]
    assert asked(counties[0], whole, *counties[1:]) == places
    assert asked(counties[0], whole, *counties[1:], region_known=True) == ["point:A", "point:D", "none"]
    less = [candidate("A", 0.3, region="990101", region_name="东湖区", **matter), *counties[1:]]
    assert asked(less[0], candidate("D", 0.28, region="990000", matter="M2"), *less[1:])[0] == "point:A"


def asked(*candidates: Candidate, region_known: bool = False) -> list[str]:
    verdict = choose(candidates, ordinary=ORDINARY, region_known=region_known, clarified=False)
    assert verdict is not None
    assert verdict.clarification is not None
    return [choice.value for choice in verdict.clarification.choices]


@pytest.mark.parametrize("risk", [risk for risk in RISKS if risk != "normal"])
def test_a_wrong_answer_that_costs_more_needs_more_confidence(risk: str) -> None:
    assert threshold(ORDINARY, risk) > threshold(ORDINARY, "normal")
    almost = (threshold(ORDINARY, risk) + ORDINARY) / 2
    assert decide(candidate("A", almost)) == "answer"
    assert decide(candidate("A", almost, risk=risk)) == "clarify"


def test_an_unknown_risk_is_treated_as_the_highest() -> None:
    assert threshold(ORDINARY, "unheard of") == max(threshold(ORDINARY, risk) for risk in RISKS)


@pytest.mark.parametrize("state", ["lapsed", "not_yet_in_force"])
def test_what_is_not_in_force_today_is_never_told_as_the_answer(state: str) -> None:
    assert usable([candidate("A", 1.0, state=state)], public_only=False) == []


def test_internal_knowledge_is_never_told_by_a_public_channel() -> None:
    internal = candidate("A", 1.0, public=False)
    assert usable([internal], public_only=True) == []
    assert usable([internal], public_only=False) == [internal]


def test_a_place_is_recognised_with_and_without_its_kind() -> None:
    names = {"99": "云溪市", "9901": "东湖区", "9902": "西岭县"}
    assert mentioned_regions("我在东湖办居住证", names) == ["9901"]
    assert mentioned_regions("西岭县怎么报名", names) == ["9902"]
    assert mentioned_regions("怎么报名", names) == []


LETTER = "门口电线乱挂没人管，老人小孩走路都要小心。" + "大家意见很大。" * 30


def test_a_question_far_on_in_a_letter_does_not_make_it_a_consultation() -> None:
    asked = LETTER + "请问有关部门，能不能管一管，什么时候才有人来？"
    assert class_of(asked, class_cues()).request_class == "complaint"
    assert class_of("请问电线乱挂找谁？", class_cues()).request_class == "consultation"


def test_a_model_and_cues_decide_together_and_a_wish_for_a_person_stands() -> None:
    cues = class_of("路灯坏了", class_cues())
    assert with_learnt(cues, {"complaint": 0.98, "help": 0.02}).request_class == "complaint"
    assert with_learnt(cues, {"complaint": 0.5, "help": 0.5}).request_class == "help"
    assert with_learnt(cues, {"complaint": 0.5, "help": 0.5}).cues == cues.cues
    person = class_of("转人工", class_cues())
    assert with_learnt(person, {"complaint": 1.0}).request_class == "human"
