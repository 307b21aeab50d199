"""Versions in front of a person: merging, files of a policy, an earlier day."""

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from kb_service.core.clock import CITY
from kb_service.knowledge.service import drafts
from tests.browser.conftest import Site
from tests.support.knowledge import faq, policy

DAY = timedelta(days=1)


def test_two_people_write_on_one_draft_and_nothing_is_lost(site: Site, page: Page) -> None:
    world = site.service.world
    draft = world.draft(
        faq("怎样申请公租房", "在市民之家三楼申请，五个工作日答复，不收费。", keywords=["公租房"])
    )
    site.enter(page, "rsj_editor", f"/knowledge/{draft.code}/1/edit")
    with world.database.write() as session:
        theirs = faq(
            "怎样申请公租房",
            "在市民之家五楼申请，五个工作日答复，不收费。",
            keywords=["公租房"],
            source="住房中心",
        )
        drafts.edit_draft(session, world.as_("rsj_second"), draft.code, 1, theirs, lock=1)
    page.fill("[name='content.answer']", "在市民之家二楼申请，三个工作日答复，不收费。")
    page.fill("[name='keywords']", "公租房、保障房")
    page.click("text=保存草稿")
    expect(page.get_by_text("有 1 处两人改得不同")).to_be_visible()
    page.get_by_label("自己写", exact=True).check()
    page.fill("[name='content.answer']", "在市民之家五楼申请，三个工作日答复，不收费。")
    page.click("text=保存合并结果")
    expect(page.locator("#point-body")).to_contain_text("五楼申请，三个工作日答复")
    expect(page.locator(".point-facts")).to_contain_text("住房中心")
    expect(page.locator(".point-facts")).to_contain_text("公租房、保障房")


def test_a_policy_in_waiting_takes_its_files_and_is_read_by_its_trainees_only(
    site: Site, page: Page, tmp_path: Path
) -> None:
    world = site.service.world
    text = "第一条 停车收费由市发展改革部门管理。\n第二条 路边停车每小时收费三元。\n第三条 本办法自发布之日起施行。"
    draft = world.draft(policy("停车收费办法", text, release_at=world.clock.now() + 7 * DAY))
    document = tmp_path / "收费标准表.pdf"
    document.write_bytes(b"%PDF-1.7 x")
    site.enter(page, "rsj_editor", f"/knowledge/{draft.code}?version=1")
    page.set_input_files("#f-file", document)
    page.click("text=上传附件")
    expect(page.locator("#files")).to_contain_text("收费标准表.pdf")
    page.click("summary:has-text('发布前培训')")
    page.fill("[name='people']", "agent")
    page.click("text=保存培训人员")
    expect(page.locator("#filing")).to_contain_text("按时报送")
    world.submit(draft)
    for reviewer in ("rsj_reviewer", "zx_reviewer"):
        world.decide(draft, reviewer)
    site.enter(page, "agent", f"/knowledge/{draft.code}?version=1")
    expect(page.get_by_text("未公开：仅供培训学习")).to_be_visible()
    with page.expect_download() as download:
        page.click("text=收费标准表.pdf")
    assert Path(download.value.path()).read_bytes() == b"%PDF-1.7 x"
    site.enter(page, "confidant", f"/knowledge/{draft.code}?version=1")
    expect(page.get_by_text("停车收费")).to_have_count(0)


def test_an_earlier_day_is_looked_up(site: Site, page: Page) -> None:
    world = site.service.world
    first = world.publish(faq("怎样办理落户", "带身份证到三楼。"))
    then = world.clock.now().astimezone(CITY).strftime("%Y-%m-%dT%H:%M")
    world.clock.advance(2 * DAY)  # type: ignore[attr-defined]  # the clock of tests stands still
    world.publish(faq("怎样办理落户", "带身份证到五楼。"), code=first.code)
    site.enter(page, "agent", "/knowledge")
    page.click("text=往日知识库")
    page.fill("#past-at", then)
    page.fill("main [name='q']", "落户")
    page.click("main button[type='submit']")
    expect(page.locator(".past-hits")).to_contain_text("到三楼")
    page.click(".past-hits a.title")
    expect(page.locator("#point-body")).to_contain_text("到三楼")
