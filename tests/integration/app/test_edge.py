"""The web edge as a whole: who is let in, what an error looks like, what is done once."""

from collections.abc import Callable

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from kb_service.app import create_app
from kb_service.core.web import PROBLEM
from kb_service.identity import auth
from kb_service.identity.model import Account
from kb_service.identity.service import logins
from kb_service.tickets.model import Ticket
from tests.support.knowledge import faq
from tests.support.service import Service

Bearer = Callable[..., dict[str, str]]
PASSWORD = "a-long-password"
TICKET = {"class": "help", "region": "990101", "title": "路灯不亮", "text": "湖滨路路灯坏了三天。"}


def api_routes(app: FastAPI) -> list[tuple[str, str, auth.Access]]:
    return [
        (method, str(route.path), access)
        for route, access in auth.routes(app)
        for method in sorted(route.methods or ())
        if access is not None
    ]


def url_of(path: str) -> str:
    """The path with something in place of its parameters."""
    parts = [("1" if part.startswith("{") else part) for part in path.split("/")]
    return "/".join(parts)


def test_every_route_says_who_may_call_it(app: FastAPI) -> None:
    assert [route.path for route, access in auth.routes(app) if access is None] == []
    assert len(api_routes(app)) > 60


def test_an_application_with_an_undeclared_route_does_not_start(service: Service) -> None:
    app = create_app(service.parts)
    router = APIRouter()
    router.add_api_route("/forgotten", lambda: None)
    app.include_router(router)
    with pytest.raises(RuntimeError, match="/forgotten"):
        auth.check_routes(app)


def test_nobody_passes_a_route_that_is_not_public_without_logging_in(
    app: FastAPI, client: TestClient
) -> None:
    closed = [each for each in api_routes(app) if each[2].permission or isinstance(each[2], auth.SignedIn)]
    assert len(closed) > 50
    for method, path, _ in closed:
        answer = client.request(method, url_of(path), follow_redirects=False)
        sent_to_login = answer.status_code == 303 and answer.headers["location"].startswith("/login")
        assert answer.status_code == 401 or sent_to_login, (method, path, answer.status_code)


def test_a_token_passes_only_the_routes_of_its_role(app: FastAPI, client: TestClient, bearer: Bearer) -> None:
    """The audit officer may read the audit log and its inbox, and nothing else that asks for a permission."""
    headers = bearer("audit_officer")
    held = {None, "audit.read", "inbox.use"}
    for method, path, access in api_routes(app):
        if held.intersection(getattr(access, "permissions", (access.permission,))):
            continue
        answer = client.request(method, url_of(path), headers=headers, follow_redirects=False)
        assert answer.status_code == 403, (method, path, answer.status_code)


@pytest.mark.parametrize("token", ["", "kb_wrong", "💥", "kb_" + "a" * 5000])
def test_a_wrong_token_is_refused(client: TestClient, token: str) -> None:
    answer = client.get("/api/v1/search?q=x", headers=[(b"Authorization", f"Bearer {token}".encode())])
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/v1/nowhere", None, 404, "not_found"),
        ("PATCH", "/api/v1/search", None, 405, "method_not_allowed"),
        ("GET", "/api/v1/points/K000000", None, 404, "unknown_point"),
        ("GET", "/api/v1/search?q=x&limit=abc", None, 422, "invalid"),
        ("GET", "/api/v1/search?q=x&limit=100000", None, 422, "invalid"),
        ("GET", "/api/v1/search?q=x&cursor=nonsense", None, 422, "bad_cursor"),
        ("POST", "/api/v1/decisions", {"question": "   "}, 422, "empty_question"),
        ("POST", "/api/v1/decisions", {"question": "x" * 10_001}, 422, "invalid"),
        ("POST", "/api/v1/decisions", {"question": "x", "colour": "red"}, 422, "invalid"),
        ("POST", "/api/v1/tickets", TICKET | {"region": "000000"}, 404, "unknown_region"),
        ("GET", "/api/v1/tickets/20260101-00001", None, 404, "unknown_ticket"),
    ],
)
def test_every_error_has_the_one_shape(
    client: TestClient, bearer: Bearer, method: str, path: str, body: object, status: int, code: str
) -> None:
    """application/problem+json with type, title, status, a stable code and a Chinese detail."""
    answer = client.request(method, path, json=body, headers=bearer("supervisor"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert set(problem) >= {"type", "title", "status", "code", "detail"}
    assert problem["status"] == status
    assert any("一" <= letter <= "鿿" for letter in problem["detail"])


def test_a_body_that_is_no_json_is_told_where_it_breaks(client: TestClient, bearer: Bearer) -> None:
    answer = client.post(
        "/api/v1/decisions",
        content=b'{"question": ',
        headers=bearer("agent") | {"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (422, "不是合法的 JSON")


def test_a_body_over_the_limit_is_refused_before_it_is_read(client: TestClient, bearer: Bearer) -> None:
    headers = bearer("agent") | {"Content-Length": str(10**10)}
    answer = client.post("/api/v1/decisions", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_health_is_public_and_short(client: TestClient) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_headers_of_a_careful_site_are_on_every_answer(client: TestClient) -> None:
    for path in ("/healthz", "/login", "/api/v1/search", "/nowhere"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["x-request-id"]


def test_the_same_creation_sent_twice_with_a_key_is_one(
    client: TestClient, bearer: Bearer, service: Service
) -> None:
    headers = bearer("agent") | {"Idempotency-Key": "call-1"}
    first, second = (client.post("/api/v1/tickets", json=TICKET, headers=headers) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second.headers["idempotency-replayed"] == "true"
    other = client.post("/api/v1/tickets", json=TICKET | {"title": "另一件"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    with service.parts.database.read() as session:
        assert session.execute(select(func.count(Ticket.id))).scalar_one() == 1


class TestFixedDoors:
    """What other programs rely on: fields may be added, never renamed."""

    def test_search(self, client: TestClient, bearer: Bearer, service: Service) -> None:
        code = service.world.publish(faq(source="云人社发〔2026〕1号")).code
        service.index()
        query: dict[str, str | int] = {
            "q": "办理退休",
            "limit": 5,
            "type": "faq",
            "unit": "U-RSJ",
            "region": "990101",
            "category": "C1",
        }
        answer = client.get("/api/v1/search", params=query, headers=bearer("agent")).json()
        assert set(answer) >= {"hits", "took_ms", "degraded", "next"}
        assert set(answer["hits"][0]) >= {
            "code", "version", "passage", "title", "type", "unit", "article", "source", "uploaded_at",
            "effective_from", "effective_to", "state", "snippet", "score", "confidence",
        }  # fmt: skip
        assert answer["hits"][0]["code"] == code

    def test_decisions(self, client: TestClient, bearer: Bearer) -> None:
        body = {
            "question": "养老保险参保怎么补缴",
            "channel": "phone",
            "conversation": None,
            "region": "990101",
        }
        answer = client.post("/api/v1/decisions", json=body, headers=bearer("agent"))
        assert answer.status_code == 200
        assert set(answer.json()) >= {
            "id", "conversation", "decision", "confidence", "answer", "citations", "clarification", "refusal",
            "emergency", "units", "class", "field", "reasons",
        }  # fmt: skip
        assert set(answer.json()["units"][0]) >= {"code", "name", "confidence", "reason"}


class TestSessions:
    @pytest.fixture
    def csrf(self, service: Service, client: TestClient) -> str:
        with service.parts.database.write() as session:
            account = session.execute(select(Account).where(Account.login == "zx_manager")).scalar_one()
            account.password_hash = logins.hash_password(PASSWORD)
        answer = client.post("/api/v1/session", json={"login": "zx_manager", "password": PASSWORD})
        assert answer.status_code == 200
        return str(answer.json()["csrf"])

    def test_a_session_reads_with_its_cookie_and_writes_with_its_token_only(
        self, client: TestClient, csrf: str
    ) -> None:
        assert client.get("/api/v1/session").json()["roles"] == ["knowledge_manager"]
        refused = client.post("/api/v1/inbox/read", json={})
        assert (refused.status_code, refused.json()["code"]) == (403, "bad_csrf")
        assert client.post("/api/v1/inbox/read", json={}, headers={"X-CSRF-Token": csrf}).status_code == 200

    def test_the_cookie_is_kept_from_scripts_and_other_sites(
        self, client: TestClient, service: Service
    ) -> None:
        with service.parts.database.write() as session:
            account = session.execute(select(Account).where(Account.login == "agent")).scalar_one()
            account.password_hash = logins.hash_password(PASSWORD)
        answer = client.post("/api/v1/session", json={"login": "agent", "password": PASSWORD})
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie

    def test_logging_out_ends_it(self, client: TestClient, csrf: str) -> None:
        assert client.delete("/api/v1/session", headers={"X-CSRF-Token": csrf}).status_code == 200
        assert client.get("/api/v1/session").status_code == 401


def test_the_description_of_the_api_is_for_those_who_may_call_it(client: TestClient, bearer: Bearer) -> None:
    assert client.get("/api/v1/openapi.json").status_code == 401
    described = client.get("/api/v1/openapi.json", headers=bearer("agent")).json()
    assert "/api/v1/decisions" in described["paths"]
