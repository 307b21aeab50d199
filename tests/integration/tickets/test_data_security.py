"""What is known of people, from their call to its destruction: sealed, masked, registered, and given to nobody."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import inspect, select

from kb_service.app import job_named
from kb_service.core.audit import AuditRow
from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Forbidden
from kb_service.notices.webhooks.model import WebhookDelivery
from kb_service.tickets.bulk import exporting
from kb_service.tickets.bulk.schemas import ExportIn
from kb_service.tickets.model import TicketEvent
from kb_service.tickets.schemas import EventIn
from kb_service.tickets.service import acting, reading
from kb_service.tickets.service.erasing import ERASED
from kb_service.tickets.service.words import GONE
from tests.integration.app.test_edge import api_routes, url_of
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_webhooks import subscribe
from tests.support.ticket_life import WHOLE

Bearer = Callable[..., dict[str, str]]
# What the requester told of himself and of the matter.
CANARIES = ("甄金", "13987654321", "梧桐里九号", "夜里两点还在打桩")
PHONE, SECRET = "13987654321", "甄金住梧桐里九号，夜里听见打桩"
# Whatever hands out tickets or people: what it asks for, and what it leaves in the audit log.
GIVEN_OUT = {
    "/api/v1/tickets/exports": ("ticket.export", "ticket.exported"),
    "/api/v1/tickets/{code}/requester": ("requester.reveal", "requester.revealed"),
    "/api/v1/recalls/contacts/{contact_id}/requester": ("requester.reveal", "requester.revealed"),
    "/tickets/{code}/requester": ("requester.reveal", "requester.revealed"),
}
OURS = ("/api/v1/tickets", "/tickets", "/api/v1/recalls", "/api/v1/webhooks", "/webhooks")


def everything(desk: Desk) -> str:
    with desk.parts.database.read() as session:
        connection = session.connection()
        tables = inspect(connection).get_table_names()
        return "".join(str(connection.exec_driver_sql(f'SELECT * FROM "{each}"').all()) for each in tables)


def readable(desk: Desk) -> list[str]:
    kept = everything(desk)
    return [each for each in CANARIES if each in kept]


def finished(desk: Desk) -> str:
    code = desk.register()
    desk.act(code, "centre", "dispatch", to="U-GAJ")
    desk.act(code, "first", "sign")
    desk.act(code, "first", "reply", result="已责令停工。")
    desk.act(code, "first", "request_completion", **WHOLE)
    if desk.read(code).status == "completing":
        desk.act(code, "centre", "decide_completion", approved=True)
    return code


@pytest.mark.clause("TA-28")
def test_from_the_call_to_its_destruction_nobody_reads_who_asked_from_the_tables(
    in_city: Callable[[str], Desk],
) -> None:
    desk = in_city("taian-2025")
    subscribe(desk, "https://gd.example.cn/hook")
    code = finished(desk)
    centre = desk.service.world.as_("centre")
    with desk.parts.database.write() as session:
        exporting.listed(session, centre, ExportIn(codes=[code], purpose="月度例会材料"))
        assert reading.reveal(session, centre, desk.parts, code, "核实情况").phone == "13987654321"
        told = str([each.body for each in session.execute(select(WebhookDelivery)).scalars()])
    assert code in told
    assert "已责令停工" not in told, "what was said stays in the house"
    assert readable(desk) == []
    desk.act(code, "centre", "erase", reason="诉求人要求清除")
    assert readable(desk) == []
    assert desk.read(code).text == ERASED
    with desk.parts.database.write() as session:
        assert reading.reveal(session, centre, desk.parts, code, "再看一次").model_dump() == {
            "name": "", "phone": "", "address": "",
        }  # fmt: skip
        done = set(session.execute(select(AuditRow.action)).scalars())
    assert {"requester.added", "requester.revealed", "ticket.exported", "requester.erased"} <= done
    assert [each.type for each in desk.read(code).events][-1] == "erase", "what was destroyed leaves an event"


@pytest.mark.clause("TA-28")
def test_what_is_kept_can_be_read_by_no_other_key(tickets: Desk) -> None:
    """A copy of the tables without the key, or with a row put in another's place, tells nothing."""
    from kb_service.core.crypto import KEY_BYTES, FieldCipher
    from kb_service.core.errors import Unavailable
    from kb_service.tickets.model import Ticket

    one, two = tickets.register(), tickets.register(text="另一件事的经过。")
    with tickets.parts.database.write() as session:
        rows = {each.code: each for each in session.execute(select(Ticket)).scalars()}
        with pytest.raises(Unavailable):
            FieldCipher(b"x" * KEY_BYTES).decrypt(rows[one].text, f"ticket:{one}/text")
        with pytest.raises(Unavailable):
            tickets.parts.cipher.decrypt(rows[one].text, f"ticket:{two}/text")


def test_what_is_still_worked_on_is_not_destroyed(tickets: Desk) -> None:
    code = tickets.register()
    tickets.act(code, "centre", "dispatch", to="U-GAJ")
    with pytest.raises(Conflict):
        tickets.act(code, "centre", "erase", reason="诉求人要求清除")
    done = finished(tickets)
    with pytest.raises(Forbidden):
        tickets.act(done, "first", "erase", reason="不想留着")
    tickets.act(done, "centre", "erase", reason="诉求人要求清除")
    with pytest.raises(Conflict):
        tickets.act(done, "centre", "erase", reason="再来一次")


def test_what_was_kept_long_enough_is_destroyed_by_itself(tickets: Desk, clock: FixedClock) -> None:
    code = finished(tickets)
    fresh = tickets.register()
    clock.advance(timedelta(days=400))
    assert job_named("tickets.erase").run(tickets.parts) == 0, "without a period nothing is destroyed"
    tickets.parts.settings.requester_retention_days = 365
    assert job_named("tickets.erase").run(tickets.parts) == 1
    assert job_named("tickets.erase").run(tickets.parts) == 0
    assert tickets.read(code).text == ERASED
    assert tickets.read(fresh).text == "工地夜里两点还在打桩。"


@pytest.mark.clause("MZ-22")
def test_no_route_gives_tickets_or_people_out_without_permission_and_a_trace(
    app: FastAPI, client: TestClient, bearer: Bearer, in_city: Callable[[str], Desk]
) -> None:
    desk = in_city("meizhou-2014")
    code = desk.register()
    routes = [each for each in api_routes(app) if each[1].startswith(OURS)]
    assert len(routes) > 40
    public = [path for _, path, access in routes if access.permission is None]
    assert public == []
    handing = {path for _, path, _ in routes if path.endswith(("/exports", "/requester"))}
    assert handing == set(GIVEN_OUT), "a new way out must say what it asks for and leave a trace"
    for _, path, access in routes:
        if path in GIVEN_OUT:
            assert access.permission == GIVEN_OUT[path][0]
            assert (
                client.post(url_of(path), headers=bearer("agent"), follow_redirects=False).status_code == 403
            )
    for path, body, word in (
        ("/api/v1/tickets/exports", {"codes": [code], "purpose": "月度例会材料"}, "purpose"),
        (f"/api/v1/tickets/{code}/requester", {"reason": "核实情况"}, "reason"),
    ):
        empty = client.post(path, json=body | {word: ""}, headers=bearer("supervisor"))
        assert empty.status_code == 422, "never without saying what for"
        assert client.post(path, json=body, headers=bearer("supervisor")).status_code == 200
        trace = GIVEN_OUT[path.replace(code, "{code}")][1]
        with desk.parts.database.read() as session:
            kept = session.execute(select(AuditRow.reason).where(AuditRow.action == trace)).scalars().all()
        assert kept == [body[word]]


def test_a_ticket_s_own_page_shows_nobody(tickets: Desk, client: TestClient, bearer: Bearer) -> None:
    code = tickets.register()
    told = client.get(f"/api/v1/tickets/{code}", headers=bearer("supervisor")).text
    listed = client.get("/api/v1/tickets", headers=bearer("supervisor")).text
    assert [each for each in CANARIES[:3] if each in told + listed] == []


# In every field that people write freely, and where those words are repeated.
WRITTEN: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("first", "contact", {"reached": True, "details": SECRET, "intent": SECRET}),
    ("first", "note", {"text": SECRET}),
    ("first", "sub_task", {"id": "T1", "to": "U-GAJ", "title": f"回访{PHONE}", "due_day": "2026-11-23"}),
    ("first", "sub_task_done", {"id": "T1", "text": SECRET}),
    ("centre", "supplement", {"text": SECRET}),
    ("centre", "urge", {"text": f"请速回{PHONE}"}),
    ("first", "reply", {"result": SECRET}),
    ("first", "request_completion", WHOLE | {"course": SECRET, "requester_contact": SECRET}),
)


def written(desk: Desk) -> str:
    code = desk.register(title="甄金女士反映梧桐里9栋302室夜间噪声")
    desk.act(code, "centre", "dispatch", to="U-GAJ")
    desk.act(code, "first", "sign")
    for by, step, data in WRITTEN:
        with desk.parts.database.write() as session:
            said = EventIn(type=step, data=data, remark=SECRET)
            acting.act(session, desk.service.world.as_(by), desk.parts, code, said)
    return code


@pytest.mark.clause("TA-28")
def test_what_people_wrote_in_the_steps_is_sealed_and_goes_with_the_requester(
    in_city: Callable[[str], Desk],
) -> None:
    desk = in_city("taian-2025")
    code = written(desk)
    kept = everything(desk)
    assert SECRET not in kept
    assert [each for each in (PHONE, "甄金", "302室") if each in kept] == [], (
        "lists and notices have it starred"
    )
    before = desk.read(code)
    assert str(before.events).count(SECRET) == 2 * len(WRITTEN), "whoever handles it reads it all"
    desk.act(code, "centre", "erase", reason="诉求人要求清除")
    after = desk.read(code)
    assert SECRET not in str(after)
    assert PHONE not in str(after)
    told = {each.type: each.data for each in after.events}
    assert told["contact"] == {"reached": True, "details": GONE, "intent": GONE}
    assert told["erase"]["reason"] == "诉求人要求清除"
    assert [each.type for each in after.events] == [*(each.type for each in before.events), "erase"]
    assert [(each.name, each.due, each.status) for each in after.clocks] == [
        (each.name, each.due, each.status) for each in before.clocks
    ]
    assert "ticket:" not in str(next(each.data for each in after.events if each.type == "register"))


def test_words_from_before_they_were_sealed_are_read_and_destroyed_alike(tickets: Desk) -> None:
    code = finished(tickets)
    with tickets.parts.database.write() as session:
        rows = select(TicketEvent).where(TicketEvent.type == "reply")
        old = session.execute(rows).scalar_one()
        old.data, old.words = {"result": SECRET}, "原来的备注"
    told = next(each for each in tickets.read(code).events if each.type == "reply")
    assert (told.data, told.remark) == ({"result": SECRET}, "原来的备注")
    tickets.act(code, "centre", "erase", reason="诉求人要求清除")
    assert SECRET not in everything(tickets)
    told = next(each for each in tickets.read(code).events if each.type == "reply")
    assert (told.data, told.remark) == ({"result": GONE}, "")


def test_an_answer_kept_for_a_repeated_request_is_sealed(
    tickets: Desk, client: TestClient, bearer: Bearer
) -> None:
    code = tickets.register()
    headers = bearer("supervisor") | {"Idempotency-Key": "note-1"}
    sent = {"type": "supplement", "data": {"text": SECRET}}
    first, again = (
        client.post(f"/api/v1/tickets/{code}/events", json=sent, headers=headers) for _ in range(2)
    )
    assert SECRET in first.text
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert SECRET not in everything(tickets)
