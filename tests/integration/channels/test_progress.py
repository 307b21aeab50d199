"""A requester looks up a request by himself, and nobody else does."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from kb_service.channels.progress import rules
from kb_service.channels.progress.model import Lookup
from kb_service.channels.progress.rules import asked_about
from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.settings import get_settings
from kb_service.regulations import service as regulations
from kb_service.tickets.model import Ticket
from kb_service.tickets.schemas import TicketIn
from kb_service.tickets.service import registering
from tests.support.citizen import PERSON, Citizen, ticket_code
from tests.support.console import text_of
from tests.support.service import Service

URL = "/api/v1/progress"
TROUBLE = "东湖区养老保险参保怎么补缴，跑了三次都没人管"


@pytest.fixture
def registered(citizen: Citizen) -> str:
    return ticket_code(citizen.register(text=TROUBLE, phone=PERSON).text)


def ask(client: TestClient, code: str, proof: str) -> Any:
    return client.post(URL, json={"code": code, "proof": proof})


def code_on(page: str) -> str:
    return page.split('id="look-up-code">')[1].split("<", maxsplit=1)[0]


@pytest.mark.clause("SG-19")
@pytest.mark.parametrize("proof", [PERSON, "+86 138 1234 5678", "5678"])
def test_the_requester_sees_how_far_it_has_come_and_no_more(
    client: TestClient, registered: str, proof: str
) -> None:
    found = ask(client, registered, proof)
    assert found.status_code == 200
    assert set(found.json()) == {"code", "status_label", "unit_name", "registered_at", "due", "steps"}
    assert PERSON not in found.text
    assert "跑了三次" not in found.text


@pytest.mark.clause("SG-19")
def test_who_stayed_anonymous_has_the_code_told_at_registration(client: TestClient, citizen: Citizen) -> None:
    page = citizen.register(text=TROUBLE).text
    code, proof = ticket_code(page), code_on(page)
    assert len(proof) == 9
    assert ask(client, code, proof).status_code == 200
    assert ask(client, code, proof.lower().replace("-", "")).status_code == 200
    other = ticket_code(citizen.register(text="另一件事情，路灯不亮").text)
    assert ask(client, other, proof).status_code == 404


@pytest.mark.clause("SG-19")
def test_the_ending_of_a_number_cannot_be_guessed(
    client: TestClient, registered: str, clock: FixedClock, service: Service
) -> None:
    answers = [ask(client, registered, f"{number:04d}").status_code for number in range(5)]
    assert answers == [404] * 5
    held = ask(client, registered, "5678")
    assert (held.status_code, held.json()["code"]) == (429, "too_many_lookups")
    assert ask(client, registered, PERSON).status_code == 200, "the requester is not held up by others"
    clock.advance(timedelta(minutes=16))
    assert ask(client, registered, "5678").status_code == 200
    for _ in range(5):
        ask(client, registered, "0000")
    clock.advance(timedelta(minutes=16))
    assert ask(client, registered, "5678").status_code == 429, "ten guesses are enough for a day"
    with service.parts.database.read() as session:
        kept = str(session.execute(select(Lookup.code, Lookup.source)).all())
    assert registered not in kept


def test_many_numbers_cannot_be_tried_from_one_place(client: TestClient, registered: str) -> None:
    answers = {
        ask(client, f"20260101-{number:05d}", PERSON).status_code
        for number in range(rules.TRIES_FROM_ONE_PLACE)
    }
    assert answers == {404}
    assert ask(client, registered, PERSON).status_code == 429


def test_a_success_is_no_attempt(client: TestClient, registered: str, service: Service) -> None:
    for _ in range(20):
        assert ask(client, registered, "5678").status_code == 200
    with service.parts.database.read() as session:
        assert session.execute(select(func.count(Lookup.id))).scalar_one() == 0


def test_of_a_confidential_matter_not_even_the_unit_is_told(
    client: TestClient, registered: str, service: Service
) -> None:
    with service.parts.database.write() as session:
        ticket = session.execute(select(Ticket)).scalar_one()
        ticket.confidential, ticket.unit_id = True, 3
    assert ask(client, registered, PERSON).json()["unit_name"] == ""


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("20261120-00001 办得怎么样了", "20261120-00001"),
        ("我上次反映的噪声问题处理得怎么样了", ""),
        ("工单到哪一步了", ""),
        ("社保卡办理进度怎么查", None),
        ("退休手续怎么办理", None),
    ],
)
def test_who_asks_about_an_own_request_is_told_apart(said: str, number: str | None) -> None:
    assert asked_about(said) == number


@pytest.mark.clause("SG-19")
def test_in_the_chat_who_asks_for_it_is_led_to_the_look_up(citizen: Citizen, registered: str) -> None:
    shown = citizen.ask(f"{registered} 办得怎么样了")
    assert f'name="code" value="{registered}"' in shown
    assert "查诉求办理进度" in shown
    found = citizen.send("/chat/progress", code=registered, proof="5678")
    assert "待转派" in text_of(found)


def test_the_page_says_when_it_was_tried_too_often(citizen: Citizen, registered: str) -> None:
    for _ in range(rules.TRIES):
        citizen.send("/chat/progress", code=registered, proof="0000")
    refused = citizen.send("/chat/progress", code=registered, proof="5678")
    assert refused.status_code == 429
    assert "查询次数过多" in refused.text


@pytest.fixture
def shaoguan(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    monkeypatch.setenv("KB_PROFILE", "shaoguan-2022")
    get_settings.cache_clear()
    service.parts.settings.profile = "shaoguan-2022"
    ctx = Context(SYSTEM, service.parts.clock.now())
    with service.parts.database.write() as session:
        until = date(2030, 12, 31)
        regulations.record_continuation(session, ctx, "shaoguan-2022", until, "市政府通知", "市政府")

    def register() -> str:
        data = TicketIn.model_validate(
            {"class": "help", "region": "990101", "title": "路灯不亮", "text": "路灯坏了三天。",
             "requester": {"phone": PERSON}}
        )  # fmt: skip
        with service.parts.database.write() as session:
            return registering.register(session, service.world.as_("agent"), service.parts, data).code

    yield register
    get_settings.cache_clear()


@pytest.mark.clause("SG-19")
def test_shaoguan_offers_the_look_up(client: TestClient, shaoguan: Callable[[], str]) -> None:
    assert ask(client, shaoguan(), "5678").status_code == 200
