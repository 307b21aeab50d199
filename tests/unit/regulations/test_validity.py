"""A request is registered only under rules that are in force."""

from datetime import date, timedelta

import pytest

from kb_service.core.errors import Invalid
from kb_service.regulations.profiles import get_profile
from kb_service.regulations.rules import check_in_force

FIRST, LAST = date(2022, 11, 4), date(2025, 11, 3)


def in_force(profile_id: str, day: date, continued_until: date | None = None) -> bool:
    try:
        check_in_force(get_profile(profile_id), day, continued_until)
    except Invalid:
        return False
    return True


@pytest.mark.clause("SG-35")
@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2022, 11, 3), False), (FIRST, True), (LAST, True), (date(2025, 11, 4), False)],
)
def test_shaoguans_rules_are_in_force_three_years_from_issue(day: date, expected: bool) -> None:
    assert in_force("shaoguan-2022", day) is expected


def edges(profile_id: str, first: date, last: date | None) -> list[bool]:
    """In force the day before the first, on it, on the last, and the day after."""
    one = timedelta(days=1)
    end = last or first + 5000 * one
    return [in_force(profile_id, day) for day in (first - one, first, end, end + one)]


@pytest.mark.clause("ST-23")
def test_shantous_rules_are_in_force_for_five_years() -> None:
    assert edges("shantou-2016", date(2016, 11, 1), date(2021, 10, 31)) == [False, True, True, False]


@pytest.mark.clause("XT-28")
def test_xiangtans_rules_are_in_force_from_issue_without_an_end() -> None:
    assert edges("xiangtan-2021", date(2021, 9, 10), None) == [False, True, True, True]


@pytest.mark.clause("MZ-25")
def test_meizhous_rules_are_on_trial_for_three_years() -> None:
    assert edges("meizhou-2014", date(2014, 11, 1), date(2017, 10, 31)) == [False, True, True, False]


@pytest.mark.clause("TA-33")
def test_taians_rules_are_in_force_from_november_2025_without_an_end() -> None:
    assert edges("taian-2025", date(2025, 11, 1), None) == [False, True, True, True]


@pytest.mark.clause("SG-33")
@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2025, 12, 31), False), (date(2026, 1, 1), True), (date(2036, 1, 1), True)],
)
def test_a_profile_that_extends_another_has_its_own_validity(day: date, expected: bool) -> None:
    assert in_force("demo", day) is expected


def test_rules_that_are_continued_hold_until_the_day_recorded() -> None:
    until = date(2026, 12, 31)
    assert in_force("shaoguan-2022", until, until)
    assert not in_force("shaoguan-2022", date(2027, 1, 1), until)


def test_a_refusal_names_the_article_and_what_to_do() -> None:
    with pytest.raises(Invalid, match=r"期满.*登记继续适用的依据.*第三十五条") as refused:
        check_in_force(get_profile("shaoguan-2022"), date(2026, 11, 20))
    assert refused.value.code == "profile_not_in_force"
    assert refused.value.extra == {"profile": "shaoguan-2022", "clause": "SG-35"}
