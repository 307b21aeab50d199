"""Webhooks to a real server: what is told, how it is signed, and what happens when it is not taken."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Forbidden, Invalid
from kb_service.notices.webhooks import rules, schemas
from kb_service.notices.webhooks.model import WebhookDelivery
from kb_service.notices.webhooks.service import sending, subscribing
from kb_service.tickets.service import sweeping
from tests.integration.tickets.conftest import Desk
from tests.support.receiver import Receiver, genuine, receiving

Bearer = Callable[..., dict[str, str]]
# What a person said, in every field of a ticket that takes words.
SAID = ("甄金", "13987654321", "梧桐里九号", "夜间施工噪声", "两点还在打桩", "已经登门道歉")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def secret(tickets: Desk, receiver: Receiver) -> str:
    """The secret of a subscription to everything about tickets."""
    tickets.parts.settings.webhook_private_hosts = "127.0.0.1"
    return subscribe(tickets, receiver.url)


def system(desk: Desk) -> Context:
    return Context(SYSTEM, desk.parts.clock.now())


def subscribe(desk: Desk, url: str, code: str = "province", **changes: Any) -> str:
    data = schemas.WebhookIn.model_validate({"code": code, "url": url, "events": ["ticket.*"]} | changes)
    with desk.parts.database.write() as session:
        ctx = system(desk)
        return subscribing.register(session, ctx, desk.parts.cipher, desk.parts.settings, data).secret


def waiting(desk: Desk, status: str = "waiting") -> list[WebhookDelivery]:
    rows = select(WebhookDelivery).where(WebhookDelivery.status == status).order_by(WebhookDelivery.id)
    with desk.parts.database.read() as session:
        return list(session.execute(rows).scalars())


def test_each_step_is_told_in_order_signed_and_without_personal_data(
    tickets: Desk, receiver: Receiver, secret: str
) -> None:
    code = tickets.register()
    tickets.act(code, "centre", "dispatch", to="U-GAJ")
    tickets.act(code, "first", "sign")
    tickets.act(code, "first", "reply", result="已经登门道歉，噪声停止。")
    while sending.send(tickets.parts):
        pass
    assert receiver.kinds() == ["ticket.register", "ticket.dispatch", "ticket.sign", "ticket.reply"]
    now = tickets.parts.clock.now().timestamp()
    assert [genuine(secret, each, now) for each in receiver.got] == [True] * 4
    assert [each.data["seq"] for each in receiver.got] == [1, 2, 3, 4]
    told = receiver.got[1].data
    assert (told["status"], told["unit"], told["details"]) == ("dispatched", "U-GAJ", {"to": "U-GAJ"})
    assert [each["clause"] for each in told["clocks"] if each["name"] == "handling"] == ["SG-17.2"]
    whole = b"".join(each.body for each in receiver.got).decode()
    assert [each for each in SAID if each in whole] == []


def test_a_changed_body_an_old_message_and_another_secret_are_not_genuine(
    tickets: Desk, receiver: Receiver, secret: str
) -> None:
    tickets.register()
    sending.send(tickets.parts)
    (got,) = receiver.got
    now = tickets.parts.clock.now().timestamp()
    assert genuine(secret, got, now)
    assert not genuine(secret, got, now + 301), "a recorded message must not be taken again later"
    assert not genuine(rules.secret_of(b"x" * 32), got, now)
    got.body = got.body.replace(b"complaint", b"appeal")
    assert not genuine(secret, got, now)


def test_what_is_refused_is_sent_again_later_and_overtaken_by_nothing_of_its_ticket(
    tickets: Desk, receiver: Receiver, secret: str, clock: FixedClock
) -> None:
    first = tickets.register()
    tickets.act(first, "centre", "dispatch", to="U-GAJ")
    receiver.answers = [500, 503]
    for _ in range(3):
        sending.send(tickets.parts)
    assert receiver.kinds() == ["ticket.register"], "the address rests after a failure"
    clock.advance(timedelta(minutes=1))
    sending.send(tickets.parts)
    assert receiver.kinds() == ["ticket.register"] * 2
    clock.advance(timedelta(minutes=5))
    while sending.send(tickets.parts):
        pass
    assert receiver.kinds() == ["ticket.register"] * 3 + ["ticket.dispatch"]
    ids = [each.headers["webhook-id"] for each in receiver.got]
    assert len(set(ids[:3])) == 1, "a message keeps its id however often it is tried"
    assert {each.status for each in waiting(tickets, "sent")} == {"sent"}


def test_the_pauses_grow_until_a_message_is_given_up_and_somebody_sends_it_again(
    tickets: Desk, receiver: Receiver, secret: str, clock: FixedClock
) -> None:
    tickets.register()
    receiver.answers = [500] * rules.MOST_ATTEMPTS
    pauses = []
    while found := waiting(tickets):
        before = clock.now()
        sending.send(tickets.parts)
        if found := waiting(tickets):
            pauses.append(found[0].next_at - before)
            clock.advance(pauses[-1] + timedelta(minutes=5))
    assert pauses == sorted(pauses)
    assert len(pauses) == rules.MOST_ATTEMPTS - 1
    (dead,) = waiting(tickets, "dead")
    assert (dead.attempts, dead.answer, dead.problem) == (rules.MOST_ATTEMPTS, 500, "对方返回 500")
    with tickets.parts.database.write() as session:
        sending.resend(session, system(tickets), dead.id)
    sending.send(tickets.parts)
    assert len(waiting(tickets, "sent")) == 1
    assert len({each.headers["webhook-id"] for each in receiver.got}) == 1


def test_an_address_that_never_answers_holds_up_nobody_else(
    tickets: Desk, receiver: Receiver, secret: str
) -> None:
    tickets.parts.settings.webhook_timeout_s = 0.2
    with receiving() as silent:
        silent.hang = threading.Event()
        subscribe(tickets, silent.url, "silent")
        tickets.register()
        assert sending.send(tickets.parts) == 1
    (stuck,) = waiting(tickets)
    assert (stuck.attempts, stuck.problem) == (1, "没有应答")


def test_a_server_that_is_gone_is_told_when_it_is_back(
    tickets: Desk, clock: FixedClock, receiver: Receiver
) -> None:
    tickets.parts.settings.webhook_private_hosts = "127.0.0.1"
    with receiving() as killed:
        subscribe(tickets, killed.url)
    code = tickets.register()
    assert sending.send(tickets.parts) == 0
    assert waiting(tickets)[0].problem == "连接失败"
    change(tickets, url=receiver.url)
    clock.advance(timedelta(minutes=1))
    sending.send(tickets.parts)
    assert [each.data["code"] for each in receiver.got] == [code]


def change(desk: Desk, code: str = "province", **changes: Any) -> None:
    with desk.parts.database.write() as session:
        ctx = system(desk)
        data = schemas.WebhookPatch.model_validate(changes)
        subscribing.change(session, ctx, desk.parts.settings, code, data)


def test_what_failed_with_the_address_goes_on_at_once_when_it_is_well_again(
    tickets: Desk, receiver: Receiver, secret: str, clock: FixedClock
) -> None:
    codes = [tickets.register() for _ in range(3)]
    receiver.answers = [500] * 3
    for _ in codes:
        sending.send(tickets.parts)
        clock.advance(timedelta(minutes=5))
    receiver.got.clear()
    while sending.send(tickets.parts):
        pass
    assert sorted(each.data["code"] for each in receiver.got) == codes


def test_a_redirect_is_not_followed(tickets: Desk, receiver: Receiver, secret: str) -> None:
    with receiving() as inside:
        receiver.answers, receiver.location = [302], inside.url
        tickets.register()
        sending.send(tickets.parts)
        assert inside.got == []
    assert waiting(tickets)[0].problem == "对方返回 302"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.cn/hook", "须用 https"),
        ("https://user:pass@example.cn/hook", "不能带用户名"),
        ("ftp://example.cn/hook", "须以 https://"),
        ("https://example.cn:99999/hook", "不是网址"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused_at_once(tickets: Desk, url: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        subscribe(tickets, url)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]"]
)
def test_nothing_inside_the_own_network_is_called_unless_the_setting_names_it(
    tickets: Desk, host: str
) -> None:
    subscribe(tickets, f"https://{host}/hook")
    tickets.register()
    assert sending.send(tickets.parts) == 0
    assert waiting(tickets)[0].problem == "指向内部网络，不予访问"


def test_a_message_is_written_with_its_event_or_not_at_all(tickets: Desk, secret: str) -> None:
    code = tickets.register()
    before = len(waiting(tickets))
    with pytest.raises(Exception, match="承办单位"):
        tickets.act(code, "centre", "dispatch", to="U-NOWHERE")
    assert len(waiting(tickets)) == before


def test_confidential_tickets_are_told_to_nobody(tickets: Desk, secret: str) -> None:
    tickets.register(confidential=True)
    assert waiting(tickets) == []


def test_what_time_does_to_a_ticket_is_told_too(tickets: Desk, secret: str, clock: FixedClock) -> None:
    code = tickets.register()
    tickets.act(code, "centre", "dispatch", to="U-GAJ")
    clock.advance(timedelta(days=60))
    with tickets.parts.database.write() as session:
        sweeping.sweep(session, system(tickets))
    assert "ticket.overdue" in [each.type for each in waiting(tickets)]


def test_secrets_are_kept_encrypted_and_two_sign_while_one_is_changed(
    tickets: Desk, receiver: Receiver, secret: str, clock: FixedClock
) -> None:
    with tickets.parts.database.write() as session:
        made = subscribing.renew_secret(session, system(tickets), tickets.parts.cipher, "province")
        kept = str(session.execute(text("SELECT * FROM notices_webhook")).all())
    assert secret not in kept
    assert made.secret not in kept
    tickets.register()
    sending.send(tickets.parts)
    now = clock.now().timestamp()
    assert [genuine(each, receiver.got[0], now) for each in (secret, made.secret)] == [True, True]
    clock.advance(timedelta(days=2))
    tickets.register()
    sending.send(tickets.parts)
    now = clock.now().timestamp()
    assert [genuine(each, receiver.got[-1], now) for each in (secret, made.secret)] == [False, True]


def test_an_ended_subscription_gets_nothing_more(tickets: Desk, receiver: Receiver, secret: str) -> None:
    tickets.register()
    change(tickets, active=False)
    tickets.register()
    assert sending.send(tickets.parts) == 0
    assert len(waiting(tickets, "dropped")) == 1


def test_the_api_tells_the_secret_once_and_shows_what_was_not_taken(
    tickets: Desk, client: TestClient, bearer: Bearer
) -> None:
    headers = bearer("system_officer")
    body = {
        "code": "city-call",
        "url": "https://call.example.cn/hook",
        "events": ["ticket.*", "correction.corrected"],
    }
    made = client.post("/api/v1/webhooks", json=body, headers=headers)
    assert (made.status_code, made.json()["secret"][:6]) == (201, "whsec_")
    listed = client.get("/api/v1/webhooks", headers=headers).json()["items"]
    assert [each["code"] for each in listed] == ["city-call"]
    assert "secret" not in listed[0]
    assert client.post("/api/v1/webhooks/city-call/test", headers=headers).status_code == 200
    found = client.get("/api/v1/webhooks/city-call/deliveries", headers=headers).json()["items"]
    assert [(each["type"], each["status"]) for each in found] == [("webhook.test", "waiting")]
    again = client.post(f"/api/v1/webhooks/deliveries/{found[0]['id']}/resend", headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "still_waiting")
    wrong = client.post(
        "/api/v1/webhooks", json=body | {"code": "b2", "events": ["ticket.nothing"]}, headers=headers
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_webhook")
    assert client.get("/api/v1/webhooks", headers=bearer("supervisor")).status_code == 403


def test_only_who_manages_them_may_subscribe(tickets: Desk) -> None:
    data = schemas.WebhookIn(code="mine", url="https://example.cn/hook", events=["ticket.*"])
    with tickets.parts.database.write() as session, pytest.raises(Forbidden):
        subscribing.register(
            session, tickets.service.world.as_("agent"), tickets.parts.cipher, tickets.parts.settings, data
        )
