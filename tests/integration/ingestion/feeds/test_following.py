"""Ours reach the sub-centre: every change once, nothing too early, nothing that is not its to see."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from ingestion.feeds import service as feeds
from ingestion.feeds import streaming
from ingestion.feeds.model import PointChange
from ingestion.feeds.service import publishing
from ingestion.feeds.streaming import Hub
from kb_service.core.clock import FixedClock
from kb_service.core.db import Database
from kb_service.core.ids import next_numbers
from kb_service.identity.model import Unit
from kb_service.knowledge.model import Point
from kb_service.knowledge.service import release
from tests.support.feeds import SubCentre, add_sub_centre, told
from tests.support.knowledge import faq
from tests.support.service import Service

WITHIN_S = 30


def test_each_change_comes_once_and_as_it_stands_now(service: Service, sub_centre: SubCentre) -> None:
    first = service.world.publish(faq("怎样办理退休", "一"))
    second = service.world.publish(faq("社保卡挂失", "二"))
    page = sub_centre.changes(limit=1)
    assert [(each.code, each.kind, each.version) for each in page.items] == [(first.code, "put", 1)]
    service.world.publish(faq("怎样办理退休", "一改"), code=first.code)
    rest = sub_centre.changes(page.next)
    assert [(each.code, each.version) for each in rest.items] == [(second.code, 1), (first.code, 2)]
    assert (rest.items[1].content or {})["answer"] == "一改"
    assert sub_centre.changes(rest.next).items == []
    assert [each.code for each in sub_centre.changes().items] == [second.code, first.code]


def test_what_is_withdrawn_lapses_or_changes_hands_is_told(
    service: Service, sub_centre: SubCentre, clock: FixedClock
) -> None:
    kept = service.world.publish(faq("甲", "甲")).code
    gone = service.world.publish(faq("乙", "乙")).code
    lapsing = service.world.publish(faq("丙", "丙", effective_to=date(2026, 11, 21))).code
    cursor = sub_centre.changes().next
    with service.parts.database.write() as session:
        release.withdraw(session, service.world.as_("zx_manager"), gone, "内容有误")
        unit = session.execute(select(Unit.id).where(Unit.code == "U-GAJ")).scalar_one()
        session.execute(select(Point).where(Point.code == kept)).scalar_one().unit_id = unit
        release.publish_points(session, service.world.as_("zx_manager"), [kept])
    page = sub_centre.changes(cursor)
    assert {(each.code, each.kind, each.unit) for each in page.items} == {
        (gone, "gone", None),
        (kept, "put", "U-GAJ"),
    }
    clock.advance(timedelta(days=1))
    assert sub_centre.changes(page.next).items == []
    clock.advance(timedelta(days=1))
    assert [(each.code, each.kind) for each in sub_centre.changes(page.next).items] == [(lapsing, "gone")]


def test_an_embargoed_change_shows_at_its_instant_and_its_predecessor_until_then(
    service: Service, sub_centre: SubCentre, clock: FixedClock
) -> None:
    code = service.world.publish(faq("甲", "旧")).code
    cursor = sub_centre.changes().next
    service.world.publish(faq("甲", "新", release_at=clock.now() + timedelta(hours=2)), code=code)
    assert sub_centre.changes(cursor).items == []
    assert [(each.content or {})["answer"] for each in sub_centre.changes().items] == ["旧"]
    clock.advance(timedelta(hours=2))
    assert [(each.version, (each.content or {})["answer"]) for each in sub_centre.changes(cursor).items] == [
        (2, "新")
    ]


def test_what_only_some_roles_may_see_is_not_even_named(service: Service, sub_centre: SubCentre) -> None:
    service.world.publish(faq("密", "密", audience="restricted", roles=["confidential_handler"]))
    inside = service.world.publish(faq("内", "内", audience="agents")).code
    page = sub_centre.changes()
    assert [each.code for each in page.items] == [inside]
    service.world.publish(faq("内", "密", audience="restricted", roles=["confidential_handler"]), code=inside)
    assert [(each.code, each.kind, each.content) for each in sub_centre.changes(page.next).items] == [
        (inside, "gone", None)
    ]


def test_what_was_withdrawn_is_not_served_though_the_log_does_not_tell_it_yet(
    service: Service, sub_centre: SubCentre
) -> None:
    code = service.world.publish(faq("甲", "甲")).code
    sub_centre.publish()
    with service.parts.database.write() as session:
        release.withdraw(session, service.world.as_("zx_manager"), code, "内容有误")
    page = feeds.changes(service.parts.database, sub_centre.ctx(), "", "", 10)
    assert [(each.code, each.kind) for each in page.items] == [(code, "gone")]


def test_its_own_points_come_back_under_its_own_ids(sub_centre: SubCentre) -> None:
    code = sub_centre.one(told("A7")).code
    assert [(each.code, each.external_id) for each in sub_centre.changes().items] == [(code, "A7")]


def test_what_was_published_before_the_first_feed_is_filled_in(service: Service) -> None:
    parts = service.parts
    codes = [service.world.publish(faq(f"题{number}", "答")).code for number in range(3)]
    while publishing.publish(parts.database, parts.clock):
        pass
    sub_centre = add_sub_centre(service)
    while publishing.publish(parts.database, parts.clock, limit=2):
        pass
    assert {each.code for each in sub_centre.changes().items} == set(codes)


def test_a_cursor_that_nobody_gave_out_is_refused_in_words(client: TestClient, sub_centre: SubCentre) -> None:
    for cursor in ("abc", "-1", "9" * 30, "١"):
        answer = client.get("/api/v1/feeds/changes", params={"cursor": cursor}, headers=sub_centre.headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")
    assert client.get("/api/v1/feeds/changes", headers={}).status_code == 401


@pytest.mark.postgresql
def test_no_smaller_number_is_committed_after_a_larger_one_was_seen(
    service: Service, sub_centre: SubCentre
) -> None:
    """A second writer of the log waits for the first, so that nobody who reads between them misses anything."""
    parts = service.parts
    service.world.publish(faq("甲", "甲"))
    second = Database(parts.database.url)
    with parts.database.write() as session:
        next_numbers(session, publishing.COUNTER, 0)
        writer = threading.Thread(target=publishing.publish, args=(second, parts.clock))
        writer.start()
        writer.join(0.3)
        assert writer.is_alive()
        number = next_numbers(session, publishing.COUNTER, 1)[0]
    writer.join(WITHIN_S)
    second.dispose()
    with parts.database.read() as session:
        assert session.execute(select(PointChange.seq)).scalars().all() == [number + 1]


@dataclass
class Site:
    port: int
    hub: Hub


@pytest.fixture
def site(app: FastAPI, service: Service) -> Iterator[Site]:
    """The application behind a real server."""
    hub = app.state.feed_hub = Hub(service.parts, heartbeat_s=0.2)
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + WITHIN_S
    while not server.started and time.monotonic() < deadline:
        thread.join(0.02)
    yield Site(server.servers[0].sockets[0].getsockname()[1], hub)
    server.should_exit = True
    thread.join()


@dataclass
class Stream:
    answer: HTTPResponse
    connection: HTTPConnection

    def event(self) -> dict[str, str]:
        """The next event, or comment, as its fields."""
        found: dict[str, str] = {}
        while line := self.answer.readline().decode().rstrip("\n"):
            key, _, value = line.partition(": ")
            found[key] = value
        return found

    def told(self) -> tuple[str, dict[str, Any], str]:
        """The next event that carries data."""
        while "data" not in (found := self.event()):
            pass
        return found["event"], json.loads(found["data"]), found.get("id", "")

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


def follow(site: Site, sub_centre: SubCentre, **headers: str) -> Stream:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=WITHIN_S)
    connection.request("GET", "/api/v1/feeds/stream", headers=sub_centre.headers | headers)
    return Stream(connection.getresponse(), connection)


@pytest.mark.clause("SG-31")
def test_over_a_stream_a_change_arrives_and_a_broken_one_goes_on_where_it_stopped(
    service: Service, sub_centre: SubCentre, site: Site
) -> None:
    first = service.world.publish(faq("甲", "甲")).code
    sub_centre.publish()
    stream = follow(site, sub_centre)
    assert stream.answer.getheader("content-type", "").startswith("text/event-stream")
    kind, data, cursor = stream.told()
    assert (kind, data["code"]) == ("put", first)
    second = service.world.publish(faq("乙", "乙")).code
    sub_centre.publish()
    assert stream.told()[1]["code"] == second
    stream.close()
    third = service.world.publish(faq("丙", "丙")).code
    sub_centre.publish()
    again = follow(site, sub_centre, **{"Last-Event-ID": cursor})
    assert [again.told()[1]["code"] for _ in range(2)] == [second, third]
    again.close()


def test_a_quiet_stream_says_that_it_is_there_and_ends_with_its_token(
    sub_centre: SubCentre, site: Site
) -> None:
    stream = follow(site, sub_centre)
    assert stream.event() == {"retry": "3000"}
    assert stream.event() == {"": "still here"}
    sub_centre.revoke()
    kind, data, _ = stream.told()
    assert (kind, data["code"]) == ("error", "bad_token")
    assert stream.answer.readline() == b""
    stream.close()


def test_followers_are_bounded_and_those_who_left_make_room(
    service: Service, sub_centre: SubCentre, site: Site
) -> None:
    streams = [follow(site, sub_centre) for _ in range(streaming.MOST_OF_A_FEED)]
    for stream in streams:
        stream.event()
    refused = follow(site, sub_centre)
    assert refused.answer.status == 503
    assert json.loads(refused.answer.read())["code"] == "too_many_streams"
    refused.close()
    for stream in streams:
        stream.close()
    deadline = time.monotonic() + WITHIN_S
    while site.hub.followers and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert site.hub.followers == 0
    last = follow(site, sub_centre)
    assert last.answer.status == 200
    last.close()
