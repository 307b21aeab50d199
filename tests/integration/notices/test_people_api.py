"""The same over HTTP, as programs use it."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kb_service.identity.auth import COOKIE
from tests.support.console import CSRF, account_for_each_role, visiting_cookie
from tests.support.knowledge import faq
from tests.support.service import Service


class Caller:
    """Somebody logged in, who sends JSON."""

    def __init__(self, app: FastAPI, service: Service, login: str) -> None:
        cookies = {COOKIE: visiting_cookie(service, login)}
        headers = {"X-CSRF-Token": CSRF}
        self._client = TestClient(app, base_url="http://localhost", cookies=cookies, headers=headers)

    def __call__(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        answer = self._client.request(method, f"/api/v1{path}", json=body or None)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def officer(app: FastAPI, service: Service) -> Caller:
    account_for_each_role(service, "U-ZX")
    return Caller(app, service, "role.system_officer")


def test_wishes_absences_and_stand_ins(app: FastAPI, service: Service) -> None:
    call = Caller(app, service, "zx_reviewer")
    wishes: dict[str, Any] = {
        "digest_at": "17:00",
        "modes": [{"kind": "knowledge.review", "outlet": "log", "mode": "now"}],
    }
    assert call("PUT", "/inbox/preferences", **wishes)["digest_at"] == "17:00"
    assert call("GET", "/inbox/preferences")["modes"] == wishes["modes"]
    refused: dict[str, Any] = {"modes": [{"kind": "ticket", "outlet": "log", "mode": "off"}]}
    assert call("PUT", "/inbox/preferences", 422, **refused)["code"] == "bad_preference"
    names = [each["login"] for each in call("GET", "/absences/stand-ins")["items"]]
    assert "zx_second" in names and "agent" not in names
    days = {"starts_at": "2026-11-23T09:00:00+08:00", "ends_at": "2026-11-27T18:00:00+08:00"}
    made = call("POST", "/absences", 201, stand_in="zx_second", **days)
    assert call("POST", "/absences", 409, **days)["code"] == "already_away"
    assert [each["id"] for each in call("GET", "/absences")["items"]] == [made["id"]]
    call("DELETE", f"/absences/{made['id']}")
    assert call("GET", "/absences")["items"] == []


def test_a_roster_is_imported_shown_and_handed_over(app: FastAPI, service: Service, officer: Caller) -> None:
    row = {"day": "2026-11-23", "duty": "script_review", "shift": "全天", "people": ["zx_reviewer"]}
    assert officer("POST", "/roster/import", rows=[row]) == {"added": 1, "cancelled": 0}
    week = officer("GET", "/roster/script_review?since=2026-11-23&days=2")
    assert (len(week["shifts"]), len(week["gaps"]), week["overlaps"]) == (1, 1, [])
    number = week["shifts"][0]["id"]
    taken = officer("POST", f"/roster/shifts/{number}/handover", login="zx_second")
    assert taken["continues_id"] == number
    officer("DELETE", f"/roster/shifts/{taken['id']}")
    assert officer("GET", "/roster/script_review?since=2026-11-23")["shifts"] == []
    assert (
        Caller(app, service, "agent")("GET", "/roster/nothing?since=2026-11-23", 422)["code"]
        == "unknown_duty"
    )


def test_staff_handing_over_and_closing(app: FastAPI, service: Service, officer: Caller) -> None:
    service.world.draft(faq())
    unit = Caller(app, service, "rsj_reviewer")
    change = {"unit": "U-RSJ", "post": "keeper", "login": "rsj_editor", "effective_on": "2026-11-20"}
    filed = unit("POST", "/staff/changes", 201, **change)
    office = Caller(app, service, "zx_manager")
    assert office("POST", f"/staff/changes/{filed['id']}/acknowledgement")["acknowledged_at"]
    assert (
        office("POST", f"/staff/changes/{filed['id']}/acknowledgement", 409)["code"] == "already_acknowledged"
    )
    assert [each["login"] for each in unit("GET", "/staff")["items"]] == ["rsj_editor"]
    assert "U-RSJ" not in {each["code"] for each in unit("GET", "/staff/vacancies")["items"]}
    refused = officer("PUT", "/accounts/rsj_editor/active", 409, active=False)
    assert {item["part"] for item in refused["open"]} == {"drafts", "posts"}
    moved = officer("POST", "/accounts/rsj_editor/handover", to="rsj_second", reason="离职", close=True)[
        "moved"
    ]
    assert (moved["drafts"], moved["posts"]) == (1, 1)
    assert unit("GET", "/accounts/rsj_editor/open-work")["items"] == []


def test_units_are_changed_and_asked_about_as_of_a_day(service: Service, officer: Caller) -> None:
    point = service.world.publish(faq())
    plan = {"kind": "merge", "units": ["U-RSJ"], "into": "U-GAJ"}
    assert officer("POST", "/unit-changes/preview", plan=plan)["gains"][0]["points"] == 1
    planned = officer(
        "POST", "/unit-changes", 201, plan=plan, reason="机构改革", effective_at="2027-01-01T00:00:00+08:00"
    )
    assert officer("DELETE", f"/unit-changes/{planned['id']}")["status"] == "cancelled"
    done = officer("POST", "/unit-changes", 201, plan=plan, reason="机构改革")
    assert (done["status"], done["moved"]["U-GAJ"]["points"]) == ("applied", 1)
    assert officer("POST", "/unit-changes", 409, plan=plan, reason="机构改革")["code"] == "unit_closed"
    assert [each["old_code"] for each in officer("GET", "/units/successors?unit=U-GAJ")["items"]] == ["U-RSJ"]
    assert len(officer("GET", "/unit-changes")["items"]) == 2
    assert point.code


def test_how_long_something_may_wait_is_set_by_kind(officer: Caller) -> None:
    assert officer("PUT", "/notices/patience/knowledge.review", hours=24)["hours"]["knowledge.review"] == 24
    assert officer("PUT", "/notices/patience/ticket", 404, hours=24)["code"] == "unknown_kind"
    assert officer("GET", "/deliveries?status=dead")["items"] == []
