"""Corrections, recalls and supervision as programs use them."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kb_service.answering.service import showing
from tests.support.knowledge import faq
from tests.support.service import Service

Bearer = Callable[..., dict[str, str]]


@pytest.fixture
def point(service: Service) -> str:
    return service.world.publish(faq()).code


def test_an_empty_body_is_a_report_and_a_repeated_key_reports_once(
    client: TestClient, bearer: Bearer, point: str
) -> None:
    headers = bearer("agent") | {"Idempotency-Key": "call-1"}
    first = client.post(f"/api/v1/points/{point}/reports", json={}, headers=headers)
    again = client.post(f"/api/v1/points/{point}/reports", json={}, headers=headers)

    assert (first.status_code, first.json()["status"], first.json()["merged"]) == (201, "reported", False)
    assert again.json() == first.json()


def test_a_correction_goes_its_way_by_the_api_alone(
    client: TestClient, bearer: Bearer, service: Service, point: str
) -> None:
    agent, manager = bearer("agent"), bearer("knowledge_manager")
    said = {"kind": "incomplete", "remark": "缺少材料清单", "serious": True, "way": "audit"}
    code = client.post(f"/api/v1/points/{point}/reports", json=said, headers=agent).json()["correction"]

    def put(path: str, body: dict[str, Any], headers: dict[str, str]) -> Any:
        return client.post(f"/api/v1/corrections/{code}/{path}", json=body, headers=headers)

    waiting = client.get("/api/v1/corrections", params={"stage": "verify"}, headers=manager).json()
    assert [each["code"] for each in waiting["items"]] == [code]
    refused = put("confirm", {"grade": "serious", "finding": "确实缺"}, agent)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")

    confirmed = put("confirm", {"grade": "serious", "finding": "确实缺"}, manager).json()
    assert (confirmed["status"], confirmed["hold"], confirmed["due_clause"]) == (
        "confirmed",
        "suspend",
        "SG-28.4",
    )
    service.index()
    hit = client.get("/api/v1/search", params={"q": "退休"}, headers=agent).json()["hits"][0]
    assert hit["held"] == "suspend"
    assert put("hold", {"hold": "warn", "reason": "影响不大"}, manager).json()["hold"] == "warn"

    editor = bearer("unit_editor", "U-RSJ")
    assert put("objection", {"reason": "清单另有一条"}, editor).json()["status"] == "objected"
    decided = put("objection/decide", {"upheld": False, "finding": "应写在本条"}, manager).json()
    assert decided["status"] == "confirmed"
    history = client.get(f"/api/v1/corrections/{code}", headers=manager).json()["history"]
    assert [each["kind"] for each in history] == ["reported", "confirmed", "held", "objected", "overruled"]


def test_from_a_version_to_whom_it_reached_and_back(
    client: TestClient, bearer: Bearer, service: Service, point: str
) -> None:
    agent, manager = bearer("agent"), bearer("knowledge_manager")
    ticket = client.post(
        "/api/v1/tickets",
        headers=agent,
        json={
            "class": "consultation", "region": "990000", "title": "咨询退休", "text": "怎样办理退休",
            "requester": {"phone": "13900000001"},
        },
    ).json()["code"]  # fmt: skip
    client.post("/api/v1/answers", json={"code": point, "version": 1, "ticket": ticket}, headers=agent)
    shown = client.get(f"/api/v1/points/{point}/shown", params={"version": 1}, headers=manager).json()
    assert [each["ticket_code"] for each in shown["items"]] == [ticket]

    body = {"serious": True, "shown": shown["items"][0]["id"]}
    code = client.post(f"/api/v1/points/{point}/reports", json=body, headers=agent).json()["correction"]
    verified = {"grade": "serious", "finding": "确已搬迁"}
    client.post(f"/api/v1/corrections/{code}/confirm", json=verified, headers=manager)
    message = {"message": "更正：请到四楼办理。"}
    recall = client.post(f"/api/v1/corrections/{code}/recall", json=message, headers=manager).json()
    assert (recall["people"], recall["anonymous"], recall["unit"]) == (1, 0, "U-RSJ")

    clerk = bearer("callback_clerk")
    listed = client.get(f"/api/v1/recalls/{recall['code']}/contacts", headers=clerk).json()["items"]
    place = f"/api/v1/recalls/contacts/{listed[0]['id']}"
    assert client.post(f"{place}/requester", headers=agent).status_code == 403
    assert client.post(f"{place}/requester", headers=clerk).json()["phone"] == "13900000001"
    client.post(place, json={"outcome": "done"}, headers=clerk)
    assert client.get(f"/api/v1/recalls/{recall['code']}", headers=manager).json()["done"] == 1


def test_every_decision_that_answers_is_in_the_register(
    client: TestClient, bearer: Bearer, service: Service, point: str
) -> None:
    service.index()
    asked = {"question": "怎样办理退休", "channel": "api"}
    decided = client.post("/api/v1/decisions", json=asked, headers=bearer("agent")).json()
    assert decided["decision"] == "answer"

    with service.parts.database.read() as session:
        rows = showing.of_version(session, point, 1).items
    assert [(row.channel, row.kind, row.decision_id) for row in rows] == [("api", "answered", decided["id"])]


def test_a_unit_is_urged_supervised_and_answers_by_the_api(
    client: TestClient, bearer: Bearer, point: str
) -> None:
    manager, editor = bearer("knowledge_manager"), bearer("unit_editor", "U-RSJ")
    base = "/api/v1/supervision"
    about = {"subject": f"point:{point}", "unit": "U-RSJ", "title": "退休办理", "reason": "半年没有更新"}
    urged = client.post(f"{base}/urgings", json=about, headers=manager)
    assert (urged.status_code, urged.json()["clause"]) == (201, "")
    assert "knowledge" in client.get(f"{base}/ways", headers=manager).json()["triggers"]
    code = client.post(base, json=about | {"trigger": "knowledge"}, headers=manager).json()["code"]
    unknown = client.post(base, json=about | {"trigger": "no-such"}, headers=manager)
    assert (unknown.status_code, unknown.json()["code"]) == (422, "trigger_unknown")

    assert (
        client.post(f"{base}/{code}/reply", json={"text": "本周更新"}, headers=editor).json()["state"]
        == "replied"
    )
    assert client.get(f"{base}/{code}", headers=bearer("unit_editor", "U-GAJ")).status_code == 404
    closed = client.post(f"{base}/{code}/close", json={"outcome": "solved"}, headers=manager).json()
    assert closed["state"] == "closed"
    assert len(client.get(f"{base}/urgings", headers=editor).json()["items"]) == 1
    for name in ("referrals", "accountability", "cards"):
        assert client.get(f"{base}/{name}", headers=manager).json()["items"] == []
