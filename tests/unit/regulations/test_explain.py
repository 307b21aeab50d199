"""The page that explains a profile holds every number and every article it carries."""

import re
from collections.abc import Iterator
from typing import Literal, get_args, get_origin

import pytest

from kb_service.regulations.clauses import clause_list
from kb_service.regulations.explain import explain, shown_value
from kb_service.regulations.profiles import get_profile
from kb_service.regulations.rule_tree import carried_rules, values_of
from kb_service.regulations.schema import Profile
from kb_service.regulations.words import WORDS
from tools import profile_page

IDS = ["demo", "meizhou-2014", "shantou-2016", "shaoguan-2022", "taian-2025", "xiangtan-2021"]


@pytest.fixture(params=IDS)
def profile(request: pytest.FixtureRequest) -> Profile:
    return get_profile(request.param)


def test_every_value_of_every_rule_is_on_the_page(profile: Profile) -> None:
    page = explain(profile)
    for carried in carried_rules(profile):
        for value in values_of(carried.rule):
            assert (
                shown_value(value, profile, carried.rule) in page
                or value.path == ("label",)
                or not value.value
            )
        assert carried.rule.reading is None or carried.rule.reading in page
        assert getattr(carried.rule, "label", "") in page


def test_every_number_stands_on_the_page_as_a_number(profile: Profile) -> None:
    page = explain(profile)
    for carried in carried_rules(profile):
        for value in values_of(carried.rule):
            if isinstance(value.value, int) and not isinstance(value.value, bool):
                assert f"{value.title}：{value.value}" in page or "：当日" in page, carried.dotted


def test_every_clause_that_is_carried_has_its_heading(profile: Profile) -> None:
    page = explain(profile)
    for carried in carried_rules(profile):
        for clause_id in carried.rule.clause:
            assert f"· {clause_id}\n" in page


def choices(annotation: object) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    for each in get_args(annotation):
        yield from choices(each)


def test_every_choice_of_the_format_has_a_chinese_word() -> None:
    for model in profile_page.models():
        for name, field in model.model_fields.items():
            for choice in choices(field.annotation):
                assert choice in WORDS, f"{model.__name__}.{name}"


def test_no_word_of_the_program_is_left_untranslated(profile: Profile) -> None:
    values = re.sub(r"[（·] ?[A-Z]{2}-[\d.]+", "", explain(profile)).replace(profile.id, "")
    left = re.findall(r"[a-z]+_[a-z_]+", values.replace(profile.extends or "-", ""))
    assert left == []


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


def test_classes_are_called_as_the_regulation_calls_them() -> None:
    page = explain(get_profile("shantou-2016"))
    assert "可延期的类型：投诉举报" in page
    assert "可延期的类型：投诉、举报、申诉" in explain(get_profile("meizhou-2014"))
