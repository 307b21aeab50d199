"""Logging in and out through the page."""

from fastapi.testclient import TestClient

from kb_service.core.context import SYSTEM, Context
from kb_service.identity.auth import COOKIE
from kb_service.identity.schemas import AccountIn
from kb_service.identity.service import people
from tests.integration.admin.conftest import Visit
from tests.support.service import Service

PASSWORD = "a-long-password"


def add(service: Service, login: str, *, demo: bool = False) -> None:
    with service.parts.database.write() as session:
        data = AccountIn(login=login, name=login, unit_code="U-ZX", roles=["agent"], password=PASSWORD)
        people.add_account(session, Context(SYSTEM, service.parts.clock.now()), data, demo=demo)


def log_in(client: TestClient, **data: str) -> tuple[int, str, bool]:
    client.cookies.clear()
    answer = client.post("/login", data=data, follow_redirects=False)
    return answer.status_code, answer.headers.get("location", ""), COOKIE in answer.cookies


def test_the_right_password_leads_on_to_the_page_that_was_wanted(
    client: TestClient, service: Service
) -> None:
    add(service, "zhangsan")
    done = log_in(client, login="zhangsan", password=PASSWORD, next="/tickets?status=open")
    assert done == (303, "/tickets?status=open", True)


def test_nobody_is_led_to_another_site_after_login(client: TestClient, service: Service) -> None:
    add(service, "zhangsan")
    for target in (
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
    ):
        done = log_in(client, login="zhangsan", password=PASSWORD, next=target)
        assert done == (303, "/", True), target


def test_a_wrong_password_is_told_and_the_name_is_kept(client: TestClient, service: Service) -> None:
    add(service, "zhangsan")
    answer = client.post("/login", data={"login": "zhangsan", "password": "not-this-one", "next": "/desk"})
    assert answer.status_code == 401
    assert "账号或密码不正确" in answer.text
    assert 'value="zhangsan"' in answer.text
    assert 'value="/desk"' in answer.text
    assert "not-this-one" not in answer.text


def test_demo_accounts_are_offered_on_this_machine_only(client: TestClient, service: Service) -> None:
    add(service, "yanshi", demo=True)
    settings = service.parts.settings
    assert 'value="yanshi"' in client.get("/login").text
    settings.host = "0.0.0.0"
    assert 'value="yanshi"' not in client.get("/login").text
    assert log_in(client, demo="yanshi")[0] == 422


def test_an_account_that_is_no_demo_account_needs_its_password(client: TestClient, service: Service) -> None:
    add(service, "zhangsan")
    assert log_in(client, demo="zhangsan") == (422, "", False)


def test_logging_out_ends_the_session(visit: Visit) -> None:
    visitor = visit("agent")
    assert visitor.get("/desk").status_code == 200
    assert visitor.post("/logout").status_code == 303
    assert visitor.get("/desk").headers["location"].startswith("/login")
