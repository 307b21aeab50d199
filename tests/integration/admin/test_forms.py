"""Forms: what was typed is kept, what is wrong is told at its place, nothing is half done."""

from typing import Any

import pytest
from sqlalchemy import func, select

from kb_service.answering.service import showing
from kb_service.core import audit
from kb_service.knowledge.model import Version
from kb_service.knowledge.service import reading
from kb_service.tickets.model import Ticket
from tests.integration.admin.conftest import Visit
from tests.support.console import Answer, Visitor, account_for_each_role, text_of
from tests.support.knowledge import faq
from tests.support.service import Service

FAQ = {
    "type": "faq", "unit": "U-RSJ", "title": "怎样办理退休", "category": "C11", "content.question": "退休怎么办",
    "content.answer": "本人到场。", "content.similar_questions": "几岁退休\n退休要什么", "keywords": "退休、养老",
    "audience": "public", "submit": "1",
}  # fmt: skip


def versions(service: Service) -> int:
    with service.parts.database.read() as session:
        return session.execute(select(func.count(Version.id))).scalar_one()


@pytest.mark.parametrize(
    ("login", "path", "data"),
    [
        ("rsj_editor", "/knowledge/new", FAQ),
        ("agent", "/desk/told", {"code": "K000001", "version": "1"}),
        ("agent", "/desk/ticket/register", {"title": "路灯"}),
        ("rsj_reviewer", "/review/many", {"target": "K000001/1"}),
        ("agent", "/inbox/read", {}),
        ("zx_manager", "/categories", {"code": "C9", "name": "税务"}),
    ],
)
def test_a_form_without_the_token_of_its_page_does_nothing(
    visit: Visit, service: Service, login: str, path: str, data: dict[str, str]
) -> None:
    for csrf in ("", "wrong"):
        answer = visit(login).post(path, data, csrf=csrf)
        assert answer.status_code == 403
        assert "页面已过期" in text_of(answer)
    assert versions(service) == 0


def test_a_new_point_is_saved_and_submitted_in_one_step(visit: Visit, service: Service) -> None:
    answer = visit("rsj_editor").post("/knowledge/new", FAQ)
    assert answer.status_code == 303
    code = answer.headers["location"].split("/")[-1].split("?")[0]
    with service.parts.database.read() as session:
        view = reading.get_version(session, service.world.as_("rsj_editor"), code, 1)
    assert (view.status, view.content.questions()) == (
        "unit_review",
        ("退休怎么办", "几岁退休", "退休要什么"),
    )


def test_what_is_missing_is_told_at_its_field_and_what_was_typed_stays(
    visit: Visit, service: Service
) -> None:
    wrong = FAQ | {
        "content.answer": "",
        "category": "",
        "keywords": "退休、养老保险的一个特别长的关键词不能要这么长",
    }
    answer = visit("rsj_editor").post("/knowledge/new", wrong)
    assert answer.status_code == 422
    said = text_of(answer)
    assert "请填写答案" in said
    assert "请选择类目" in said
    assert 'href="#f-content.answer"' in answer.text
    assert 'value="怎样办理退休"' in answer.text
    assert "几岁退休\n退休要什么" in answer.text.replace("\r\n", "\n")
    assert "<title>有误：" in answer.text
    assert versions(service) == 0


def test_what_only_submitting_refuses_is_not_saved_either(visit: Visit, service: Service) -> None:
    """Saving and submitting is one step: the draft that was made on the way is taken back."""
    answer = visit("rsj_editor").post("/knowledge/new", FAQ | {"audience": "restricted"})
    assert (answer.status_code, "须写明限定的角色" in text_of(answer)) == (422, True)
    assert versions(service) == 0


def test_an_incomplete_point_may_be_saved_as_a_draft(visit: Visit, service: Service) -> None:
    draft = FAQ | {"content.answer": "", "submit": "0"}
    assert visit("rsj_editor").post("/knowledge/new", draft).status_code == 303
    assert versions(service) == 1


def test_a_discarded_draft_can_be_taken_back_from_its_toast(visit: Visit, service: Service) -> None:
    view = service.world.draft(faq("怎样办理退休", "原文。"))
    editor = visit("rsj_editor")
    gone = editor.post(f"/knowledge/{view.code}/{view.number}/discard")
    page = editor.get(gone.headers["location"])
    undo = f"/knowledge/{view.code}/{view.number}/restore"
    assert f'action="{undo}"' in page.text
    assert f'action="{undo}"' not in editor.get("/knowledge").text
    back = editor.post(undo)
    assert back.headers["location"] == f"/knowledge/{view.code}/2/edit"


def test_a_reviewer_decides_and_is_led_to_the_next_piece(visit: Visit, service: Service) -> None:
    world = service.world
    first, second = (world.submit(world.draft(faq(title))) for title in ("退休", "参保"))
    reviewer = visit("rsj_reviewer")
    done = reviewer.post(f"/review/{first.code}/1", {"decision": "approve"})
    assert done.headers["location"] == f"/review/{second.code}/1"
    refused = reviewer.post(f"/review/{second.code}/1", {"decision": "return"})
    assert refused.status_code == 422
    assert "退回须写明意见" in text_of(refused)
    remark = {"decision": "return", "remark.answer": "写清地点"}
    assert reviewer.post(f"/review/{second.code}/1", remark).headers["location"] == "/review"
    with service.parts.database.read() as session:
        seen = [reading.one_view(session, world.clock.now(), each.code, 1).status for each in (first, second)]
    assert seen == ["centre_review", "returned"]


def test_several_are_approved_from_the_list_and_refusals_are_told(visit: Visit, service: Service) -> None:
    world = service.world
    first, second = (world.submit(world.draft(faq(title))) for title in ("退休", "参保"))
    reviewer = visit("rsj_reviewer")
    targets = [f"{first.code}/1", f"{second.code}/1", "K999999/1"]
    done = reviewer.post("/review/many", {"target": targets})
    assert done.status_code == 303
    page = reviewer.get("/review")
    assert "已通过 2 件" in text_of(page)
    assert reviewer.post("/review/many").status_code == 422


def test_a_reviewer_sees_a_version_beside_what_is_live(visit: Visit, service: Service) -> None:
    live = service.world.publish(faq("怎样办理退休", "到三楼办理。"))
    service.world.submit(service.world.draft(faq("怎样办理退休", "到五楼办理。"), code=live.code))
    page = visit("rsj_reviewer").get(f"/review/{live.code}/2")
    assert "<del>三楼</del>" in page.text
    assert "<ins>五楼</ins>" in page.text
    assert "与现行第 1 版对照" in text_of(page)


def test_a_ticket_is_registered_from_the_question_and_shows_its_number(
    visit: Visit, service: Service
) -> None:
    service.world.publish(faq("怎样办理退休"))
    service.index()
    agent = visit("agent")
    form = agent.post(
        "/desk/ticket", {"q": "我爸的退休金三个月没发了，投诉社保局"}, headers={"HX-Request": "true"}
    )
    assert form.status_code == 200
    assert 'name="decision" value="' in form.text
    ticket = {
        "title": "退休金没发",
        "text": "三个月没发。",
        "class": "complaint",
        "region": "990000",
        "channel": "phone",
    }
    done = agent.post(
        "/desk/ticket/register", ticket | {"phone": "0700-8123456"}, headers={"HX-Request": "true"}
    )
    assert done.status_code == 200
    with service.parts.database.read() as session:
        code = session.execute(select(Ticket.code)).scalar_one()
    assert code in text_of(done)
    assert "0700-8123456" not in agent.get(f"/tickets/{code}").text


def test_an_empty_ticket_is_refused_with_its_places(visit: Visit, service: Service) -> None:
    answer = visit("agent").post(
        "/desk/ticket/register", {"title": "", "text": "", "class": "help", "region": "990000"}
    )
    assert answer.status_code == 422
    assert 'href="#f-title"' in answer.text
    assert 'href="#f-text"' in answer.text


def test_a_requester_is_shown_for_a_reason_and_to_those_who_may(visit: Visit, service: Service) -> None:
    account_for_each_role(service, "U-ZX")
    ticket = {
        "title": "路灯不亮", "text": "坏了三天。", "class": "help", "region": "990101", "channel": "phone",
        "name": "李某", "phone": "13900001111",
    }  # fmt: skip
    code = visit("agent").post("/desk/ticket/register", ticket).headers["location"].split("/")[-1]
    assert visit("agent").post(f"/tickets/{code}/requester", {"reason": "回访"}).status_code == 403
    supervisor = visit("role.supervisor")
    assert "13900001111" not in supervisor.get(f"/tickets/{code}").text
    unsaid = supervisor.post(f"/tickets/{code}/requester", {"reason": " "})
    assert (unsaid.status_code, "13900001111" in unsaid.text) == (422, False)
    shown = supervisor.post(f"/tickets/{code}/requester", {"reason": "回访核实"})
    assert (shown.status_code, "13900001111" in shown.text) == (200, True)
    with service.parts.database.read() as session:
        kept = audit.rows(session, action="requester.revealed").items
    assert [row.reason for row in kept] == ["回访核实"]


def test_a_step_on_a_ticket_that_somebody_else_has_moved_is_refused(visit: Visit, service: Service) -> None:
    account_for_each_role(service, "U-ZX")
    ticket = {
        "title": "路灯不亮",
        "text": "坏了三天。",
        "class": "help",
        "region": "990101",
        "channel": "phone",
    }
    code = visit("agent").post("/desk/ticket/register", ticket).headers["location"].split("/")[-1]
    dispatcher = visit("role.dispatcher")
    missing = dispatcher.post(f"/tickets/{code}/events", {"type": "dispatch", "seq": "1"})
    assert (missing.status_code, "承办单位" in text_of(missing)) == (422, True)
    step = {"type": "dispatch", "seq": "1", "to": "U-RSJ"}
    assert dispatcher.post(f"/tickets/{code}/events", step).status_code == 303
    late = dispatcher.post(f"/tickets/{code}/events", step)
    assert (late.status_code, "刚被其他人处理过" in text_of(late)) == (422, True)
    page = text_of(dispatcher.get(f"/tickets/{code}"))
    assert "待签收" in page
    assert "依据第" in page


def test_an_answer_that_was_told_is_kept_with_its_version(visit: Visit, service: Service) -> None:
    live = service.world.publish(faq("怎样办理退休"))
    told = {"code": live.code, "version": "1", "q": "我电话13900001111，退休怎么办", "title": live.title}
    answer = visit("agent").post("/desk/told", told, headers={"HX-Request": "true"})
    assert (answer.status_code, "kb:toast" in answer.headers["hx-trigger"]) == (204, True)
    with service.parts.database.read() as session:
        kept = showing.of_version(session, live.code, 1).items
    assert [(row.kind, row.channel, "13900001111" in row.question) for row in kept] == [
        ("told", "phone", False)
    ]


CSV = (
    "知识类型,标题,类目,承办单位,问题,答案\n常见问题,社保卡挂失,{category},U-RSJ,卡丢了怎么办,打12333挂失。\n"
)


def upload(visitor: Visitor, text: str, **options: Any) -> Answer:
    return visitor.post(
        "/import", {"unit": "", "type": ""}, files={"file": ("a.csv", text.encode())}, **options
    )


def test_a_file_is_checked_shown_written_and_taken_back(visit: Visit, service: Service) -> None:
    manager = visit("zx_manager")
    staged = upload(manager, CSV.format(category="社会保障/养老保险"))
    page = staged.headers["location"]
    assert "社保卡挂失" in manager.get(page).text
    assert versions(service) == 0
    assert manager.post(f"{page}/apply").status_code == 303
    assert versions(service) == 1
    assert "新增 1 条" in text_of(manager.get(page))
    assert manager.post(f"{page}/undo", {"reason": "传错了"}).status_code == 303
    assert "已撤销" in text_of(manager.get(page))


def test_a_wrong_cell_is_told_with_its_row_and_column_and_nothing_is_written(
    visit: Visit, service: Service
) -> None:
    manager = visit("zx_manager")
    page = upload(manager, CSV.format(category="没有的类目")).headers["location"]
    said = text_of(manager.get(page))
    assert "类目 ：类目“没有的类目”不存在" in said
    assert manager.get(f"{page}/errors.csv").content.startswith(b"\xef\xbb\xbf")
    manager.post(f"{page}/apply")
    assert versions(service) == 0


def test_columns_that_are_not_known_can_be_put_right(visit: Visit, service: Service) -> None:
    manager = visit("zx_manager")
    text = CSV.format(category="社会保障/养老保险").replace("标题", "名目")
    asked = upload(manager, text, headers={"HX-Request": "true"})
    assert (asked.status_code, 'value="名目"' in asked.text) == (200, True)
    headers = text.splitlines()[0].split(",")
    keys = ["type", "title", "category", "unit", "question", "answer"]
    data = {f"header.{at}": header for at, header in enumerate(headers, 1)}
    data |= {f"column.{at}": key for at, key in enumerate(keys, 1)}
    done = manager.post(
        "/import", data, files={"file": ("a.csv", text.encode())}, headers={"HX-Request": "true"}
    )
    assert done.status_code == 204
    assert "社保卡挂失" in manager.get(done.headers["hx-redirect"]).text
