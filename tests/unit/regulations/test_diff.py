"""What a ticket would see differently under two profiles."""

from itertools import permutations

import pytest

from kb_service.regulations.diff import diff
from kb_service.regulations.profiles import get_profile
from kb_service.regulations.schema import Profile

CITIES = ["meizhou-2014", "shantou-2016", "shaoguan-2022", "taian-2025", "xiangtan-2021"]


def said(a: str, b: str) -> dict[str, tuple[str, str, str, str]]:
    found = diff(get_profile(a), get_profile(b))
    return {each.path: (each.a, each.b, each.clause_a, each.clause_b) for each in found}


@pytest.mark.parametrize("profile_id", [*CITIES, "demo"])
def test_a_profile_does_not_differ_from_itself(profile_id: str) -> None:
    assert diff(get_profile(profile_id), get_profile(profile_id)) == []


def test_differences_are_told_in_chinese_with_both_clauses() -> None:
    found = said("shaoguan-2022", "xiangtan-2021")
    assert found["classes.help.limit.within"] == ("10个工作日", "5个工作日", "SG-17.2", "XT-17.2")
    assert found["classes.help.limit.starts"] == (
        "承办单位首次收到工单",
        "承办单位签收",
        "SG-17.2",
        "XT-17.2",
    )
    assert found["cards.red_after"] == ("2", "没有规定", "SG-22", "")
    assert found["supervision.kinds.system"] == ("没有规定", "有", "", "XT-23.1、XT-23.2")


def test_what_is_the_same_is_left_out() -> None:
    found = said("shaoguan-2022", "demo")
    assert set(found) == {
        "validity.from",
        "validity.to",
        "acceptance.grounds.jurisdiction.told",
        "reports.bulletin.every",
        "reports.bulletin.figures",
    }


@pytest.mark.parametrize(("a", "b"), [*permutations(CITIES, 2)])
def test_the_difference_the_other_way_is_its_mirror(a: str, b: str) -> None:
    there, back = said(a, b), said(b, a)
    assert {path: (two, one) for path, (one, two, _, _) in there.items()} == {
        path: (one, two) for path, (one, two, _, _) in back.items()
    }


def test_sections_come_in_the_order_of_the_file() -> None:
    order = list(Profile.model_fields)
    places = [
        order.index(each.path.split(".")[0])
        for each in diff(get_profile("shantou-2016"), get_profile("meizhou-2014"))
    ]
    assert places == sorted(places)


def test_a_changed_number_is_one_difference() -> None:
    profile = get_profile("shantou-2016")
    assert profile.cards is not None
    stricter = profile.model_copy(update={"cards": profile.cards.model_copy(update={"red_after": 4})})
    assert [(each.label, each.a, each.b) for each in diff(profile, stricter)] == [
        ("亮牌 › 亮红牌：逾期工作日超过", "2", "4")
    ]
