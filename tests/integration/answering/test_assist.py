"""The assist socket: a call as it is heard, what comes back, and what never leaves the process."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import inspect, text
from starlette.testclient import WebSocketDenialResponse, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from kb_service.answering.assist.api import LONGEST_MESSAGE, PER_SECOND
from kb_service.core.clock import FixedClock
from tests.support.knowledge import faq
from tests.support.service import Service

Bearer = Callable[..., dict[str, str]]
ADDRESS = "/api/v1/assist"
PHONE = "13812345678"


@contextmanager
def calling(client: TestClient, headers: dict[str, str], **start: Any) -> Iterator[WebSocketTestSession]:
    with client.websocket_connect(ADDRESS, headers=headers) as socket:
        socket.send_json({"type": "start"} | start)
        yield socket


def say(socket: WebSocketTestSession, seq: int, words: str, who: str = "caller") -> None:
    socket.send_json({"type": "say", "seq": seq, "who": who, "text": words})


def heard(socket: WebSocketTestSession, seq: int) -> dict[str, Any]:
    """What is told once everything up to utterance `seq` was taken in."""
    while True:
        message: dict[str, Any] = socket.receive_json()
        assert message["type"] in {"heard", "emergency"}, message
        if message["type"] == "heard" and message["seq"] >= seq:
            return message


def test_a_call_gives_its_question_hits_fields_and_what_is_missing(
    service: Service, client: TestClient, bearer: Bearer
) -> None:
    code = service.world.publish(faq("怎样办理退休", "本人带身份证到市民之家三楼办理。")).code
    service.index()
    with calling(client, bearer("agent")) as socket:
        assert socket.receive_json()["type"] == "ready"
        say(socket, 1, "喂，您好")
        assert heard(socket, 1)["hits"] == []
        say(socket, 2, "我想问一下怎样办理退休")
        told = heard(socket, 2)
        assert told["question"] == "我想问一下怎样办理退休"
        assert [hit["code"] for hit in told["hits"]] == [code]
        assert told["hits"][0]["unit_name"] == "市人力资源和社会保障局"
        assert told["fields"]["class"] == "consultation"
        assert told["missing"] == []


def test_a_complaint_fills_the_ticket_and_says_what_is_missing(client: TestClient, bearer: Bearer) -> None:
    with calling(client, bearer("agent")) as socket:
        socket.receive_json()
        say(socket, 1, "我要投诉，公司拖欠工资不发")
        told = heard(socket, 1)
        assert told["fields"]["class"] == "complaint"
        assert "place" in {each["name"] for each in told["missing"]}
        assert all(each["prompt"] for each in told["missing"])
        say(socket, 2, "就在东湖区湖滨街道，上周三的事，我姓张")
        fields = heard(socket, 2)["fields"]
        assert fields["region"]["code"] in {"990101", "990101001"}
        assert fields["places"] == ["东湖区湖滨街道"]
        assert fields["times"] == [{"text": "上周三", "day": "2026-11-11"}]
        assert fields["name"] == "张*"


def test_danger_is_told_at_once(client: TestClient, bearer: Bearer) -> None:
    with calling(client, bearer("agent")) as socket:
        socket.receive_json()
        say(socket, 1, "快来人，我家着火了")
        first = socket.receive_json()
        assert (first["type"], first["emergency"]["number"]) == ("emergency", "119")


def test_an_agent_who_repeats_the_word_raises_no_alarm(client: TestClient, bearer: Bearer) -> None:
    with calling(client, bearer("agent")) as socket:
        socket.receive_json()
        say(socket, 1, "您是说着火了吗", who="agent")
        assert heard(socket, 1)["emergency"] is None


def test_personal_data_is_starred_and_is_neither_stored_nor_logged(
    service: Service, client: TestClient, bearer: Bearer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with calling(client, bearer("agent")) as socket:
        socket.receive_json()
        say(socket, 1, f"我要投诉拖欠工资，电话{PHONE}")
        told = heard(socket, 1)
    assert PHONE not in json.dumps(told)
    assert told["fields"]["phone"] == "138****5678"
    assert told["fields"]["personal"] == [
        {"kind": "phone", "seq": 1, "start": 11, "end": 22, "masked": "138****5678"}
    ]
    assert PHONE not in caplog.text
    with service.parts.database.read() as session:
        for table in inspect(session.connection()).get_table_names():
            assert PHONE not in str(session.execute(text(f'SELECT * FROM "{table}"')).all())


def test_a_call_goes_on_after_a_dropped_line_and_only_for_its_owner(
    client: TestClient, bearer: Bearer, clock: FixedClock
) -> None:
    owner = bearer("agent")
    with calling(client, owner) as socket:
        call = socket.receive_json()["call"]
        say(socket, 1, "我要投诉拖欠工资")
        heard(socket, 1)
    with calling(client, owner, call=call) as socket:
        ready = socket.receive_json()
        assert (ready["call"], ready["seq"], ready["resumed"]) == (call, 1, True)
        assert heard(socket, 1)["fields"]["class"] == "complaint"
    with calling(client, bearer("agent"), call=call) as socket:
        assert socket.receive_json()["resumed"] is False
    from datetime import timedelta

    clock.advance(timedelta(minutes=16))
    with calling(client, owner, call=call) as socket:
        assert socket.receive_json()["resumed"] is False


def test_a_corrected_utterance_takes_the_place_of_the_first(client: TestClient, bearer: Bearer) -> None:
    with calling(client, bearer("agent")) as socket:
        socket.receive_json()
        say(socket, 1, "我想办推修")
        heard(socket, 1)
        say(socket, 1, "我想办退休")
        assert heard(socket, 1)["fields"]["text"] == "我想办退休"


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"Authorization": "Bearer nonsense"}, 401)])
def test_who_is_not_known_gets_no_socket(client: TestClient, headers: dict[str, str], status: int) -> None:
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect(ADDRESS, headers=headers),
    ):
        pass
    assert refused.value.status_code == status


def test_who_may_not_decide_gets_no_socket(client: TestClient, bearer: Bearer) -> None:
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect(ADDRESS, headers=bearer("security_officer")),
    ):
        pass
    assert refused.value.status_code == 403


def test_a_revoked_token_ends_the_call(service: Service, client: TestClient, bearer: Bearer) -> None:
    from sqlalchemy import update

    from kb_service.identity.model import ApiToken

    with calling(client, bearer("agent")) as socket:
        socket.receive_json()
        with service.parts.database.write() as session:
            session.execute(update(ApiToken).values(revoked_at=service.parts.clock.now()))
        say(socket, 1, "我想办退休")
        assert socket.receive_json()["code"] == "bad_token"
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_json()
    assert ended.value.code == 4401


@pytest.mark.parametrize(
    "sent",
    [
        "not json",
        "[]",
        '{"type":"say","seq":0,"text":"x"}',
        '{"type":"shout"}',
        '{"type":"say","seq":1,"text":"x","more":1}',
        json.dumps({"type": "say", "seq": 1, "text": "x" * 2001}),
    ],
)
def test_a_wrong_message_is_told_and_changes_nothing(client: TestClient, bearer: Bearer, sent: str) -> None:
    with calling(client, bearer("agent")) as socket:
        socket.receive_json()
        socket.send_text(sent)
        problem = socket.receive_json()
        assert (problem["type"], problem["code"]) == ("problem", "invalid")
        say(socket, 1, "我想办退休")
        assert heard(socket, 1)["fields"]["text"] == "我想办退休"


def test_nothing_is_heard_before_the_start(client: TestClient, bearer: Bearer) -> None:
    with client.websocket_connect(ADDRESS, headers=bearer("agent")) as socket:
        say(socket, 1, "我想办退休")
        assert socket.receive_json()["code"] == "not_started"


def test_too_big_a_message_and_too_many_end_the_socket(client: TestClient, bearer: Bearer) -> None:
    with calling(client, bearer("agent")) as socket:
        socket.receive_json()
        socket.send_text("x" * (LONGEST_MESSAGE + 1))
        assert socket.receive_json()["code"] == "too_large"
        with pytest.raises(WebSocketDisconnect):
            socket.receive_json()
    with client.websocket_connect(ADDRESS, headers=bearer("agent")) as socket:
        for _ in range(PER_SECOND + 1):
            socket.send_text("{}")
        codes = {socket.receive_json()["code"] for _ in range(PER_SECOND + 1)}
    assert codes == {"invalid", "too_fast"}


def test_a_page_of_another_site_cannot_listen_in(service: Service, client: TestClient) -> None:
    """A browser sends its cookie to whoever's page opens a socket; the page's own site is what counts."""
    from kb_service.core.context import SYSTEM, Context
    from kb_service.identity.service import logins

    with service.parts.database.write() as session:
        from sqlalchemy import update

        from kb_service.identity.model import Account

        hashed = logins.hash_password("a-long-password-1")
        session.execute(update(Account).where(Account.login == "agent").values(password_hash=hashed))
    ctx = Context(SYSTEM, service.parts.clock.now())
    opened = logins.log_in(service.parts.database, service.parts.settings, ctx, "agent", "a-long-password-1")
    cookie = {"Cookie": f"kb_session={opened.cookie}"}
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect(ADDRESS, headers=cookie | {"Origin": "https://elsewhere.example"}),
    ):
        pass
    assert refused.value.status_code == 403
    with calling(client, cookie | {"Origin": "http://testserver"}) as socket:
        assert socket.receive_json()["type"] == "ready"
