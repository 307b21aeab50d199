"""What each kind of knowledge must say, and how it is cut into passages."""

from typing import Any

import pytest
from pydantic import ValidationError

from kb_service.knowledge.content import PointDraft, content_hash, problems

FAQ = {"type": "faq", "answer": "带身份证到窗口办理。"}
PROCEDURE = {"type": "procedure", "item": "退休", "materials": ["身份证"], "places": ["市民之家"]}
POLICY = {"type": "policy", "full_text": "第一条 甲。第二条 乙。", "issuer": "市政府"}
AGENCY = {"type": "agency", "functions": "管社保", "phone": "0700-8000000"}
SCRIPT = {"type": "script", "event": "停水", "text": "正在抢修。"}


def draft(content: dict[str, Any], **shared: Any) -> PointDraft:
    return PointDraft.model_validate({"title": "标题", "content": content, "category": "C11"} | shared)


def pointers(words: PointDraft) -> list[str]:
    return [problem["pointer"] for problem in problems(words)]


def accepted(content: dict[str, Any]) -> bool:
    try:
        draft(content)
    except ValidationError:
        return False
    return True


@pytest.mark.clause("MZ-18")
@pytest.mark.parametrize("content", [FAQ, PROCEDURE, POLICY, AGENCY], ids=lambda content: content["type"])
def test_the_four_types_of_the_regulation_are_kept(content: dict[str, Any]) -> None:
    assert accepted(content)


def test_a_script_is_kept_and_nothing_else() -> None:
    assert accepted(SCRIPT)
    assert not accepted({"type": "rumour"})


@pytest.mark.parametrize(
    "content", [FAQ, PROCEDURE, POLICY, AGENCY, SCRIPT], ids=lambda content: content["type"]
)
def test_complete_content_has_no_problems_and_at_least_one_passage(content: dict[str, Any]) -> None:
    words = draft(content)
    assert problems(words) == []
    assert words.content.passages()
    assert words.content.answer_text()


@pytest.mark.parametrize(
    ("content", "lacking"),
    [
        ({"type": "faq"}, ["/content/answer"]),
        ({"type": "procedure"}, ["/content/item", "/content/steps", "/content/channels"]),
        ({"type": "policy"}, ["/content/full_text", "/content/issuer"]),
        ({"type": "agency"}, ["/content/functions", "/content/phone"]),
        ({"type": "script"}, ["/content/event", "/content/text"]),
    ],
)
def test_each_type_tells_what_it_lacks(content: dict[str, Any], lacking: list[str]) -> None:
    assert pointers(draft(content)) == lacking


def test_a_question_asked_nowhere_else_is_the_title() -> None:
    assert draft(FAQ, title="怎样退休").content.questions() == ("怎样退休",)


def test_a_keyword_must_say_more_than_the_title() -> None:
    assert pointers(draft(FAQ, keywords=["社保", "标题"])) == ["/keywords/1"]


def test_restricted_knowledge_names_its_roles_and_no_other_does() -> None:
    assert pointers(draft(FAQ, audience="restricted")) == ["/roles"]
    assert pointers(draft(FAQ, audience="restricted", roles=["agent"])) == []
    assert pointers(draft(FAQ, roles=["agent"])) == ["/roles"]


def test_content_cannot_end_before_it_begins() -> None:
    assert pointers(draft(FAQ, effective_from="2026-05-01", effective_to="2026-04-30")) == ["/effective_to"]
    assert pointers(draft(FAQ, effective_from="2026-05-01", effective_to="2026-05-01")) == []


@pytest.mark.parametrize(
    "shared",
    [
        {"title": "长" * 129},
        {"title": " "},
        {"keywords": ["长" * 21]},
        {"content": FAQ | {"similar_questions": ["问"] * 201}},
        {"content": FAQ | {"phone": "1"}},
        {"release_at": "2026-01-01T09:00:00"},
        {"effective_from": "2026-02-30"},
    ],
)
def test_what_is_too_long_unknown_or_no_date_is_refused(shared: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PointDraft.model_validate({"title": "标题", "content": FAQ, "category": "C11"} | shared)


def test_a_policy_is_cut_by_article_and_its_interpretation_stands_apart() -> None:
    words = draft(POLICY | {"interpretation": "甲就是乙。"})
    articles = [passage.article for passage in words.content.passages()]
    assert articles == ["第一条", "第二条", "政策解读"]
    assert words.content.answer_text() == "甲就是乙。"


def test_a_short_procedure_is_one_passage_and_a_long_one_goes_by_section() -> None:
    assert len(draft(PROCEDURE).content.passages()) == 1
    long = draft(PROCEDURE | {"conditions": "条件。" * 100, "steps": ["第一步" * 40, "第二步" * 40]})
    labels = [passage.article for passage in long.content.passages()]
    assert labels == ["办理事项", "办理条件", "申请材料", "办理步骤", "办理地点"]


def test_the_hash_is_of_what_is_said_and_not_of_the_note() -> None:
    assert content_hash(draft(FAQ)) == content_hash(draft(FAQ, note="改错字"))
    assert content_hash(draft(FAQ)) != content_hash(draft(FAQ, audience="agents"))
