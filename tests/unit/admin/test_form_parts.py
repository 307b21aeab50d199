"""What a form sends, and what is marked in a text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from admin import point_form
from admin.forms import Sent, Wrong, field_of, highlight, mark_terms, telling
from kb_service.core.errors import Invalid
from kb_service.knowledge.content import PointDraft
from tests.support.knowledge import agency, faq, script

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6)


@given(st.text(max_size=30), SPANS)
def test_marking_changes_no_character_of_a_text(text: str, spans: list[tuple[int, int]]) -> None:
    marked = highlight(text, spans)
    assert (
        marked.striptags() == " ".join(text.split())
        or marked.unescape().replace("<mark>", "").replace("</mark>", "") == text
    )


def test_markup_in_a_text_stays_text() -> None:
    assert highlight("<b>税</b>", [(3, 4)]) == "&lt;b&gt;<mark>税</mark>&lt;/b&gt;"
    assert mark_terms("<i>退休</i>", ["退休", "休"]) == "&lt;i&gt;<mark>退休</mark>&lt;/i&gt;"


def test_why_it_matched_is_told_in_words_of_the_question() -> None:
    assert telling(("失业", "业金", "怎"), "失业金怎么领") == ["失业"]


@pytest.mark.parametrize(
    ("pointer", "field", "place"),
    [
        ("/title", "title", None),
        ("/content/answer", "content.answer", None),
        ("/keywords/2", "keywords", 3),
        ("/content/similar_questions/0", "content.similar_questions", 1),
    ],
)
def test_a_pointer_leads_to_its_control(pointer: str, field: str, place: int | None) -> None:
    assert field_of(pointer) == (field, place)


def test_several_wrong_items_of_one_list_are_told_at_their_control() -> None:
    wrong = Wrong()
    pointers = [{"pointer": "/keywords/0", "detail": "过长"}, {"pointer": "/keywords/3", "detail": "重复"}]
    wrong.add(Invalid("有误", pointers=pointers))  # type: ignore[arg-type]
    assert wrong.fields == {"keywords": "第 1 项：过长；第 4 项：重复"}
    assert wrong.general == []


def sent(values: dict[str, str]) -> Sent:
    return Sent(FormData(list(values.items())))


@pytest.mark.parametrize(
    "draft",
    [
        faq("怎样办理退休", "本人到场。", similar=["退休怎么办", "几岁能退"], keywords=["退休", "养老"]),
        faq(effective_from="2026-01-01", effective_to="2026-12-31", release_at="2026-12-01T09:00:00+08:00"),
        agency("市局", functions="管养老", service_items=["参保", "转移"], phone="0700-1"),
        script("停水", audience="agents", source="供水集团"),
    ],
)
def test_a_draft_comes_back_from_its_form_unchanged(draft: PointDraft) -> None:
    values = point_form.values_of(draft, "U-RSJ")
    assert point_form.draft_from(sent(values), draft.content.type) == draft


def test_all_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(Invalid) as told:
        point_form.draft_from(sent({"title": "社保卡挂失"}), "faq", complete=True)
    assert [each["pointer"] for each in told.value.pointers] == ["/category", "/content/answer"]


def test_each_type_has_a_control_for_each_of_its_fields() -> None:
    for type_, model in point_form.MODELS.items():
        controls = {each.field for each in point_form.INPUTS[type_]}
        assert controls == set(model.model_fields) - {"type"}, type_


def test_separators_of_keywords_are_those_people_use() -> None:
    said = {"title": "甲", "category": "C11", "keywords": "退休，养老、 社保;医保；\n公积金"}
    draft = point_form.draft_from(sent(said), "faq")
    assert draft.keywords == ["退休", "养老", "社保", "医保", "公积金"]
    assert not re.search(r"\s", "".join(draft.keywords))
