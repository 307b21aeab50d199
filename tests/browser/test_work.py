"""Editors, reviewers, importers, and whoever looks after tickets."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import Enter, Site, listens
from tests.support.knowledge import faq

pytestmark = pytest.mark.browser


def test_a_person_logs_in_with_a_password(site: Site, page: Page) -> None:
    from kb_service.core.context import SYSTEM, Context
    from kb_service.identity.schemas import AccountIn
    from kb_service.identity.service import people

    with site.service.parts.database.write() as session:
        data = AccountIn(
            login="zhang", name="张", unit_code="U-ZX", roles=["agent"], password="a-long-password"
        )
        people.add_account(session, Context(SYSTEM, site.service.parts.clock.now()), data)
    page.goto(f"{site.address}/desk?q=退休")
    expect(page.locator("#f-login")).to_be_focused()
    page.keyboard.type("zhang")
    page.keyboard.press("Tab")
    page.keyboard.type("a-long-password")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/desk"))
    expect(page.locator(".hit").first).to_contain_text("退休")


def test_an_editor_writes_and_submits_a_point(enter: Enter) -> None:
    page = enter("rsj_editor", "/knowledge")
    page.click("text=新建知识点")
    page.click("text=常见问题")
    expect(page.locator("[name=title]")).to_be_focused()
    listens(page)
    page.keyboard.type("社保卡丢了怎么挂失")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#error-summary")).to_be_focused()
    expect(page.locator("#error-summary")).to_contain_text("请填写答案")
    expect(page.locator("[name=title]")).to_have_value("社保卡丢了怎么挂失")
    page.click("#error-summary >> text=请填写答案")
    expect(page.locator('[name="content.answer"]')).to_be_focused()
    page.keyboard.type("拨打12333挂失，再到网点补办。")
    page.select_option("[name=category]", label="社会保障/养老保险")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("已送审")
    expect(page.locator("h1")).to_have_text("社保卡丢了怎么挂失")
    expect(page.locator(".page-head")).to_contain_text("待单位审核")


def test_leaving_a_form_with_unsaved_words_is_asked_about(enter: Enter) -> None:
    page = enter("rsj_editor", "/knowledge/new?type=faq")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    expect(page.locator("[name=title]")).to_be_focused()
    page.keyboard.type("半句话")
    page.click(".side >> text=工作台", no_wait_after=True)
    expect(page.locator("[name=title]")).to_have_value("半句话")
    assert asked == ["beforeunload"]


def test_a_reviewer_sees_the_difference_and_goes_on_without_the_mouse(enter: Enter, site: Site) -> None:
    world = site.service.world
    live = world.publish(faq("养老金资格认证", "到窗口认证。"))
    world.submit(world.draft(faq("养老金资格认证", "在手机上认证。"), code=live.code))
    world.submit(world.draft(faq("社保卡补换")))
    page = enter("rsj_reviewer", "/review")
    page.keyboard.press("Enter")
    expect(page.locator("del").first).to_be_visible()
    expect(page.locator("ins").first).to_be_visible()
    listens(page)
    page.keyboard.press("a")
    expect(page.locator("h1")).to_have_text("养老金资格认证")
    page.keyboard.press("Shift+A")
    expect(page.locator("#toasts")).to_contain_text("养老金资格认证")
    expect(page.locator("h1")).to_have_text("社保卡补换")
    page.fill("#remark-all", "写清地点")
    page.click("text=退回修改")
    expect(page.locator("#toasts")).to_contain_text("已退回")
    expect(page.locator("main")).to_contain_text("没有等您审核的知识")


def test_columns_are_put_right_without_choosing_the_file_again(enter: Enter, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(
        "知识类型,名目,类目,承办单位,问题,答案\n常见问题,挂失,社会保障/养老保险,U-RSJ,怎么办,这样办\n",
        "utf-8",
    )
    page = enter("zx_manager", "/import")
    page.set_input_files("[type=file]", file)
    page.click("text=上传并检查")
    expect(page.locator("#import-problem")).to_contain_text("缺少必需的列")
    page.select_option('select[aria-label="名目"]', label="标题")
    page.click("text=上传并检查")
    expect(page.locator("h1")).to_have_text("a.csv")
    expect(page.locator("[data-rows]")).to_contain_text("挂失")
    page.click("text=写入 1 条")
    expect(page.locator("#toasts")).to_contain_text("新增 1 条")


def test_a_toast_takes_the_last_step_back(enter: Enter, site: Site) -> None:
    view = site.service.world.draft(faq("要作废的草稿"))
    page = enter("rsj_editor", f"/knowledge/{view.code}?version=1")
    page.click("text=作废草稿")
    expect(page.locator("#toasts")).to_contain_text("第 1 版已作废")
    page.click("#toasts >> text=撤销")
    expect(page).to_have_url(re.compile(rf"/knowledge/{view.code}/2/edit$"))
