"""One action on many tickets: each judged by itself, and told so; and two who act at once over HTTP."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from sqlalchemy import select

from kb_service.core.audit import AuditRow
from kb_service.core.errors import Forbidden, Invalid
from kb_service.notices.service import unread_count
from kb_service.tickets.bulk import exporting, schemas, service
from tests.integration.tickets.conftest import Desk
from tests.support.threads import together

Bearer = Callable[..., dict[str, str]]
URL = "/api/v1/tickets/bulk"


def bulk(desk: Desk, by: str, action: str, *codes: str, **data: Any) -> schemas.BulkOut:
    said = schemas.BulkIn.model_validate({"codes": list(codes), "action": action, "data": data})
    with desk.parts.database.write() as session:
        return service.act_on_all(session, desk.service.world.as_(by), desk.parts, said)


def test_what_one_ticket_refuses_holds_up_no_other(tickets: Desk) -> None:
    codes = [tickets.register() for _ in range(3)]
    tickets.act(codes[1], "centre", "dispatch", to="U-RSJ")
    found = bulk(tickets, "centre", "dispatch", *codes, "20990101-00001", to="U-GAJ")
    assert (found.done, found.refused) == (2, 2)
    assert [(each.ticket, each.done, each.code) for each in found.items] == [
        (codes[0], True, ""),
        (codes[1], False, "wrong_state"),
        (codes[2], True, ""),
        ("20990101-00001", False, "unknown_ticket"),
    ]
    assert found.items[1].clause
    assert [tickets.read(code).unit for code in codes] == ["U-GAJ", "U-RSJ", "U-GAJ"]


def test_dispatched_without_a_unit_each_goes_to_the_one_suggested_for_it(tickets: Desk) -> None:
    codes = [tickets.register(unit="U-GAJ"), tickets.register(unit="U-RSJ"), tickets.register()]
    found = bulk(tickets, "centre", "dispatch", *codes)
    assert [each.code for each in found.items] == ["", "", "no_suggested_unit"]
    assert [tickets.read(code).unit for code in codes[:2]] == ["U-GAJ", "U-RSJ"]


def test_a_unit_signs_its_own_and_learns_nothing_of_others(tickets: Desk) -> None:
    mine, other = tickets.register(), tickets.register()
    tickets.act(mine, "centre", "dispatch", to="U-GAJ")
    tickets.act(other, "centre", "dispatch", to="U-RSJ")
    found = bulk(tickets, "first", "sign", mine, other)
    assert [(each.done, each.code, each.title) for each in found.items] == [
        (True, "", "夜间施工噪声"),
        (False, "unknown_ticket", ""),
    ]


def test_urging_is_kept_in_each_history_and_reminding_only_told(tickets: Desk) -> None:
    codes = [tickets.register() for _ in range(2)]
    bulk(tickets, "centre", "dispatch", *codes, to="U-GAJ")
    assert bulk(tickets, "centre", "urge", *codes, text="请尽快办理。").done == 2
    assert bulk(tickets, "centre", "remind", *codes).done == 2
    assert [each.type for each in tickets.read(codes[0]).events][-1] == "urge"
    with tickets.parts.database.read() as session:
        assert unread_count(session, tickets.service.world.as_("first")) >= 4
    assert [each.code for each in bulk(tickets, "first", "remind", codes[0]).items] == ["wrong_role"]
    assert [each.code for each in bulk(tickets, "centre", "remind", tickets.register()).items] == [
        "not_with_unit"
    ]


def test_the_same_request_is_carried_out_once_and_is_bounded(
    tickets: Desk, client: TestClient, bearer: Bearer
) -> None:
    code = tickets.register()
    tickets.act(code, "centre", "dispatch", to="U-GAJ")
    headers = bearer("supervisor") | {"Idempotency-Key": "urge-1"}
    body = {"codes": [code], "action": "urge", "data": {"text": "请尽快办理。"}}
    answers = [client.post(URL, json=body, headers=headers).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert [each.type for each in tickets.read(code).events].count("urge") == 1
    many = client.post(URL, json=body | {"codes": [code] * 201}, headers=bearer("supervisor"))
    assert many.status_code == 422


def test_of_two_who_act_at_once_over_http_one_is_told_409(
    tickets: Desk, app: FastAPI, bearer: Bearer
) -> None:
    """Both saw the same state: whoever comes second changes nothing."""
    code = tickets.register()
    headers, units = bearer("supervisor"), iter(["U-GAJ", "U-RSJ"] * 2)
    with TestClient(app, base_url="http://localhost") as browser:

        def dispatch() -> tuple[int, str]:
            body = {"type": "dispatch", "seq": 1, "data": {"to": next(units)}}
            answer = browser.post(f"/api/v1/tickets/{code}/events", json=body, headers=headers)
            return answer.status_code, answer.json().get("code", "")

        results = together(dispatch, 4)
    assert sorted(status for status, _ in results) == [201, 409, 409, 409]
    assert {told for status, told in results if status == 409} <= {"ticket_changed", "wrong_state"}
    assert [each.type for each in tickets.read(code).events] == ["register", "dispatch"]


@pytest.mark.clause("MZ-22")
def test_a_list_leaves_the_house_only_with_a_purpose_that_is_registered(
    in_city: Callable[[str], Desk],
) -> None:
    desk = in_city("meizhou-2014")
    code, secret = desk.register(), desk.register(confidential=True)
    with desk.parts.database.write() as session:
        centre = desk.service.world.as_("centre")
        with pytest.raises(Invalid) as refused:
            exporting.listed(session, centre, schemas.ExportIn(codes=[code]))
        assert (refused.value.code, refused.value.extra["clause"]) == ("purpose_required", "MZ-22")
        with pytest.raises(Forbidden):
            asked = schemas.ExportIn(codes=[code], purpose="月度例会材料")
            exporting.listed(session, desk.service.world.as_("first"), asked)
        asked = schemas.ExportIn(codes=[code, secret], purpose="月度例会材料")
        found = exporting.listed(session, centre, asked)
        kept = session.execute(select(AuditRow).where(AuditRow.action == "ticket.exported")).scalars().one()
    assert kept.after is not None
    assert (kept.after["tickets"], kept.reason) == ([code], "月度例会材料")
    text = str([[cell.value for cell in row] for row in load_workbook(io.BytesIO(found.content))["工单"]])
    assert "月度例会材料" in text
    assert code in text
    assert secret not in text


@pytest.mark.clause("TA-28")
def test_a_confidential_ticket_is_in_no_list_even_of_who_may_see_it(tickets: Desk) -> None:
    from dataclasses import replace

    code, open_one = tickets.register(confidential=True), tickets.register()
    centre = tickets.service.world.as_("centre")
    actor = replace(centre.actor, permissions=centre.actor.permissions | {"ticket.confidential"})
    asked = schemas.ExportIn(codes=[code, open_one], purpose="月度例会材料")
    with tickets.parts.database.write() as session:
        assert exporting.listed(session, replace(centre, actor=actor), asked).count == 1
