"""A request is registered only under rules that are in force."""

from datetime import date

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
