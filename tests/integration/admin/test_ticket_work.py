"""The pages of bulk actions, sub-tasks, platform files, templates, the reply and webhooks, as plain forms."""

import io
import re

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from kb_service.answering.model import Shown
from kb_service.tickets.model import Ticket
from kb_service.tickets.schemas import EventIn, TicketIn
from kb_service.tickets.service import acting, reading, registering
from tests.integration.admin.conftest import Visit
from tests.support.console import account_for_each_role, text_of
from tests.support.knowledge import faq
from tests.support.service import Service

CENTRE, UNIT = "role.supervisor", "role.unit_handler"


@pytest.fixture
def staffed(service: Service) -> Service:
    account_for_each_role(service)
    return service


def register(service: Service, **changes: object) -> str:
    values = {
        "class": "complaint", "region": "990101", "title": "夜间施工噪声", "text": "夜里两点还在打桩。",
        "essentials": ["time", "place", "parties"], "requester": {"phone": "13987654321"},
    }  # fmt: skip
    with service.parts.database.write() as session:
        data = TicketIn.model_validate(values | changes)
        return registering.register(session, service.world.as_("agent"), service.parts, data).code


def act(service: Service, code: str, by: str, step: str, **data: object) -> None:
    with service.parts.database.write() as session:
        event = EventIn(type=step, data=data)
        acting.act(session, service.world.as_(by), service.parts, code, event)


def status(service: Service, code: str) -> str:
    with service.parts.database.read() as session:
        return reading.read(session, service.world.as_(CENTRE), service.parts, code).status


def test_many_tickets_are_dispatched_from_the_queue_once(visit: Visit, staffed: Service) -> None:
    codes = [register(staffed), register(staffed)]
    centre = visit(CENTRE)
    queue = centre.get("/tickets").text
    assert queue.count('form="bulk"') == 2
    once = re.findall(r'name="once" value="([^"]+)"', queue)[0]
    form = {"once": once, "action": "dispatch", "to": "U-RSJ", "code": codes}
    page = centre.post("/tickets/bulk", form)
    assert "办成 2 件，未办 0 件" in text_of(page)
    assert "办成 2 件，未办 0 件" in text_of(centre.post("/tickets/bulk", form)), "sent twice, done once"
    again = centre.post("/tickets/bulk", form | {"once": ""})
    assert "办成 0 件，未办 2 件" in text_of(again)
    assert status(staffed, codes[0]) == "dispatched"


def test_a_list_is_taken_out_as_a_file(visit: Visit, staffed: Service) -> None:
    code = register(staffed)
    found = visit(CENTRE).post(
        "/tickets/bulk", {"action": "export", "code": [code], "purpose": "月度例会材料"}
    )
    assert found.content[:2] == b"PK"
    nothing = visit(CENTRE).post("/tickets/bulk", {"action": "urge"})
    assert nothing.headers["location"] == "/tickets"


def test_a_sub_task_is_finished_from_its_queue(visit: Visit, staffed: Service) -> None:
    code = register(staffed)
    act(staffed, code, CENTRE, "dispatch", to="U-RSJ")
    act(staffed, code, UNIT, "sign")
    act(staffed, code, UNIT, "sub_task", id="T1", to="U-RSJ", title="现场查看", due_day="2026-11-25")
    unit = visit(UNIT)
    assert "现场查看" in text_of(unit.get("/tickets/sub-tasks"))
    done = unit.post(f"/tickets/sub-tasks/{code}/done", {"id": "T1", "text": "看过了"})
    assert done.headers["location"] == "/tickets/sub-tasks"
    assert "没有子任务" in text_of(unit.get("/tickets/sub-tasks"))
    assert "现场查看" in text_of(unit.get("/tickets/sub-tasks", which="done"))
    assert unit.post(f"/tickets/sub-tasks/{code}/done", {"id": "T1"}).status_code == 422


def workbook(*rows: dict[str, object]) -> bytes:
    heads = list(dict.fromkeys(name for row in rows for name in row))
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(heads)
    for row in rows:
        sheet.append([row.get(name) for name in heads])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


ROW = {
    "平台编号": "GD-1", "诉求类型": "投诉", "行政区划": "990101", "标题": "夜间施工噪声", "内容": "夜里打桩。",
    "电话": "13987654321", "时限工作日": 3, "时限依据": "省平台交办时限", "突发": "否",
}  # fmt: skip


def test_a_platform_s_file_is_checked_first_and_its_right_rows_registered(
    visit: Visit, staffed: Service
) -> None:
    centre = visit(CENTRE)

    def upload(*rows: dict[str, object]) -> object:
        file = {"file": ("工单.xlsx", workbook(*rows))}
        return centre.post("/tickets/imports", {"platform": "gd-12345"}, files=file)

    wrong = upload(
        ROW, ROW | {"平台编号": "GD-2", "时限工作日": "三天", "突发": "也许"}, ROW | {"平台编号": None}
    )
    told = text_of(wrong)  # type: ignore[arg-type]
    assert "“时限工作日”应为整数" in told
    assert "平台编号：缺少此项" in told
    assert "登记这 1 件" in told, "a wrong row harms no other"
    checked = upload(ROW, ROW | {"平台编号": "GD-2"})
    assert "登记这 2 件" in text_of(checked)  # type: ignore[arg-type]
    batch = re.findall(r"/tickets/imports/(\d+)/confirm", checked.text)[0]  # type: ignore[attr-defined]
    with staffed.parts.database.read() as session:
        assert session.execute(select(func.count(Ticket.id))).scalar_one() == 0
    centre.post(f"/tickets/imports/{batch}/confirm")
    with staffed.parts.database.read() as session:
        assert session.execute(select(func.count(Ticket.id))).scalar_one() == 2
    unknown = upload({**ROW, "颜色": "红"})
    assert "不认识列“颜色”" in text_of(unknown)  # type: ignore[arg-type]


def test_a_template_is_made_changed_and_retired(visit: Visit, staffed: Service) -> None:
    centre = visit(CENTRE)
    missing = centre.post(
        "/tickets/templates", {"class": "complaint", "name": "投诉答复", "text": "您的诉求已收到，谢谢。"}
    )
    assert missing.status_code == 422
    every = "、".join(
        f"{{{each}}}" for each in ("对每项诉求的正面回应", "时间", "办理经过", "办理结果", "依据")
    )
    centre.post(
        "/tickets/templates", {"class": "complaint", "name": "投诉答复", "text": f"工单{{工单号}}：{every}"}
    )
    assert "投诉答复" in text_of(centre.get("/tickets/templates"))
    centre.post(
        "/tickets/templates/T0001", {"version": "1", "name": "投诉答复", "text": f"工单{{工单号}}：{every}。"}
    )
    assert "版本 2" in text_of(centre.get("/tickets/templates/T0001"))
    centre.post("/tickets/templates/T0001/retire")
    assert "还没有模板" in text_of(centre.get("/tickets/templates"))


def test_a_reply_is_written_with_the_base_beside_it(visit: Visit, staffed: Service) -> None:
    point = staffed.world.publish(faq("夜间施工几点必须停工", "夜里十点至次日六点禁止施工。")).code
    staffed.index()
    code = register(staffed)
    act(staffed, code, CENTRE, "dispatch", to="U-RSJ")
    act(staffed, code, UNIT, "sign")
    unit = visit(UNIT)
    page = unit.get(f"/tickets/{code}/reply").text
    seq = re.findall(r'name="seq" value="(\d+)"', page)[0]
    form = {"seq": seq, "result": "经查，工地夜间施工属实。", "q": "夜间施工几点停工"}
    found = unit.post(f"/tickets/{code}/reply", form | {"do": "search"}).text
    assert f'value="cite:{point}.1"' in found
    assert "经查，工地夜间施工属实。" in found, "what was written stays"
    quoted = unit.post(f"/tickets/{code}/reply", form | {"do": f"cite:{point}.1"}).text
    assert "夜里十点至次日六点禁止施工。" in quoted
    assert f'name="cites" value="{point}.1"' in quoted
    words = quoted.split('name="result"')[1].split(">", 1)[1].split("</textarea>")[0].strip()
    sent = unit.post(
        f"/tickets/{code}/reply", form | {"result": words, "cites": [f"{point}.1"], "do": "send"}
    )
    assert sent.headers["location"] == f"/tickets/{code}"
    assert status(staffed, code) == "replied"
    with staffed.parts.database.read() as session:
        assert [(each.code, each.ticket_code) for each in session.execute(select(Shown)).scalars()] == [
            (point, code)
        ]


def test_a_subscription_shows_its_secret_once_and_what_was_not_taken(visit: Visit, staffed: Service) -> None:
    officer = visit("role.system_officer")
    form = {"code": "province", "url": "https://gd.example.cn/hook", "events": "ticket.*"}
    made = officer.post("/webhooks", form)
    assert "whsec_" in made.text
    assert "whsec_" not in officer.get("/webhooks").text
    officer.post("/webhooks/province/test")
    assert "webhook.test" in officer.get("/webhooks/province").text
    wrong = officer.post("/webhooks", form | {"code": "b2", "url": "http://10.0.0.1/hook"})
    assert (wrong.status_code, "须用 https" in wrong.text) == (422, True)
    officer.post("/webhooks/province", form)
    assert "已停用" in text_of(officer.get("/webhooks/province"))
    assert visit(CENTRE).get("/webhooks").status_code == 403
