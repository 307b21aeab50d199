"""Tickets of another platform: its numbers and limits kept, each by itself, and the outcome told back."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Invalid
from kb_service.notices.webhooks.model import WebhookDelivery
from kb_service.tickets.model import Ticket
from kb_service.tickets.platforms import schemas, service
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_webhooks import subscribe

Bearer = Callable[..., dict[str, str]]
URL = "/api/v1/tickets/imports"


def item(number: str = "GD2026-1", **changes: Any) -> dict[str, Any]:
    values = {
        "number": number,
        "class": "投诉",
        "region": "990101",
        "title": "夜间施工噪声",
        "text": "工地夜里两点还在打桩。",
        "requester": {"name": "甄金", "phone": "13987654321"},
        "unit": "市公安局",
        "special": {"within": {"working_days": 3}, "basis": "省平台交办时限"},
    }
    return values | changes


def sent(*items: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"platform": "gd-12345", "items": list(items)} | changes


def count(desk: Desk) -> int:
    with desk.parts.database.read() as session:
        return session.execute(select(func.count(Ticket.id))).scalar_one()


@pytest.mark.clause("SG-17.4")
def test_the_limit_a_platform_gives_replaces_the_city_s_own(
    tickets: Desk, client: TestClient, bearer: Bearer
) -> None:
    made = client.post(URL, json=sent(item()), headers=bearer("platform")).json()
    (told,) = made["items"]
    assert (made["registered"], told["outcome"]) == (1, "new")
    tickets.act(told["ticket"], "centre", "dispatch", to="U-GAJ")
    handling = next(each for each in tickets.read(told["ticket"]).clocks if each.name == "handling")
    assert (handling.due_day, handling.clause) == (date(2026, 11, 25), "SG-17.4")
    assert "省平台交办时限" in handling.label


def test_a_limit_given_as_a_day_is_that_day_whenever_the_unit_gets_it(
    tickets: Desk, client: TestClient, bearer: Bearer, clock: FixedClock
) -> None:
    limit = {"until": "2026-12-01", "basis": "国家平台办结时限"}
    made = client.post(URL, json=sent(item(special=limit)), headers=bearer("platform")).json()
    code = made["items"][0]["ticket"]
    clock.advance(timedelta(days=3))
    tickets.act(code, "centre", "dispatch", to="U-GAJ")
    assert [each.due_day for each in tickets.read(code).clocks if each.name == "handling"] == [
        date(2026, 12, 1)
    ]


def test_a_number_is_registered_once_however_often_it_is_sent(
    tickets: Desk, client: TestClient, bearer: Bearer
) -> None:
    headers = bearer("platform")
    first = client.post(URL, json=sent(item()), headers=headers).json()["items"][0]
    again = client.post(URL, json=sent(item(), item("GD2026-2")), headers=headers).json()
    assert [each["outcome"] for each in again["items"]] == ["known", "new"]
    assert again["items"][0]["ticket"] == first["ticket"]
    other = client.post(URL, json=sent(item(title="换了标题")), headers=headers).json()["items"][0]
    assert (other["outcome"], other["ticket"]) == ("differs", first["ticket"])
    assert tickets.read(first["ticket"]).title == "夜间施工噪声"
    elsewhere = client.post(URL, json=sent(item(), platform="gov-cn"), headers=headers).json()["items"][0]
    assert elsewhere["outcome"] == "new"
    assert count(tickets) == 3


def test_a_wrong_item_harms_no_other_and_each_is_told(
    tickets: Desk, client: TestClient, bearer: Bearer
) -> None:
    wrong = [
        item("A", region="不存在的区"),
        item("B", unit="U-NOWHERE"),
        item("C", **{"class": "表扬"}),
        item("E", title=""),
        item("D"),
        item("D"),
    ]
    tried = client.post(URL, json=sent(item("good"), *wrong, dry_run=True), headers=bearer("platform"))
    assert tried.status_code == 200
    assert [each["code"] for each in tried.json()["items"]] == [
        "", "unknown_region", "unknown_unit", "unknown_class", "invalid", "", "number_twice",
    ]  # fmt: skip
    assert count(tickets) == 0
    done = client.post(URL, json=sent(item("good"), *wrong), headers=bearer("platform"))
    assert (done.status_code, done.json()["registered"], done.json()["wrong"]) == (201, 2, 5)
    outcomes = [each["outcome"] for each in done.json()["items"]]
    assert outcomes == ["new", "wrong", "wrong", "wrong", "wrong", "new", "wrong"]
    assert "标题" not in done.json()["items"][4]["ticket"]
    assert "title" in done.json()["items"][4]["detail"]
    assert count(tickets) == 2
    none = client.post(URL, json=sent(*wrong[:3]), headers=bearer("platform"))
    assert (none.status_code, none.json()["code"]) == (422, "import_refused")
    assert [each["pointer"] for each in none.json()["errors"]] == ["/items/0", "/items/1", "/items/2"]


def test_what_was_cut_short_is_sent_again_and_nobody_waits_for_the_whole(
    tickets: Desk, client: TestClient, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure in the third part leaves the first two, and between the parts others may write."""
    monkeypatch.setattr(service, "AT_ONCE", 2)
    others: list[str] = []

    def breathe() -> None:
        others.append(tickets.register())
        if len(others) == 2:
            raise RuntimeError("the connection broke")

    monkeypatch.setattr(tickets.parts.database, "let_others_write", breathe)
    items = [item(f"GD2026-{each}") for each in range(6)]
    broken = client.post(URL, json=sent(*items), headers=bearer("platform"))
    assert broken.status_code == 500
    assert count(tickets) == 4 + len(others)
    again = client.post(URL, json=sent(*items), headers=bearer("platform")).json()
    assert [each["outcome"] for each in again["items"]] == ["known"] * 4 + ["new"] * 2


def test_a_dry_run_leaves_nothing_behind(tickets: Desk, client: TestClient, bearer: Bearer) -> None:
    tables = ("tickets_ticket", "tickets_event", "tickets_platform", "identity_requester", "notices_notice")
    told = client.post(URL, json=sent(item(), dry_run=True), headers=bearer("platform")).json()
    assert [(each["outcome"], each["ticket"]) for each in told["items"]] == [("new", "")]
    with tickets.parts.database.read() as session:
        left = [session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables]
    assert left == [0] * len(tables)


def test_a_limit_that_the_city_s_rules_do_not_know_is_refused_with_the_clause(
    in_city: Callable[[str], Desk],
) -> None:
    desk = in_city("xiangtan-2021")
    data = schemas.ImportIn.model_validate(sent(item()))
    with pytest.raises(Invalid) as refused:
        service.import_all(desk.service.world.as_("centre"), desk.parts, data)
    assert "不适用另行规定的期限" in refused.value.detail


def test_the_platform_hears_of_its_own_tickets_only(
    tickets: Desk, client: TestClient, bearer: Bearer
) -> None:
    subscribe(tickets, "https://gd.example.cn/hook", "gd", platform="gd-12345")
    tickets.register()
    code = client.post(URL, json=sent(item()), headers=bearer("platform")).json()["items"][0]["ticket"]
    tickets.act(code, "centre", "dispatch", to="U-GAJ")
    tickets.act(code, "first", "reply", result="已经停工。")
    with tickets.parts.database.read() as session:
        rows = select(WebhookDelivery).order_by(WebhookDelivery.id)
        told = [(each.type, each.body["data"]["platform"]) for each in session.execute(rows).scalars()]
    own = {"code": "gd-12345", "number": "GD2026-1"}
    assert told == [("ticket.register", own), ("ticket.dispatch", own), ("ticket.reply", own)]


def test_a_platform_may_hand_in_and_nothing_else(tickets: Desk, client: TestClient, bearer: Bearer) -> None:
    headers = bearer("platform")
    client.post(URL, json=sent(item()), headers=headers)
    assert client.get("/api/v1/tickets", headers=headers).status_code == 403
    assert client.post(URL, json=sent(item("X")), headers=bearer("agent")).status_code == 403


def test_a_checked_file_is_kept_encrypted_and_registered_once(tickets: Desk) -> None:
    centre = tickets.service.world.as_("centre")
    rows = [(2, schemas.PlatformTicketIn.model_validate(item()))]
    batch = service.keep(centre, tickets.parts, "gd-12345", "工单.xlsx", rows)
    with tickets.parts.database.read() as session:
        kept = str(session.execute(text("SELECT * FROM tickets_platform_batch")).all())
        assert "13987654321" not in kept
    assert service.confirm(centre, tickets.parts, batch).registered == 1
    with pytest.raises(Conflict):
        service.confirm(centre, tickets.parts, batch)
    assert count(tickets) == 1
