"""Verification, audits and duties in front of the console."""

from datetime import timedelta

from sqlalchemy import select

from kb_service.core.clock import FixedClock
from kb_service.knowledge.duties.model import DutyAppeal, DutyScore
from kb_service.knowledge.searches.model import Search
from kb_service.knowledge.verification import jobs
from kb_service.knowledge.verification.model import AuditItem, AuditPlan, Interval, Verification
from tests.integration.admin.conftest import Visit
from tests.support.console import text_of
from tests.support.knowledge import agency, faq, script
from tests.support.service import Service


def test_overdue_points_are_chosen_and_confirmed_together(
    visit: Visit, service: Service, clock: FixedClock
) -> None:
    codes = [service.world.publish(faq(f"问题{at}")).code for at in range(2)]
    clock.advance(timedelta(days=366))
    while jobs.refresh(service.parts):
        pass
    editor = visit("rsj_editor")
    page = editor.get("/verification")
    assert "问题0" in page.text
    assert "问题1" in page.text
    done = editor.post("/verification", {"code": codes, "queue": "overdue"})
    assert done.headers["location"] == "/verification?queue=overdue"
    assert "没有需要处理的知识" in text_of(editor.get("/verification"))
    with service.parts.database.read() as session:
        assert len(session.execute(select(Verification)).scalars().all()) == 2


def test_the_page_of_a_point_shows_its_mark_and_lets_its_owner_confirm_it(
    visit: Visit, service: Service, clock: FixedClock
) -> None:
    code = service.world.publish(faq()).code
    clock.advance(timedelta(days=366))
    assert "核验已于 2027-11-20 到期" in text_of(visit("agent").get(f"/knowledge/{code}"))
    assert "确认仍然准确" not in visit("agent").get(f"/knowledge/{code}").text
    editor = visit("rsj_editor")
    done = editor.post("/verification", {"code": code, "point": code})
    assert done.headers["location"] == f"/knowledge/{code}"
    assert "已核验" in text_of(editor.get(f"/knowledge/{code}"))


def test_the_desk_marks_what_has_not_been_verified_and_keeps_what_was_searched(
    visit: Visit, service: Service, clock: FixedClock
) -> None:
    code = service.world.publish(faq()).code
    service.index()
    agent = visit("agent")
    assert "审核有效" in text_of(agent.get("/desk", htmx=True, q="退休"))
    clock.advance(timedelta(days=366))
    found = visit("agent").get("/desk", htmx=True, q="退休")
    assert "待核验" in text_of(found)
    assert "承办单位尚未再次确认" in text_of(found)
    again = visit("agent")
    again.get("/desk", q="退休")
    again.post("/desk/searched", {"q": "退休 13800138000", "hit": [code], "key": "k1"})
    again.post("/desk/searched", {"q": "退休 13800138000", "hit": [code], "key": "k1", "chosen": code})
    with service.parts.database.read() as session:
        kept = session.execute(select(Search.question, Search.chosen).order_by(Search.id)).tuples().all()
    assert kept == [("退休", None), ("退休 138****8000", code)]


def test_the_manager_sets_the_intervals_and_nonsense_changes_nothing(visit: Visit, service: Service) -> None:
    manager = visit("zx_manager")
    days = {
        "days.faq": "300",
        "days.procedure": "180",
        "days.policy": "180",
        "days.agency": "90",
        "days.script": "30",
    }
    manager.post("/verification/intervals", days)
    manager.post("/verification/intervals", days | {"days.script": "10", "days.policy": "viele"})
    with service.parts.database.read() as session:
        rows = session.execute(select(Interval.type, Interval.days)).tuples().all()
    assert rows == [("faq", 300)]
    assert visit("rsj_editor").post("/verification/intervals", days).status_code == 403


def test_a_plan_is_drawn_and_worked_through(visit: Visit, service: Service) -> None:
    for at in range(3):
        service.world.publish(faq(f"问题{at}"))
    manager = visit("zx_manager")
    form = {"name": "抽查", "period_from": "2026-10-01", "period_to": "2026-12-31", "size.random": "3"}
    wrong = manager.post("/audits", form | {"period_to": "不是日期"})
    assert wrong.status_code == 422
    assert "日期格式不符" in wrong.text
    where = manager.post("/audits", form).headers["location"]
    with service.parts.database.write() as session:
        plan = session.execute(select(AuditPlan)).scalar_one()
        plan_items = list(session.execute(select(AuditItem)).scalars())
        for item in plan_items:
            item.auditor_id = 8
        assert where == f"/audits/{plan.code}"
    second = visit("zx_second")
    page = second.get(f"{where}/work")
    assert 'data-key="A"' in page.text
    refused = second.post(f"{where}/items/1", {"result": "wrong", "remark": "错"})
    assert refused.status_code == 422
    assert "请选择错漏种类" in refused.text
    step = second.post(
        f"{where}/items/1",
        {"result": "wrong", "kind": "outdated", "remark": "已改网办", "check.current": "no"},
    )
    assert step.headers["location"] == f"{where}/work?after=1"
    for rank in (2, 3):
        second.post(f"{where}/items/{rank}", {"result": "right"})
    assert second.get(f"{where}/work").headers["location"] == where
    told = text_of(second.get(where))
    assert "按种子重抽，样本一致" in told
    assert "33.3%" in told
    assert manager.post(f"{where}/close").status_code == 303


def test_a_unit_sees_what_it_owes_appeals_and_the_centre_decides_and_publishes(
    visit: Visit, service: Service, clock: FixedClock
) -> None:
    service.world.publish(agency("市人社局", functions="管养老", phone="0700-1"))
    service.world.publish(script("停水口径"))
    clock.advance(timedelta(days=60))
    period = "2026-10-01/2026-12-31"
    editor = visit("rsj_editor")
    page = editor.get(f"/duties/U-RSJ?period={period}")
    assert "权责清单" in page.text
    assert "逾期未完成" in page.text
    entry = page.text.split('name="entry" value="')[1].split('"')[0]
    assert (
        editor.post(f"/duties/U-RSJ/appeals?period={period}", {"entry": entry, "reason": "短"}).status_code
        == 422
    )
    editor.post(f"/duties/U-RSJ/appeals?period={period}", {"entry": entry, "reason": "系统停机，有通知为证"})
    manager = visit("zx_manager")
    assert "系统停机" in text_of(manager.get("/duties/appeals", status="open"))
    manager.post("/duties/appeals/1", {"decision": "approved", "note": "属实"})
    with service.parts.database.read() as session:
        assert session.execute(select(DutyAppeal.status)).scalar_one() == "approved"
    assert "申诉成立，不计" in text_of(editor.get(f"/duties/U-RSJ?period={period}"))
    assert "市公安局" in text_of(manager.get(f"/duties?period={period}"))
    manager.post(f"/duties/publish?period={period}")
    with service.parts.database.read() as session:
        assert len(session.execute(select(DutyScore)).scalars().all()) == 5
    assert "按当时的历史重算一致" in text_of(editor.get(f"/duties/U-RSJ?period={period}"))
    assert manager.get(f"/duties/export.xlsx?period={period}").content[:2] == b"PK"
    assert visit("gaj_editor").get("/duties/U-RSJ").status_code == 403
    assert manager.get("/duties?period=gestern").status_code == 422


def test_a_sudden_event_is_recorded_and_shown_until_its_script_is_there(
    visit: Visit, service: Service
) -> None:
    manager = visit("zx_manager")
    wrong = manager.post(
        "/duties/events", {"unit": "U-RSJ", "title": "停水", "happened_at": "2030-01-01T00:00"}
    )
    assert wrong.status_code == 422
    manager.post("/duties/events", {"unit": "U-RSJ", "title": "停水", "happened_at": "2026-11-20T09:30"})
    assert "停水" in text_of(manager.get("/duties/events"))
    late = service.world.submit(service.world.draft(script("水厂抢修")))
    code = "E00001"
    visit("rsj_editor").post(f"/duties/events/{code}/script", {"script": late.code})
    assert late.code in text_of(manager.get("/duties/events"))


def test_searches_that_lead_nowhere_are_listed_for_who_keeps_the_statistics(
    visit: Visit, service: Service
) -> None:
    agent = visit("agent")
    for at in range(3):
        agent.post("/desk/searched", {"q": "公积金提取", "key": f"key-{at}"})
    assert "公积金提取" in text_of(visit("zx_manager").get("/verification", queue="fruitless"))
    assert "公积金提取" not in text_of(visit("rsj_editor").get("/verification", queue="fruitless"))
