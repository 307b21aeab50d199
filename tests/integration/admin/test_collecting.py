"""Candidates and exports in front of the console."""

import pytest
from sqlalchemy import select

from kb_service.knowledge.candidates.model import Candidate
from kb_service.knowledge.exports.model import Export, ExportAuthorisation
from kb_service.knowledge.model import Point
from tests.integration.admin.conftest import Visit
from tests.support.candidates import ANSWER, ASKED, collect
from tests.support.console import account_for_each_role, text_of
from tests.support.knowledge import faq
from tests.support.service import Service


@pytest.fixture
def office(service: Service) -> Service:
    account_for_each_role(service, "U-ZX")
    service.world.publish(faq())
    service.index()
    return service


def test_one_press_tells_that_nothing_was_found(visit: Visit, office: Service) -> None:
    agent = visit("agent")
    assert "data-miss" in agent.get("/desk", q="月球车票").text
    done = agent.post("/candidates/report", {"q": "月球车票去哪里买"}, headers={"HX-Request": "true"})
    assert done.status_code == 204
    with office.parts.database.read() as session:
        code = session.execute(select(Candidate.code)).scalar_one()
    assert "月球车票去哪里买" in text_of(agent.get("/candidates?stage=mine"))
    assert "话务员报告没找到" in text_of(agent.get(f"/candidates/{code}"))


def test_a_unit_confirms_in_its_own_words_and_the_centre_is_shown_no_way_to(
    visit: Visit, office: Service
) -> None:
    code = collect(office.world, answer=ANSWER).code
    editor, manager = visit("rsj_editor"), visit("zx_manager")
    assert f"/candidates/{code}/confirm" not in manager.get(f"/candidates/{code}").text
    assert ASKED in text_of(editor.get("/candidates"))
    page = editor.get(f"/candidates/{code}")
    assert f"/candidates/{code}/confirm" in page.text

    wrong = editor.post(f"/candidates/{code}/confirm", {"title": ASKED, "submit": "1"})
    assert wrong.status_code == 422
    form = {"title": ASKED, "content.answer": "新的答复。", "category": "C11", "submit": "1"}
    done = editor.post(f"/candidates/{code}/confirm", form)
    assert (done.status_code, done.headers["location"].startswith("/knowledge/")) == (303, True)
    assert "单位已确认" in text_of(manager.get(f"/candidates/{code}"))


def test_a_unit_hands_on_merges_and_rejects_and_the_centre_designates(visit: Visit, office: Service) -> None:
    editor, manager = visit("rsj_editor"), visit("zx_manager")
    first = collect(office.world).code
    given = {"unit": "", "hand_reason": "职责不清"}
    assert editor.post(f"/candidates/{first}/hand-on", given).status_code == 303
    named = {"unit": "U-RSJ", "hand_reason": "属于社保"}
    assert manager.post(f"/candidates/{first}/designate", named).status_code == 303
    assert editor.post(f"/candidates/{first}/reject", {"reason": ""}).status_code == 422
    assert editor.post(f"/candidates/{first}/reject", {"reason": "已停办"}).status_code == 303
    second = collect(office.world, "怎样办理退休养老待遇").code
    with office.parts.database.read() as session:
        point = session.execute(select(Point.code)).scalar_one()
    assert editor.post(f"/candidates/{second}/merge", {"point": point}).status_code == 303


def test_leave_is_asked_for_on_the_page_and_a_file_comes_with_its_number(
    visit: Visit, office: Service
) -> None:
    manager, editor = visit("zx_manager"), visit("rsj_editor")
    assert manager.get("/exports").status_code == 200
    assert manager.post("/exports", {"purpose": "用"}).status_code == 422
    form = {
        "purpose": "训练导办机器人",
        "recipient": "市数据局",
        "units": "U-RSJ",
        "audiences": "public",
        "valid_from": "2026-11-20",
        "valid_to": "2026-12-20",
    }
    assert manager.post("/exports", form).status_code == 303
    with office.parts.database.read() as session:
        code = session.execute(select(ExportAuthorisation.code)).scalar_one()
    assert "待授权" in text_of(manager.get(f"/exports/{code}"))
    assert manager.post(f"/exports/{code}/file", {"format": "csv"}).status_code == 403

    own = editor.post("/exports/own", {"format": "csv"})
    assert (own.status_code, "怎样办理退休" in own.text) == (200, True)
    with office.parts.database.read() as session:
        assert session.execute(select(Export.code)).scalar_one() == own.headers["X-Export"]
    assert manager.post(f"/exports/{code}/revoke", {"reason": "不用了"}).status_code == 303


def test_what_was_asked_is_offered_beside_the_form_of_the_point(visit: Visit, office: Service) -> None:
    editor, agent = visit("rsj_editor"), visit("agent")
    with office.parts.database.read() as session:
        point = session.execute(select(Point.code)).scalar_one()
    agent.post("/desk/searched", {"q": "退休手续去哪个窗口", "hit": point, "chosen": point})
    draft = editor.post(f"/knowledge/{point}/next").headers["location"]
    assert "退休手续去哪个窗口" in text_of(editor.get(draft))
    form = {
        "title": "怎样办理退休",
        "content.question": "怎样办理退休",
        "content.answer": "本人到市民之家三楼办理。",
        "suggested": "退休手续去哪个窗口",
        "category": "C11",
        "audience": "public",
        "lock": "1",
    }
    assert editor.post(draft, form).status_code == 303
    assert "退休手续去哪个窗口" in text_of(editor.get(f"/knowledge/{point}?version=2"))
