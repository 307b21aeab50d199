"""The pages of chains, turns, remarks, sign-off and scripts at once, without scripts in the browser."""

from datetime import timedelta

from kb_service.knowledge.reviewing import sharing
from kb_service.notices.model import Shift
from tests.integration.admin.conftest import Visit
from tests.support.console import text_of
from tests.support.knowledge import PEOPLE, faq, script
from tests.support.service import Service

ACCOUNTS = {login: number for number, login in enumerate(PEOPLE, 1)}


def test_chains_are_set_and_ended_and_what_is_wrong_is_told_beside_its_field(
    visit: Visit, service: Service
) -> None:
    manager = visit("zx_manager")
    assert "全部知识按标准流程审核" in text_of(manager.get("/review/chains"))
    wrong = manager.post("/review/chains", {"unit": "U-HBJD", "stages": ["unit"]})
    assert wrong.status_code == 422 and "县区单位的知识不经区域审核，须写明理由" in text_of(wrong)
    assert (
        manager.post("/review/chains", {"unit": "U-RSJ", "type": "faq", "stages": ["unit"]}).status_code
        == 303
    )
    shown = text_of(manager.get("/review/chains"))
    assert "市人力资源和社会保障局" in shown and "zx_manager" in shown
    assert service.world.submit(service.world.draft(faq())).status == "unit_review"
    assert manager.post("/review/chains/1/end").status_code == 303
    assert "以往设置" in text_of(manager.get("/review/chains"))
    assert visit("zx_reviewer").get("/review/chains").status_code == 403


def test_a_review_is_taken_handed_on_and_decided_once(visit: Visit, service: Service) -> None:
    world = service.world
    version = world.submit(world.draft(faq()))
    world.decide(version, "rsj_reviewer")
    first, second = visit("zx_reviewer"), visit("zx_second")
    place = f"/review/{version.code}/1"
    assert "我的" in text_of(first.get("/review"))
    assert second.post(f"{place}/take").status_code == 303
    assert second.post(f"{place}/hand-over", {"to": "zx_reviewer"}).status_code == 303
    assert "怎样办理退休" in text_of(first.get("/review?whose=mine"))
    assert "怎样办理退休" not in text_of(second.get("/review?whose=mine"))
    with world.database.read() as session:
        assert sharing.open_turns(session, [version.version_id])[version.version_id].how == "handed"
    decision = {"decision": "approve", "stage": "centre_review"}
    assert first.post(place, decision).status_code == 303
    late = second.post(place, decision)
    assert late.status_code == 422 and "刚由他人审核完毕" in text_of(late)
    sheet = text_of(visit("rsj_editor").get(f"{place}/sign-off"))
    assert "中心审核员" in sheet and "各环节所签内容与本版一致" in sheet


def test_an_editor_sees_remarks_beside_the_fields_and_ticks_them(visit: Visit, service: Service) -> None:
    world = service.world
    version = world.submit(world.draft(faq()))
    returned = {
        "decision": "return",
        "stage": "unit_review",
        "remark.answer": "写明几楼",
        "remark.": "请核对电话",
    }
    assert visit("rsj_reviewer").post(f"/review/{version.code}/1", returned).status_code == 303
    editor = visit("rsj_editor")
    assert editor.post(f"/knowledge/{version.code}/next").status_code == 303
    page = editor.get(f"/knowledge/{version.code}/2/edit").text
    assert page.index('name="content.answer"') < page.index("写明几楼") < page.index('name="keywords"')
    assert "请核对电话" in page
    sent = {
        "type": "faq", "lock": "1", "title": "怎样办理退休", "content.question": "怎样办理退休",
        "content.answer": "到市民之家三楼。", "category": "C11", "audience": "public", "unit": "U-RSJ",
        "remarks": "1", "remark_done": "answer", "submit": "1",
    }  # fmt: skip
    assert editor.post(f"/knowledge/{version.code}/2/edit", sent).status_code == 303
    shown = text_of(visit("rsj_reviewer").get(f"/review/{version.code}/2"))
    assert "编写人已标记改好" in shown and "编写人未标记" in shown


def test_a_script_goes_from_the_editor_to_who_is_on_duty_and_is_reviewed_afterwards(
    visit: Visit, service: Service
) -> None:
    world, now = service.world, service.parts.clock.now()
    with world.database.write() as session:
        session.add(
            Shift(
                duty="script_review", account_id=ACCOUNTS["zx_reviewer"], starts_at=now,
                ends_at=now + timedelta(hours=8), created_at=now,
            )
        )  # fmt: skip
    version = world.draft(script("停水"))
    editor, duty, other = visit("rsj_editor"), visit("zx_reviewer"), visit("zx_second")
    ask = f"/knowledge/{version.code}/1/at-once"
    assert "请求即时发布" in text_of(editor.get(f"/knowledge/{version.code}?version=1"))
    assert editor.get(ask).status_code == 200
    assert editor.post(ask, {}).status_code == 422
    assert editor.post(ask, {"title": "停水", "happened_at": "2026-11-20T09:50"}).status_code == 303
    place = f"/review/at-once/{version.code}/1"
    assert "可以发布的人：zx_reviewer" in text_of(other.get(place))
    assert other.post(place, {"do": "publish"}).status_code == 422
    assert duty.post(place, {"do": "publish"}).status_code == 303
    assert "事发后 10 分钟发布" in text_of(duty.get("/review/at-once"))
    assert other.post(place, {"do": "withdrawn"}).status_code == 422
    assert other.post(place, {"do": "confirmed"}).status_code == 303
    assert "已事后审核" in text_of(other.get("/review/at-once"))
    sheet = text_of(editor.get(f"/review/{version.code}/1/sign-off"))
    assert "值班审核（即时发布）" in sheet and "事后审核" in sheet
