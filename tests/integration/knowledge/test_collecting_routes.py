"""Candidates and exports as programs use them, and what tickets hand over."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from kb_service.core.context import SYSTEM, Context
from kb_service.knowledge.candidates.model import Candidate, CandidateSource
from kb_service.tickets import schemas
from kb_service.tickets.service import acting, registering
from tests.support.candidates import ANSWER, ASKED
from tests.support.knowledge import faq
from tests.support.service import Service
from tests.support.ticket_life import WHOLE

Bearer = Callable[..., dict[str, str]]


def test_a_miss_is_reported_once_and_no_token_confirms_it(
    client: TestClient, bearer: Bearer, service: Service
) -> None:
    agent = bearer("agent") | {"Idempotency-Key": "call-7"}
    said = {"question": f"我的手机13800138000，{ASKED}", "answer": ANSWER, "unit": "U-RSJ"}
    first = client.post("/api/v1/candidates", json=said, headers=agent)
    again = client.post("/api/v1/candidates", json=said, headers=agent)
    assert (first.status_code, first.json()["status"]) == (201, "proposed")
    assert again.json() == first.json()
    code = first.json()["code"]

    editor = bearer("unit_editor", "U-RSJ")
    seen = client.get(f"/api/v1/candidates/{code}", headers=editor).json()
    assert "13800138000" not in str(seen)
    assert seen["sources"][0]["masked"] == {"phone": 1}
    body = {"draft": faq(ASKED, ANSWER).model_dump(mode="json")}
    for headers in (editor, bearer("knowledge_manager")):
        refused = client.post(f"/api/v1/candidates/{code}/confirm", json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_the_owner_unit")


def test_suggested_questions_are_read_by_the_address_of_the_point(
    client: TestClient, bearer: Bearer, service: Service
) -> None:
    point = service.world.publish(faq()).code
    said = {"question": "退休手续去哪个窗口", "hits": [point], "chosen": point}
    client.post("/api/v1/searches", json=said, headers=bearer("agent"))

    found = client.get(f"/api/v1/points/{point}/suggested-questions", headers=bearer("unit_editor", "U-RSJ"))
    assert [each["question"] for each in found.json()["items"]] == ["退休手续去哪个窗口"]


def test_no_file_leaves_to_a_token(client: TestClient, bearer: Bearer, service: Service) -> None:
    service.world.publish(faq())
    refused = client.post(
        "/api/v1/exports/files", json={"format": "csv"}, headers=bearer("unit_editor", "U-RSJ")
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "account_required")


def ticket(service: Service, **changes: Any) -> str:
    values = {
        "class": "consultation",
        "region": "990101",
        "title": ASKED,
        "text": "详情见录音。",
        "unit": "U-RSJ",
    }
    data = schemas.TicketIn.model_validate(values | changes)
    with service.parts.database.write() as session:
        return registering.register(session, service.world.as_("agent"), service.parts, data).code


def step(service: Service, code: str, by: Context, kind: str, data: dict[str, Any]) -> None:
    with service.parts.database.write() as session:
        acting.act(session, by, service.parts, code, schemas.EventIn(type=kind, data=data))


def collected(service: Service) -> list[tuple[str, str, str]]:
    with service.parts.database.read() as session:
        rows = select(CandidateSource.way, Candidate.status, Candidate.answer).join(
            Candidate, Candidate.id == CandidateSource.candidate_id
        )
        return [tuple(row) for row in session.execute(rows)]


def test_an_answer_from_the_base_is_not_collected(service: Service) -> None:
    point = service.world.publish(faq())
    used = {"code": point.code, "version": point.number, "text": "按知识答复了，请到三楼窗口。"}
    step(service, ticket(service), service.world.as_("agent"), "answer", used)
    assert collected(service) == []


STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("dispatch", {"to": "U-RSJ"}),
    ("sign", {}),
    ("reply", {"result": ANSWER}),
    ("request_completion", WHOLE),
    ("decide_completion", {"approved": True}),
)


@pytest.mark.parametrize(("kind", "ways"), [("consultation", ["ticket"]), ("complaint", [])])
def test_the_reply_of_a_finished_consultation_is_collected_and_that_of_a_complaint_is_not(
    service: Service, kind: str, ways: list[str]
) -> None:
    code = ticket(service, **{"class": kind})
    for kind_of_step, data in STEPS:
        step(service, code, Context(SYSTEM, service.parts.clock.now()), kind_of_step, data)

    assert [way for way, _, _ in collected(service)] == ways
    assert all(words == ANSWER for _, _, words in collected(service))
