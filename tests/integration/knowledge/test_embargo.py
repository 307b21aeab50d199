"""What waits for its release is told by no way of reading, to nobody who does not write or review it."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from kb_service.core.audit import AuditRow
from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.identity import auth
from kb_service.identity.auth import COOKIE
from kb_service.knowledge.laboratory import service as laboratory
from kb_service.knowledge.laboratory.schemas import SetupIn, TryIn
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.supersession import flagging
from kb_service.knowledge.training import service as training
from tests.support.console import visiting_cookie
from tests.support.knowledge import faq, policy
from tests.support.service import Service

DAY = timedelta(days=1)
SECRET = "机密新政补贴翻倍"
WORD = "秘而不宣的数额"
# Everybody of the small city who neither writes nor reviews for the bureau.
OUTSIDERS = ("public", "agent", "confidant", "gaj_editor", "hb_editor")
Get = Callable[..., Any]


@pytest.fixture
def get(client: TestClient, service: Service) -> Get:
    cookies: dict[tuple[str, datetime], str] = {}

    def send(login: str, path: str, method: str = "GET", **how: Any) -> Any:
        sent = {}
        if login != "public":
            # A login ends after an hour without use.
            key = (login, service.world.clock.now())
            if key not in cookies:
                cookies[key] = visiting_cookie(service, login)
            sent = {"Cookie": f"{COOKIE}={cookies[key]}"}
        client.cookies.clear()
        return client.request(method, path, headers=sent, **how)

    return send


@pytest.fixture
def waiting(service: Service, clock: FixedClock) -> VersionView:
    """A live policy, cited by another unit, and its successor in waiting, which also replaces two others."""
    world = service.world
    old = world.publish(policy("补贴办法", "第一条 补贴一百元。\n第二条 本人申请。"))
    part = world.publish(policy("申领细则", "第一条 补贴按月发。\n第二条 本人到场。"))
    whole = world.publish(policy("发放通知", "第一条 补贴直接发。\n第二条 到账。"))
    world.publish(
        faq("补贴依据", "依据《补贴办法》。", category="C11"), by="gaj_editor", reviewers=("zx_reviewer",)
    )
    words = policy(
        SECRET,
        f"第一条 补贴{WORD}。\n第二条 本人申请。",
        release_at=clock.now() + 5 * DAY,
        document_number="云秘发〔2026〕77号",
        keywords=["补贴秘词"],
        replaces=[{"code": part.code, "articles": ["第一条"]}, {"code": whole.code, "articles": []}],
    )
    version = world.publish(words, code=old.code)
    service.index()
    with world.database.write() as session:
        flagging.tell(session, Context(SYSTEM, clock.now()))
    return version


def routes(app: FastAPI, version: VersionView) -> Iterator[str]:
    """Every way of reading, asked for what waits."""
    known = {
        "code": version.code,
        "number": str(version.number),
        "unit": "U-RSJ",
        "attachment_id": "1",
        "kind": "policy",
    }
    for route, _ in auth.routes(app):
        if "GET" not in (route.methods or ()):
            continue
        path = str(route.path)
        path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: known.get(found.group(1), "1"), path)
        yield path
        yield f"{path}?q=补贴&version={version.number}&old=1&new={version.number}&limit=50"
        yield f"{path}?live=waiting&limit=50"


def leaks(text: str, version: VersionView) -> list[str]:
    """Its words, its number, and the instant at which it comes."""
    assert version.release_at is not None
    stamp = version.release_at.isoformat()[:16]
    return [each for each in (SECRET, WORD, "云秘发", "补贴秘词", stamp) if each in text]


@pytest.mark.clause("SG-28.2")
@pytest.mark.parametrize("login", OUTSIDERS)
def test_no_way_of_reading_tells_of_what_waits(
    app: FastAPI, get: Get, waiting: VersionView, login: str
) -> None:
    told: dict[str, list[str]] = {}
    opened = 0
    for path in sorted(set(routes(app, waiting))):
        if path.endswith(("/events", "/stream")) or "/stream?" in path:
            continue
        answer = get(login, path)
        opened += answer.status_code == 200
        assert answer.status_code < 500, path
        if found := leaks(answer.text, waiting):
            told[path] = found
    assert told == {}
    assert opened > (10 if login != "public" else 2)


@pytest.mark.clause("SG-28.2")
def test_the_very_same_walk_finds_it_for_who_writes_and_reviews_it(
    app: FastAPI, get: Get, waiting: VersionView
) -> None:
    for login in ("rsj_editor", "rsj_reviewer", "zx_reviewer"):
        answer = get(login, f"/api/v1/points/{waiting.code}/versions/{waiting.number}")
        assert WORD in answer.text
        assert WORD in get(login, f"/knowledge/{waiting.code}?version={waiting.number}").text


@pytest.mark.clause("SG-28.2")
def test_no_search_suggestion_chat_or_answer_tells_of_it(
    service: Service, get: Get, waiting: VersionView
) -> None:
    for login in OUTSIDERS:
        for path in ("/api/v1/search", "/api/v1/suggest"):
            for q in (SECRET, WORD, "补贴秘词", "补贴", "机密新政"):
                assert (
                    leaks(
                        get(login, path, params={"q": q, "include_lapsed": "true"}).text.replace(q, ""),
                        waiting,
                    )
                    == []
                )
    for question in (SECRET, f"补贴{WORD}是多少", "补贴怎么领"):
        told = service.decide(question)
        # What was asked is told back, step by step.
        assert WORD not in told.model_dump_json().replace(question, "")
        assert waiting.number not in [cited.version for cited in told.citations if cited.code == waiting.code]


def test_the_laboratory_finds_what_its_audience_may_find(service: Service, waiting: VersionView) -> None:
    world = service.world
    with world.database.read() as session:
        for audience, query in product(("public", "agents", "confidential_handler"), ("补贴", SECRET, WORD)):
            asked = TryIn(query=query, audience=audience, right=SetupIn(hand=False))
            told = laboratory.try_query(session, world.as_("zx_manager"), service.parts.engine, asked)
            assert told.left.candidates or query != "补贴"
            assert leaks(told.model_dump_json().replace(query, ""), waiting) == []
            found = {(each.code, each.version) for each in told.left.candidates}
            assert (waiting.code, waiting.number) not in found


@pytest.mark.clause("SG-28.2")
def test_what_will_be_replaced_does_not_tell_by_what_or_when(
    service: Service, get: Get, waiting: VersionView
) -> None:
    listed = get("agent", "/api/v1/points?q=发放通知").json()["items"][0]
    seen = get("agent", f"/api/v1/points/{listed['code']}").json()
    assert (seen["live_to"], seen["superseded_by"]) == (None, None)
    mine = get("rsj_editor", f"/api/v1/points/{listed['code']}").json()
    assert mine["superseded_by"] == waiting.code
    tasks = get("gaj_editor", "/api/v1/tasks").json()["items"]
    assert tasks == []


@pytest.mark.clause("SG-28.2")
def test_no_audit_view_opens_to_who_is_no_auditor(get: Get, waiting: VersionView) -> None:
    for login in (*OUTSIDERS, "rsj_editor", "zx_manager"):
        assert get(login, "/api/v1/audit").status_code in {401, 403}


def test_the_audit_log_itself_knows_it_by_its_code_alone(service: Service, waiting: VersionView) -> None:
    with service.world.database.read() as session:
        rows = session.execute(select(AuditRow)).scalars().all()
    about = [row for row in rows if row.subject == f"point:{waiting.code}"]
    assert {"version.drafted", "version.filed"} <= {row.action for row in about}
    told = " ".join(str((row.subject, row.before, row.after, row.reason)) for row in rows)
    assert leaks(told, waiting) == []


@pytest.mark.clause("SG-28.2")
def test_at_its_release_everybody_reads_it(
    service: Service, get: Get, waiting: VersionView, clock: FixedClock
) -> None:
    clock.advance(5 * DAY - timedelta(microseconds=1))
    before = get("agent", f"/api/v1/points/{waiting.code}")
    clock.advance(timedelta(microseconds=1))
    after = get("agent", f"/api/v1/points/{waiting.code}")
    assert (before.status_code, WORD in before.text, WORD in after.text) == (200, False, True)
    assert WORD in get("agent", "/api/v1/search", params={"q": "补贴"}).text


@pytest.mark.clause("SG-28.2")
def test_a_trainee_reads_the_policy_and_nothing_about_its_making(
    service: Service, get: Get, waiting: VersionView
) -> None:
    world = service.world
    with world.database.write() as session:
        training.name_readers(session, world.as_("rsj_editor"), waiting.code, waiting.number, ["agent"], [])
    where = f"/api/v1/points/{waiting.code}"
    assert WORD in get("agent", f"{where}/versions/{waiting.number}").text
    page = get("agent", f"/knowledge/{waiting.code}?version={waiting.number}").text
    assert WORD in page
    assert "未公开" in page
    assert SECRET not in get("agent", f"{where}/timeline").text
    assert WORD not in get("agent", where).text
    assert get("agent", f"{where}/versions/{waiting.number}/training").status_code == 404
    assert WORD not in get("agent", "/api/v1/search", params={"q": "补贴"}).text
    assert WORD not in get("confidant", f"{where}/versions/{waiting.number}").text
