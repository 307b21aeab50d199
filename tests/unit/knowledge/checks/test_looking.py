"""What is wrong with one version by itself."""

from datetime import date
from typing import Any

import pytest

from kb_service.knowledge.checks.looking import Version, look, urls
from kb_service.knowledge.checks.phones import impossible, phone_troubles
from kb_service.knowledge.service.views import CONTENT


def checks(content: dict[str, Any], **shared: Any) -> set[tuple[str, str]]:
    plain: dict[str, Any] = {"keywords": [], "public": True}
    version = Version("补领身份证", CONTENT.validate_python(content), **(plain | shared))
    return {(problem.check_id, problem.about) for problem in look(version)}


def faq(answer: str, **shared: Any) -> set[tuple[str, str]]:
    return checks({"type": "faq", "question": "怎么补领", "answer": answer}, **shared)


@pytest.mark.parametrize(
    "shown",
    ["12345", "110", "0700-8211101", "(020)38622165", "020-38622165", "020-12345", "400-123-4567", "13812345678",
     "8211101", "0700-8211101-802", "+86 13812345678", "96110", "10086"],
)  # fmt: skip
def test_numbers_that_can_be_dialled_are_in_order(shown: str) -> None:
    assert impossible(shown) is None


@pytest.mark.parametrize(
    "shown",
    ["1381234567", "138123456789", "0700-82111", "020-1862216", "12812345678", "00000000", "0260-8211101",
     "400123456", "91234567", "821110"],
)  # fmt: skip
def test_numbers_that_cannot_exist_are_told(shown: str) -> None:
    assert impossible(shown) is not None


def test_what_is_no_telephone_number_is_left_alone() -> None:
    text = "咨询时间 8:30-12:00，联系窗口 3-5 号楼，电话费 120元，热线接通率 98.5%"
    assert phone_troubles(text, public=True) == []


def test_each_of_several_numbers_is_looked_at() -> None:
    found = phone_troubles("咨询电话:8211101、821110", public=False)
    assert [each.trouble for each in found] == ["phone_impossible"]


def test_a_personal_mobile_and_an_extension_do_not_belong_into_public_knowledge() -> None:
    answer = "请联系张科长13812345678，内线：8021。"
    assert {check for check, _ in faq(answer)} == {"phone_personal", "phone_internal"}
    assert faq(answer, public=False) == set()


def test_a_day_that_is_in_no_calendar_is_told() -> None:
    assert ("dates_broken", "2月30日") in faq("请于2月30日前提交。")
    assert ("dates_broken", "2025年2月29日") in faq("请于2025年2月29日前提交。")
    assert faq("请于2024年2月29日前提交。") == set()


def test_a_window_that_ends_before_it_begins_is_told() -> None:
    found = faq("可以。", effective_from=date(2026, 5, 1), effective_to=date(2026, 4, 1))
    assert found == {("dates_broken", "window")}


def test_a_keyword_that_repeats_the_title_is_told() -> None:
    assert faq("可以。", keywords=["补领 身份证", "挂失"]) == set()
    assert faq("可以。", keywords=["补领身份证", "挂失"]) == {("keyword_is_title", "")}


def test_each_type_is_asked_for_what_it_must_say() -> None:
    found = checks({"type": "agency", "functions": "受理申请", "address": "云溪大道188号"})
    assert found == {("field_empty", field) for field in ("power_list", "service_items", "phone", "hours")}


def test_an_address_without_a_place_is_told() -> None:
    content = {"type": "agency", "functions": "受理", "power_list": "许可", "service_items": ["受理"],
               "phone": "12345", "hours": "工作日", "address": "请见官网"}  # fmt: skip
    assert checks(content) == {("address_vague", "")}
    assert checks(content | {"address": "市民之家六楼"}) == set()


def test_the_excerpt_of_a_problem_marks_it() -> None:
    text = "甲" * 200 + "，咨询电话：0700-82111，" + "乙" * 200
    content = CONTENT.validate_python({"type": "faq", "question": "问", "answer": text})
    (problem,) = look(Version("题", content, [], public=True))
    (mark,) = problem.marks
    assert problem.text[slice(*mark)] == "0700-82111"
    assert len(problem.text) < 160


def test_addresses_end_where_the_sentence_goes_on() -> None:
    content = CONTENT.validate_python(
        {
            "type": "faq",
            "question": "问",
            "answer": "见 https://a.example.cn/x?y=1。或http://b.example.cn，谢谢",
        }
    )
    assert urls(content) == ["https://a.example.cn/x?y=1", "http://b.example.cn"]
