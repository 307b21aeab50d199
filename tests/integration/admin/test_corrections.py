"""Corrections, recalls and supervisions in front of the console."""

import re

import pytest
from sqlalchemy import select

from kb_service.answering.model import Shown
from kb_service.knowledge.corrections.model import Correction, CorrectionReport
from kb_service.knowledge.corrections.service import verifying
from kb_service.supervision.service import supervising
from kb_service.tickets.recalls.model import RecallContact
from kb_service.tickets.schemas import TicketIn
from kb_service.tickets.service import registering
from tests.integration.admin.conftest import Visit
from tests.support.console import Visitor, account_for_each_role, text_of
from tests.support.knowledge import faq
from tests.support.service import Service


@pytest.fixture
def point(service: Service) -> str:
    account_for_each_role(service, "U-ZX")
    code = service.world.publish(faq()).code
    service.index()
    return code


def reported(visitor: Visitor, point: str, service: Service, **said: str) -> str:
    assert visitor.post("/corrections/report", {"code": point, "version": "1"} | said).status_code == 303
    with service.parts.database.read() as session:
        return session.execute(select(Correction.code)).scalar_one()


def test_one_press_reports_a_hit_and_the_message_takes_it_back(
    visit: Visit, service: Service, point: str
) -> None:
    agent = visit("agent")
    assert "data-report" in agent.get("/desk", q="退休").text
    answer = agent.post(
        "/corrections/report", {"code": point, "version": "1", "q": "退休"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 204
    undo = re.search(r'"undo": "([^"]+)"', answer.headers["HX-Trigger"])
    assert undo is not None
    assert agent.post(undo[1], headers={"HX-Request": "true"}).status_code == 204
    with service.parts.database.read() as session:
        report = session.execute(select(CorrectionReport)).scalar_one()
        assert report.evidence == {"question": "退休"}
        assert report.retracted_at is not None


def test_from_a_report_to_the_draft_that_puts_it_right(visit: Visit, service: Service, point: str) -> None:
    code = reported(visit("agent"), point, service, kind="outdated", remark="窗口已搬", serious="1")
    manager, editor = visit("zx_manager"), visit("rsj_editor")
    assert "窗口已搬" in text_of(manager.get(f"/corrections/{code}"))
    assert "待核实" in text_of(manager.get("/corrections"))

    empty = manager.post(f"/corrections/{code}/verify", {"decision": "confirm", "grade": "serious"})
    assert empty.status_code == 422
    done = manager.post(
        f"/corrections/{code}/verify", {"decision": "confirm", "grade": "serious", "finding": "确已搬迁"}
    )
    assert done.status_code == 303

    page = text_of(editor.get(f"/corrections/{code}"))
    assert "请在 11月21日10时前改正" in page
    assert "第二十八条第三款" in page
    assert "已核实有重大错误" in editor.get(f"/knowledge/{point}").text
    started = editor.post(f"/corrections/{code}/begin")
    assert started.headers["location"] == f"/knowledge/{point}/2/edit"
    assert "已核实有重大错误" in text_of(visit("agent").get("/desk", q="退休"))


def test_an_objection_goes_back_to_the_centre(visit: Visit, service: Service, point: str) -> None:
    code = reported(visit("agent"), point, service)
    manager, editor = visit("zx_manager"), visit("rsj_editor")
    manager.post(
        f"/corrections/{code}/verify", {"decision": "confirm", "grade": "general", "finding": "有误"}
    )
    assert editor.post(f"/corrections/{code}/objection", {"reason": ""}).status_code == 422
    assert editor.post(f"/corrections/{code}/objection", {"reason": "文件就是这样写的"}).status_code == 303
    assert "文件就是这样写的" in manager.get(f"/corrections/{code}").text
    manager.post(f"/corrections/{code}/objection/decide", {"decision": "uphold", "finding": "单位说得对"})
    assert "异议成立" in text_of(manager.get("/corrections", stage="closed"))


def test_a_recall_leads_from_the_correction_to_each_person(
    visit: Visit, service: Service, point: str
) -> None:
    agent = visit("agent")
    data = TicketIn.model_validate(
        {
            "class": "consultation", "region": "990000", "title": "咨询退休", "text": "怎样办理退休",
            "requester": {"name": "王女士", "phone": "13900000001"},
        }
    )  # fmt: skip
    with service.parts.database.write() as session:
        ticket = registering.register(session, service.world.as_("agent"), service.parts, data).code
        session.add(
            Shown(
                code=point, version=1, channel="phone", kind="told", at=service.parts.clock.now(),
                question="", ticket_code=ticket,
            )
        )  # fmt: skip
    code = reported(agent, point, service)
    with service.parts.database.write() as session:
        verifying.confirm(session, service.world.as_("zx_manager"), code, "serious", "确已搬迁")
    manager, clerk = visit("role.knowledge_manager"), visit("role.callback_clerk")
    opened = manager.post(f"/corrections/{code}/recall", {"message": "更正：请到四楼办理。"})
    assert opened.status_code == 303
    place = opened.headers["location"]
    assert ticket in clerk.get(place).text
    with service.parts.database.read() as session:
        contact = session.execute(select(RecallContact.id)).scalar_one()
    assert "13900000001" not in clerk.get(place).text
    assert "13900000001" in clerk.post(f"{place}/{contact}/requester").text
    assert clerk.post(f"{place}/{contact}", {"outcome": "done", "note": "已道歉"}).status_code == 303
    assert "已告知 1" in text_of(manager.get("/recalls"))
    assert "召回已给出的答复" in text_of(manager.get(f"/corrections/{code}"))
    assert ticket in manager.get(f"/knowledge/{point}/shown").text


def test_a_supervision_is_read_answered_and_closed(visit: Visit, service: Service, point: str) -> None:
    world = service.world
    with service.parts.database.write() as session:
        code = supervising.open_supervision(
            session,
            world.as_("zx_manager"),
            subject=f"point:{point}",
            unit_id=world.as_("rsj_editor").actor.unit_id or 0,
            trigger="knowledge",
            reason="长期没有更新",
            link=f"/knowledge/{point}",
        ).code
    editor, manager = visit("rsj_editor"), visit("zx_manager")
    assert "长期没有更新" in text_of(editor.get("/supervision"))
    assert "本市规则未作规定" in text_of(editor.get(f"/supervision/{code}"))
    assert editor.post(f"/supervision/{code}/reply", {"text": "本周内更新"}).status_code == 303
    assert "本周内更新" in manager.get(f"/supervision/{code}").text
    assert manager.post(f"/supervision/{code}/close", {"outcome": "solved"}).status_code == 303
    assert "已办结" in text_of(manager.get("/supervision", stage="closed"))
    assert manager.get("/supervision", stage="records").status_code == 200


def test_empty_queues_say_what_will_come_there(visit: Visit, service: Service, point: str) -> None:
    assert "没有待核实的报错" in text_of(visit("zx_manager").get("/corrections"))
    assert "没有待改正的知识" in text_of(visit("rsj_editor").get("/corrections"))
    assert "您还没有报过错" in text_of(visit("agent").get("/corrections"))
    assert "没有召回" in text_of(visit("role.knowledge_manager").get("/recalls"))
    assert "还没有用它答复过" in text_of(visit("agent").get(f"/knowledge/{point}/shown"))
