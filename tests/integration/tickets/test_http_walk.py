"""Every type of event over HTTP: one accepted, and refused ones with code and clause that change nothing."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from kb_service.core.clock import FixedClock
from kb_service.regulations.profiles import get_profile
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life import KINDS
from kb_service.tickets.rules.life import scenario as scenarios
from kb_service.tickets.service import histories, words
from kb_service.tickets.service.simulating import simulate
from tests.integration.tickets.conftest import Desk
from tests.support.knowledge import faq
from tests.support.paths import BY_ANOTHER_DOOR, TAIAN, WAYS, WHO, Way

Bearer = Callable[..., dict[str, str]]
Sent = tuple[int, dict[str, Any]]
REGISTER = {
    "class": "complaint", "region": "990101", "title": "夜间施工噪声", "text": "工地夜里两点还在打桩。",
    "requester": {"name": "甄金", "phone": "13987654321", "address": "梧桐里九号"},
    "essentials": ["time", "place", "parties"],
}  # fmt: skip


class Walk:
    """A ticket of one city, led over HTTP."""

    def __init__(self, desk: Desk, client: TestClient, bearer: Bearer, clock: FixedClock) -> None:
        self.desk, self.client, self.bearer, self.clock = desk, client, bearer, clock
        self.tokens: dict[str, dict[str, str]] = {}
        self.names: dict[str, str] = {}
        self.code = ""

    def begin(self, way: Way) -> None:
        if "POINT" in json.dumps(way.steps):
            self.names["POINT"] = self.point()
        if "EARLIER" in json.dumps(way.steps):
            self.names["EARLIER"] = self.register({})
        self.code = self.register(dict(way.request))

    def point(self) -> str:
        return self.desk.service.world.publish(faq("夜间施工噪声怎么办", "由公安机关处理。")).code

    def headers(self, who: str) -> dict[str, str]:
        if who not in self.tokens:
            self.tokens[who] = self.bearer(*WHO[who])
        return self.tokens[who]

    def register(self, request: dict[str, Any]) -> str:
        self.clock.advance(timedelta(minutes=5))
        who = "secret" if request.get("confidential") else "centre"
        sent = self.client.post("/api/v1/tickets", json=REGISTER | request, headers=self.headers(who))
        assert sent.status_code == 201, sent.json()
        code: str = sent.json()["code"]
        return code

    def send(self, who: str, step: str, data: dict[str, Any], **more: Any) -> Sent:
        text = json.dumps(data)
        for word, name in self.names.items():
            text = text.replace(f'"{word}"', json.dumps(name))
        sent = {"type": step, "data": json.loads(text), **more}
        answer = self.client.post(f"/api/v1/tickets/{self.code}/events", json=sent, headers=self.headers(who))
        return answer.status_code, answer.json()

    def lead(self, way: Way) -> None:
        """All steps but the last."""
        for who, step, data in way.steps[:-1]:
            self.clock.advance(timedelta(minutes=5))
            status, answer = self.send(who, step, data)
            assert status == 201, (step, answer)
        self.clock.advance(timedelta(minutes=5))

    def stands(self) -> tuple[int, str, Any]:
        with self.desk.parts.database.read() as session:
            ticket = session.execute(select(Ticket).where(Ticket.code == self.code)).scalar_one()
            return ticket.last_seq, ticket.status, ticket.due_at


@pytest.fixture
def walk(
    in_city: Callable[[str], Desk], client: TestClient, bearer: Bearer, clock: FixedClock
) -> Callable[[Way], Walk]:
    def begun(way: Way) -> Walk:
        found = Walk(in_city(way.city), client, bearer, clock)
        found.begin(way)
        found.lead(way)
        return found

    return begun


def test_there_is_a_way_to_every_type_of_event() -> None:
    assert set(WAYS) | set(BY_ANOTHER_DOOR) == set(KINDS)
    assert {name: way.steps[-1][1] for name, way in WAYS.items()} == {name: name for name in WAYS}


@pytest.mark.parametrize("name", sorted(WAYS))
def test_each_type_of_event_is_accepted_over_http_and_its_refusals_change_nothing(
    walk: Callable[[Way], Walk], name: str
) -> None:
    """What is live afterwards is what a simulation of the kept events comes to."""
    way = WAYS[name]
    found = walk(way)
    who, step, data = way.steps[-1]
    before = found.stands()
    _refused(found, way)
    assert found.stands() == before
    status, answer = found.send(who, step, data, id=f"platform-{name}")
    assert status == 201, answer
    assert step in {each["type"] for each in answer["events"]}
    taken = found.stands()
    status, answer = found.send(who, step, data, id=f"platform-{name}")
    assert status in {403, 409, 422}, answer
    assert answer["code"]
    assert found.stands() == taken
    _live_is_replay(found, way)


def _refused(found: Walk, way: Way) -> None:
    """By who may not, for a unit there is not, at a time of the sender's own, behind another's step."""
    who, step, data = way.steps[-1]
    status, answer = found.send(way.other, step, data)
    assert status in {403, 404}, (step, answer)
    assert status == 404 or (
        answer["code"] in {"wrong_role", "other_unit", "confidential"} and answer["clause"]
    )
    unit = next((key for key in ("to", "unit") if isinstance(data.get(key), str)), None)
    if unit is not None and step not in {"sub_task", "line_answer"}:
        status, answer = found.send(who, step, {**data, unit: "U-NOBODY"})
        assert (status, answer["code"], bool(answer["clause"])) == (422, "unknown_unit", True), answer
    status, answer = found.send(who, step, data, at="2030-01-01T00:00:00+08:00")
    assert (status, answer["code"]) == (422, "invalid"), answer
    status, answer = found.send(who, step, data, seq=0)
    assert (status, answer["code"]) == (409, "ticket_changed"), answer
    status, answer = found.send(who, step, {**data, "nothing_of_the_kind": 1})
    assert (status, answer["code"]) == (422, "bad_details"), answer


def _live_is_replay(found: Walk, way: Way) -> None:
    """The kept events, as a scenario for `kb simulate`, come to the state, clocks and effects that are shown."""
    with found.desk.parts.database.read() as session:
        ticket = session.execute(select(Ticket).where(Ticket.code == found.code)).scalar_one()
        rows = histories.rows_of(session, ticket)
        profile = histories.rules_of(session, ticket).profile
        exported = {
            "deployment": {"continued_until": "2030-12-31"},
            "events": [
                {
                    "at": row.at.isoformat(),
                    "type": row.type,
                    "by": row.by,
                    "data": words.opened(found.desk.parts, ticket, row)[0],
                    "id": row.event_id,
                }
                for row in rows
            ],
            "now": max(found.clock.now(), rows[-1].at).isoformat(),
        }
        projected = (ticket.status, ticket.leading or "", ticket.due_at)
    simulated = scenarios.simulated(scenarios.read_scenario(exported), profile)
    who = way.steps[-1][0]
    shown = found.client.get(f"/api/v1/tickets/{found.code}", headers=found.headers(who)).json()
    assert simulated["refused"] == []
    due = simulated["leading"] and next(
        each["due"]
        for each in simulated["clocks"]
        if each["name"] == simulated["leading"] and each["status"] in {"running", "overdue"}
    )
    assert projected[:2] == (simulated["state"], simulated["leading"] or "")
    assert projected[2] == (datetime.fromisoformat(due) if due else None)
    assert shown["status"] == simulated["state"]
    assert _told(shown["clocks"]) == _told(simulated["clocks"])
    assert [each["effect"] for each in shown["effects"]] == [each["effect"] for each in simulated["effects"]]
    if way.city != TAIAN:
        assert simulate(exported, way.city) == simulated


def _told(clocks: list[dict[str, Any]]) -> list[tuple[str, datetime, str, str]]:
    return [
        (each["name"], datetime.fromisoformat(each["due"]), each["status"], each["clause"]) for each in clocks
    ]


@pytest.mark.parametrize("city", sorted({way.city for way in WAYS.values()}))
def test_hardly_anything_may_be_done_to_a_refused_ticket_and_each_refusal_names_its_clause(
    walk: Callable[[Way], Walk], city: str
) -> None:
    found = walk(Way(city, (("centre", "archive", {}),)))
    ground = next(iter(get_profile(city).acceptance.grounds))
    found.names |= {"POINT": found.point(), "EARLIER": found.register({})}
    assert found.send("centre", "not_accept", {"ground": ground, "told": True})[0] == 201
    for name, way in WAYS.items():
        who, step, data = way.steps[-1]
        if "refused" in KINDS[name].before:
            continue
        before = found.stands()
        status, answer = found.send(who, step, data)
        if who in {"first", "second"}:
            # It never was with a unit: they do not learn that it exists.
            assert (status, answer["code"]) == (404, "unknown_ticket")
        else:
            assert status in {409, 422}, answer
            assert answer["code"] in {"wrong_state", "not_in_profile", "bad_details"}, answer
            assert answer["code"] == "bad_details" or answer["clause"], answer
        assert found.stands() == before
