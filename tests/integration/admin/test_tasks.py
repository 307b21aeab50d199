"""Tasks about knowledge in front of the console: by what is due first, told when they moved, closed with a word."""

from datetime import date, timedelta

from kb_service.core.context import SYSTEM, Context
from kb_service.knowledge.calendar import jobs as calendar_jobs
from kb_service.knowledge.supersession import flagging
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.tasks.service import open_task
from kb_service.regulations import service as regulations
from tests.integration.admin.conftest import Visit
from tests.support.console import text_of
from tests.support.service import Service


def asked(service: Service, title: str = "引用的《退休办法》已被替代", days: int | None = 5) -> int:
    world = service.world
    with world.database.write() as session:
        ctx = world.as_("zx_manager")
        due = regulations.calendar(session).due(ctx.now, flagging.WITHIN) if days else None
        return open_task(
            session, ctx, kind=flagging.TASK, subject=f"point:{title}", title=title, link="/knowledge",
            unit_id=world.as_("rsj_editor").actor.unit_id or 0, clause="TA-8.4" if days else None,
            due_at=due.due if due else None, due_day=due.due_day if due else None,
        ).id  # fmt: skip


def test_a_unit_finds_its_tasks_on_their_page_and_at_home_and_others_do_not(
    visit: Visit, service: Service
) -> None:
    asked(service, "无期限的事", None)
    asked(service)
    page = text_of(visit("rsj_editor").get("/tasks"))
    assert page.index("《退休办法》") < page.index("无期限的事")
    assert "TA-8.4" in page
    assert "不限期" in page
    assert "《退休办法》" in text_of(visit("rsj_editor").get("/"))
    assert "《退休办法》" not in text_of(visit("gaj_editor").get("/tasks"))
    assert "没有待办的知识任务" in text_of(visit("gaj_editor").get("/tasks"))


def test_a_task_is_closed_with_a_word_and_stands_among_the_closed(visit: Visit, service: Service) -> None:
    task = asked(service, "请补充《退休办法》", None)
    editor = visit("rsj_editor")
    refused = editor.post(f"/tasks/{task}/close", {"outcome": "done", "note": ""})
    assert refused.status_code == 422
    assert "请写明办理情况" in refused.text
    unknown = editor.post(f"/tasks/{task}/close", {"outcome": "别的", "note": "已改引新文号"})
    assert (unknown.status_code, "请选择已办理或无须办理" in unknown.text) == (422, True)
    done = editor.post(f"/tasks/{task}/close", {"outcome": "done", "note": "已改引新文号"})
    assert done.headers["location"] == "/tasks"
    assert "《退休办法》" not in text_of(editor.get("/tasks"))
    assert "已改引新文号" in text_of(editor.get("/tasks", closed="1"))
    again = editor.post(f"/tasks/{task}/close", {"outcome": "dropped", "note": "重复办结"})
    assert again.status_code in {409, 422}
    with service.parts.database.read() as session:
        assert session.get_one(Task, task).outcome == "done"


def test_what_a_rule_asks_for_is_closed_by_the_deed_or_by_the_centre_alone(
    visit: Visit, service: Service
) -> None:
    task = asked(service)
    editor = visit("rsj_editor")
    assert "/close" not in editor.get("/tasks").text
    for outcome in ("done", "dropped"):
        refused = editor.post(f"/tasks/{task}/close", {"outcome": outcome, "note": "办过了"})
        assert refused.status_code == 422
        assert "事项办完后自行办结" in refused.text
    said = {"outcome": "dropped", "note": "该文件已停止执行"}
    assert visit("zx_manager").post(f"/tasks/{task}/close", said).headers["location"] == "/tasks"
    with service.parts.database.read() as session:
        assert session.get_one(Task, task).outcome == "dropped"


def test_who_does_not_write_for_the_unit_closes_nothing(visit: Visit, service: Service) -> None:
    task = asked(service)
    for login in ("gaj_editor", "agent"):
        refused = visit(login).post(f"/tasks/{task}/close", {"outcome": "done", "note": "不是我们的"})
        assert refused.status_code in {403, 404, 422}
    with service.parts.database.read() as session:
        assert session.get_one(Task, task).closed_at is None


def test_a_task_and_the_page_of_the_change_tell_from_when_the_calendar_moved_it(
    visit: Visit, service: Service
) -> None:
    asked(service)
    service.parts.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    with service.parts.database.write() as session:
        ctx = Context(SYSTEM, service.parts.clock.now())
        regulations.set_override(session, ctx, date(2026, 11, 23), False, "台风停工")
    manager = visit("zx_manager")
    assert "正在推算知识纠错和任务的期限" in text_of(manager.get("/calendar/changes/1"))
    while calendar_jobs.follow(service.parts):
        pass
    told = text_of(visit("rsj_editor").get("/tasks"))
    assert "期限随工作日历调整，原为11月27日24时前：台风停工" in told
    page = text_of(manager.get("/calendar/changes/1"))
    assert "11月30日24时前" in page
    assert "1 项知识纠错和任务的期限有变化" in page
    moves = manager.get("/api/v1/calendar/changes/1/knowledge-moves").json()["items"]
    assert [each["after"] for each in moves] == ["11月30日24时前"]
