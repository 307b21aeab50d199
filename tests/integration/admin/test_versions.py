"""The console of versions: merging, attachments, training, looking back."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from kb_service.core.clock import CITY, FixedClock
from kb_service.knowledge.attachments import service as attachments
from kb_service.knowledge.service import drafts, reading
from kb_service.knowledge.service.views import VersionView
from tests.integration.admin.conftest import Visit
from tests.support.console import text_of
from tests.support.knowledge import faq, policy
from tests.support.service import Service

DAY = timedelta(days=1)


def read(service: Service, version: VersionView) -> VersionView:
    with service.parts.database.read() as session:
        return reading.get_version(session, service.world.as_("rsj_editor"), version.code, version.number)


def form_of(html: str) -> dict[str, Any]:
    """What the page's main form would send, without anything being chosen."""
    form = html[html.index("data-main-form") :]
    found = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag, re.DOTALL)
        if name and value:
            found[unescape(name.group(1))] = unescape(value.group(1))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = unescape(text)
    return found


@pytest.fixture
def conflict(service: Service) -> VersionView:
    """A draft of which a colleague has saved another answer, another source and another question."""
    draft = service.world.draft(
        faq(answer="本人到市民之家三楼办理。", similar=["几岁退休"], keywords=["退休"], source="窗口")
    )
    with service.parts.database.write() as session:
        theirs = faq(
            answer="本人到市民之家五楼办理。",
            similar=["几岁退休", "退休要什么"],
            keywords=["退休"],
            source="热线",
        )
        drafts.edit_draft(session, service.world.as_("rsj_second"), draft.code, 1, theirs, lock=draft.lock)
    return draft


MINE = {
    "type": "faq", "title": "怎样办理退休", "category": "C11", "region": "990000", "audience": "public",
    "content.question": "怎样办理退休", "content.answer": "本人到市民之家二楼办理。",
    "content.similar_questions": "几岁退休", "keywords": "退休、养老", "source": "窗口", "submit": "0",
}  # fmt: skip


def test_who_saves_second_sees_both_texts_and_what_was_merged(
    visit: Visit, service: Service, conflict: VersionView
) -> None:
    answer = visit("rsj_editor").post(
        f"/knowledge/{conflict.code}/1/edit", MINE | {"lock": str(conflict.lock)}
    )
    assert answer.status_code == 409
    text = text_of(answer)
    assert "有 1 处两人改得不同" in text
    assert "已合并 3 处" in text
    sent = form_of(answer.text)
    assert (sent["mine.content.answer"], sent["theirs.content.answer"]) == (
        "本人到市民之家二楼办理。",
        "本人到市民之家五楼办理。",
    )
    assert read(service, conflict).content.answer_text() == "本人到市民之家五楼办理。"


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("mine", "本人到市民之家二楼办理。"),
        ("theirs", "本人到市民之家五楼办理。"),
        ("edit", "本人到市民之家一楼大厅办理。"),
    ],
)
def test_what_was_decided_is_saved_with_all_that_needed_no_decision(
    visit: Visit, service: Service, conflict: VersionView, choice: str, said: str
) -> None:
    where = f"/knowledge/{conflict.code}/1/edit"
    page = visit("rsj_editor").post(where, MINE | {"lock": str(conflict.lock)})
    sent = form_of(page.text) | {"choice.content.answer": choice, "submit": "0"}
    if choice == "edit":
        sent["content.answer"] = said
    assert visit("rsj_editor").post(where, sent).status_code == 303
    now = read(service, conflict)
    assert now.content.answer_text() == said
    assert (now.source, now.keywords) == ("热线", ["退休", "养老"])
    assert now.content.questions() == ("怎样办理退休", "几岁退休", "退休要什么")


def test_a_third_change_while_merging_is_merged_again(
    visit: Visit, service: Service, conflict: VersionView
) -> None:
    where = f"/knowledge/{conflict.code}/1/edit"
    page = visit("rsj_editor").post(where, MINE | {"lock": str(conflict.lock)})
    with service.parts.database.write() as session:
        stored = reading.one_view(session, service.world.clock.now(), conflict.code, 1)
        more = stored.draft().model_copy(update={"source": "第三次"})
        drafts.edit_draft(session, service.world.as_("rsj_second"), conflict.code, 1, more, lock=stored.lock)
    sent = form_of(page.text) | {"choice.content.answer": "mine", "submit": "0"}
    again = visit("rsj_editor").post(where, sent)
    assert again.status_code == 409
    assert "没有冲突" in text_of(again)
    assert visit("rsj_editor").post(where, form_of(again.text) | {"submit": "0"}).status_code == 303
    now = read(service, conflict)
    assert (now.source, now.content.answer_text()) == ("第三次", "本人到市民之家二楼办理。")


def test_a_file_is_attached_downloaded_and_taken_off_again(visit: Visit, service: Service) -> None:
    draft = service.world.draft(faq())
    where = f"/knowledge/{draft.code}/1/attachments"
    file = {"file": ("../办事 指南.pdf", b"%PDF-1.7 x", "text/html")}
    assert visit("rsj_editor").post(where, files=file).status_code == 303
    page = visit("rsj_editor").get(f"/knowledge/{draft.code}", version="1")
    assert "办事 指南.pdf" in page.text
    sent = visit("rsj_editor").get(f"{where}/1")
    assert (sent.status_code, sent.content) == (200, b"%PDF-1.7 x")
    assert sent.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5%8A%9E")
    assert sent.headers["content-type"] == "application/pdf"
    assert sent.headers["x-content-type-options"] == "nosniff"
    assert visit("agent").get(f"{where}/1").status_code == 404
    assert visit("rsj_editor").post(f"{where}/1/remove").status_code == 303
    with service.parts.database.read() as session:
        assert attachments.attachments(session, service.world.as_("rsj_editor"), draft.code, 1) == []


def test_the_page_of_a_policy_tells_how_it_was_filed_and_names_trainees(
    visit: Visit, service: Service, clock: FixedClock
) -> None:
    version = service.world.publish(policy("停车收费办法", release_at=clock.now() + 7 * DAY))
    where = f"/knowledge/{version.code}"
    page = text_of(visit("rsj_editor").get(where, version="1"))
    assert "新政策报送 按时报送" in page
    assert "提前 5 个工作日" in page
    sent = {"people": "agent", "training_roles": "confidential_handler"}
    assert visit("rsj_editor").post(f"{where}/1/training", sent).status_code == 303
    seen = visit("agent").get(where, version="1")
    assert "未公开：仅供培训学习" in text_of(seen)
    assert "未公开 agent" in unescape(seen.text)
    assert "新政策报送" in text_of(visit("confidant").get(where, version="1"))
    assert visit("gaj_editor").get(where, version="1").status_code == 404


def test_an_earlier_day_is_looked_up_by_list_and_by_search(
    visit: Visit, service: Service, clock: FixedClock
) -> None:
    first = service.world.publish(faq(answer="到三楼办理退休"))
    then = clock.now().astimezone(CITY).strftime("%Y-%m-%dT%H:%M")
    clock.advance(DAY)
    service.world.publish(faq("全新标题", answer="到五楼办理"), code=first.code)
    listed = text_of(visit("agent").get("/knowledge/past", at=then))
    assert "怎样办理退休" in listed
    assert "全新标题" not in listed
    found = visit("agent").get("/knowledge/past", at=then, q="退休")
    assert "到三楼办理退休" in text_of(found)
    assert f"/knowledge/{first.code}?at={then}" in found.text
    assert visit("agent").get("/knowledge/past").status_code == 200
    assert visit("agent").get("/knowledge/past", at="昨天").status_code == 422


def test_a_point_replaced_in_part_says_so_on_its_page_and_at_the_desk(visit: Visit, service: Service) -> None:
    old = service.world.publish(policy("停车收费办法"))
    draft = {
        "type": "policy", "unit": "U-RSJ", "title": "停车新规", "category": "C11", "audience": "public",
        "content.full_text": "第一条 新。", "content.issuer": "市人社局", "replaces": f"{old.code} 第二条、第3条", "submit": "1",
    }  # fmt: skip
    made = visit("rsj_editor").post("/knowledge/new", draft)
    assert made.status_code == 303
    code = made.headers["location"].split("/")[-1].split("?")[0]
    for reviewer in ("rsj_reviewer", "zx_reviewer"):
        service.world.decide(read_version(service, code), reviewer)
    for path in (f"/knowledge/{old.code}", f"/desk/points/{old.code}/1"):
        assert f"第二条、第3条已被《停车新规》（{code}）替代" in text_of(visit("agent").get(path))


def read_version(service: Service, code: str) -> VersionView:
    with service.parts.database.read() as session:
        return reading.one_view(session, service.world.clock.now(), code, 1)
