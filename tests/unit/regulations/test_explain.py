"""The page that explains a profile holds every number and every article it carries."""

import pytest

from kb_service.regulations.clauses import clause_list
from kb_service.regulations.explain import explain, in_words
from kb_service.regulations.profiles import get_profile
from kb_service.regulations.rule_tree import carried_rules, values_of
from kb_service.regulations.schema import Profile


@pytest.fixture(params=["demo", "shaoguan-2022"])
def profile(request: pytest.FixtureRequest) -> Profile:
    return get_profile(request.param)


def test_every_value_of_every_rule_is_on_the_page(profile: Profile) -> None:
    page = explain(profile)
    for carried in carried_rules(profile):
        for value in values_of(carried.rule):
            words = in_words(value.value).format(
                city=profile.city, channel=getattr(carried.rule, "channel", "")
            )
            assert words in page, carried.dotted
        assert carried.rule.reading is None or carried.rule.reading in page


def test_no_word_of_the_program_is_left_untranslated(profile: Profile) -> None:
    page = explain(profile)
    for word in (
        "received",
        "restarts",
        "from_first_receipt",
        "class_limit",
        "own_limit",
        "leader_in_charge",
    ):
        assert word not in page


def test_articles_stand_in_the_order_of_the_regulation(profile: Profile) -> None:
    page = explain(profile)
    carried = {clause for each in carried_rules(profile) for clause in each.rule.clause}
    places = [page.index(f"· {clause_id}\n") for clause_id in clause_list() if clause_id in carried]
    assert places == sorted(places)


def test_the_numbers_are_told_as_people_say_them() -> None:
    page = explain(get_profile("shaoguan-2022"))
    assert "**诉求类型 › 咨询 › 时限**：办理期限：2个工作日；起算：承办单位首次收到工单" in page
    assert "**突发事项**：处理记录：2小时；办结期限：2个工作日" in page
    assert "有效期：自2022年11月4日，至2025年11月3日" in page


def test_clauses_that_the_file_does_not_carry_are_named(profile: Profile) -> None:
    page = explain(profile)
    regulation = profile.extends or profile.id
    for clause in clause_list().values():
        if clause.profile == regulation and clause.area != "profile":
            assert clause.id in page
