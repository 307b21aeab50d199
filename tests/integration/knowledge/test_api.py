"""The routes of knowledge: the whole way over HTTP, and what each refuses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kb_service.core.clock import FixedClock
from kb_service.identity.auth import COOKIE
from tests.support.console import CSRF, visiting_cookie
from tests.support.knowledge import faq
from tests.support.service import Service

Call = Callable[..., Any]


@pytest.fixture
def call(client: TestClient, service: Service) -> Call:
    """`call("rsj_editor", "POST", "/points", json=…)` as one of the people, with their form token."""
    cookies: dict[str, str] = {}

    def send(login: str, method: str, path: str, headers: dict[str, str] | None = None, **how: Any) -> Any:
        sent = dict(headers or {})
        if login != "public":
            cookies.setdefault(login, visiting_cookie(service, login))
            sent |= {"Cookie": f"{COOKIE}={cookies[login]}", "X-CSRF-Token": CSRF}
        client.cookies.clear()
        return client.request(method, f"/api/v1{path}", headers=sent, **how)

    return send


def body(title: str = "怎样办理退休", **shared: Any) -> dict[str, Any]:
    return {"unit": "U-RSJ", "draft": faq(title, **shared).model_dump(mode="json")}


def publish(call: Call, title: str = "怎样办理退休", **shared: Any) -> str:
    code: str = call("rsj_editor", "POST", "/points", json=body(title, **shared)).json()["code"]
    assert call("rsj_editor", "POST", f"/points/{code}/versions/1/submit").status_code == 200
    for reviewer in ("rsj_reviewer", "zx_reviewer"):
        answer = call(reviewer, "POST", f"/reviews/{code}/1", json={"decision": "approve"})
        assert answer.status_code == 200
    return code


def test_from_a_form_to_a_search(
    call: Call, client: TestClient, service: Service, bearer: Callable[..., dict[str, str]]
) -> None:
    code = publish(call, source="人社发〔2026〕1号")
    service.index()
    found = client.get("/api/v1/search", params={"q": "退休怎么办"}, headers=bearer("agent")).json()
    assert set(found) >= {"hits", "took_ms", "degraded", "next"}
    hit = found["hits"][0]
    promised = {
        "code", "version", "passage", "title", "type", "unit", "article", "source", "uploaded_at",
        "effective_from", "effective_to", "state", "snippet", "score", "confidence",
    }  # fmt: skip
    assert set(hit) >= promised
    assert (hit["code"], hit["version"], hit["unit"], hit["state"]) == (code, 1, "U-RSJ", "in_force")
    suggested = client.get("/api/v1/suggest", params={"q": "退休"}, headers=bearer("agent")).json()
    assert suggested["suggestions"] == ["怎样办理退休"]


def test_a_request_sent_twice_makes_one_point(call: Call) -> None:
    headers = {"Idempotency-Key": "k1"}
    first, second = (call("rsj_editor", "POST", "/points", json=body(), headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(call("rsj_editor", "GET", "/points").json()["items"]) == 1


def test_of_two_editors_the_second_is_answered_with_both_texts(call: Call) -> None:
    code = call("rsj_editor", "POST", "/points", json=body()).json()["code"]
    path = f"/points/{code}/versions/1"
    first = {"draft": faq("先").model_dump(mode="json"), "lock": 1}
    second = {"draft": faq("后").model_dump(mode="json"), "lock": 1}
    assert call("rsj_editor", "PUT", path, json=first).json()["title"] == "先"
    answer = call("rsj_second", "PUT", path, json=second)
    assert (answer.status_code, answer.json()["code"]) == (409, "edit_conflict")
    assert (answer.json()["mine"]["title"], answer.json()["theirs"]["title"]) == ("后", "先")


def test_what_is_wrong_is_pointed_at_in_chinese(call: Call) -> None:
    wrong = body() | {"draft": body()["draft"] | {"title": "长" * 129, "effective_from": "2026-02-30"}}
    answer = call("rsj_editor", "POST", "/points", json=wrong)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    pointers = {each["pointer"]: each["detail"] for each in answer.json()["errors"]}
    assert pointers["/body/draft/title"] == "内容过长，最多 128 个字符"
    assert "日期" in pointers["/body/draft/effective_from"]


def test_versions_are_read_compared_and_told_as_of_an_instant(call: Call, clock: FixedClock) -> None:
    code = publish(call, answer="带身份证到三楼。")
    then = clock.now().isoformat()
    clock.advance(timedelta(minutes=10))
    next_version = body(answer="带身份证到五楼。") | {"code": code}
    assert call("rsj_editor", "POST", "/points", json=next_version).json()["number"] == 2
    call("rsj_editor", "POST", f"/points/{code}/versions/2/submit")
    targets = [{"code": code, "number": 2}]
    for reviewer in ("rsj_reviewer", "zx_reviewer"):
        report = call(reviewer, "POST", "/reviews/bulk", json={"decision": "approve", "targets": targets})
        assert report.json()["done"] == 1
    now = call("agent", "GET", f"/points/{code}").json()
    before = call("agent", "GET", f"/points/{code}", params={"at": then}).json()
    assert call("agent", "GET", f"/points/{code}", params={"as_of": then}).json() == before
    assert (now["content"]["answer"], before["content"]["answer"]) == ("带身份证到五楼。", "带身份证到三楼。")
    diff = call("rsj_editor", "GET", f"/points/{code}/diff", params={"old": 1, "new": 2}).json()
    assert [each["field"] for each in diff["fields"] if each["changed"]] == ["answer"]
    numbers = [each["number"] for each in call("agent", "GET", f"/points/{code}/versions").json()["items"]]
    assert numbers == [2, 1]
    kinds = [each["kind"] for each in call("agent", "GET", f"/points/{code}/timeline").json()["items"]]
    assert kinds.count("approve") == 4


def test_a_point_is_withdrawn_and_restored(call: Call) -> None:
    code = publish(call)
    answer = call("zx_manager", "POST", f"/points/{code}/withdraw", json={"reason": "内容有误"})
    assert answer.json() == {"code": code, "numbers": [1]}
    assert call("agent", "GET", f"/points/{code}").status_code == 404
    restored = call("rsj_editor", "POST", f"/points/{code}/versions/1/restore", json={"note": "核实无误"})
    assert (restored.status_code, restored.json()["number"], restored.json()["status"]) == (201, 2, "draft")
    discarded = call("rsj_editor", "POST", f"/points/{code}/versions/2/discard", json={"reason": "不需要"})
    assert discarded.json() == {"ok": True}
    again = call("rsj_editor", "POST", f"/points/{code}/next")
    assert again.json()["number"] == 3


def test_the_queue_holds_what_awaits_the_reviewer(call: Call) -> None:
    code = call("rsj_editor", "POST", "/points", json=body()).json()["code"]
    call("rsj_editor", "POST", f"/points/{code}/versions/1/submit")
    queue = call("rsj_reviewer", "GET", "/reviews").json()["items"]
    assert [(each["code"], each["stage"], each["author_name"]) for each in queue] == [
        (code, "unit_review", "rsj_editor")
    ]
    returned = call(
        "rsj_reviewer",
        "POST",
        f"/reviews/{code}/1",
        json={"decision": "return", "remarks": {"answer": "不全"}},
    )
    assert returned.json()["status"] == "returned"
    assert call("rsj_reviewer", "GET", "/reviews").json()["items"] == []


def test_the_catalogue_is_read_by_all_and_kept_by_the_manager(call: Call) -> None:
    mine = call("rsj_editor", "GET", "/categories", params={"unit": "U-RSJ"}).json()["items"]
    assert [each["code"] for each in mine] == ["C11", "C12"]
    data = {"code": "C3", "name": "交通", "units": []}
    assert call("rsj_editor", "PUT", "/categories", json=data).status_code == 403
    assert call("zx_manager", "PUT", "/categories", json=data).json()["path"] == "交通"
    matter = {"code": "M2", "name": "失业金", "category": "C12", "unit": "U-RSJ"}
    assert call("zx_manager", "PUT", "/matters", json=matter).json()["unit_name"] == "市人力资源和社会保障局"
    assert len(call("agent", "GET", "/matters").json()["items"]) == 2


def test_what_units_have_not_reported_is_told(call: Call) -> None:
    report = call("zx_manager", "GET", "/units/U-RSJ/duties").json()
    assert [each["name"] for each in report["missing"]] == [
        "工作职责", "权责清单", "服务事项", "联系方式", "对外服务时间",
    ]  # fmt: skip
    assert len(call("zx_manager", "GET", "/duties/missing").json()["items"]) == 5


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/search?q=退休"),
        ("GET", "/suggest?q=退休"),
        ("GET", "/points"),
        ("POST", "/points"),
        ("GET", "/points/K1"),
        ("GET", "/reviews"),
        ("POST", "/reviews/bulk"),
        ("GET", "/categories"),
        ("GET", "/matters"),
        ("GET", "/units/U-RSJ/duties"),
    ],
)
def test_nothing_is_open_without_login(call: Call, method: str, path: str) -> None:
    assert call("public", method, path).status_code == 401


def test_a_token_reads_but_does_not_write(client: TestClient, bearer: Callable[..., dict[str, str]]) -> None:
    answer = client.post("/api/v1/points", json=body(), headers=bearer("unit_editor", "U-RSJ"))
    assert (answer.status_code, answer.json()["code"]) == (403, "account_required")


def test_a_list_and_a_search_are_asked_for_as_of_an_instant(
    call: Call, service: Service, clock: FixedClock
) -> None:
    then = clock.now().isoformat()
    clock.advance(timedelta(minutes=5))
    code = publish(call)
    now = clock.now().isoformat()
    for path in ("/points", "/search"):
        params = {"q": "退休", "as_of": then}
        before = call("agent", "GET", path, params=params).json()
        after = call("agent", "GET", path, params=params | {"as_of": now}).json()
        assert before.get("items", before.get("hits")) == []
        assert [row["code"] for row in after.get("items", after.get("hits"))] == [code]
        ahead = (clock.now() + timedelta(days=1)).isoformat()
        refused = call("agent", "GET", path, params=params | {"as_of": ahead})
        assert (refused.status_code, refused.json()["code"]) == (422, "future_instant")
    sent = {"text": "退休怎么办", "registered_at": then}
    service.index()
    told = call("agent", "POST", "/points/for-return", json=sent).json()["items"]
    assert [(row["code"], row["later"]) for row in told] == [(code, True)]
