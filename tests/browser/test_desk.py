"""An agent at the desk, with both hands on the keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from kb_service.answering.model import Shown
from kb_service.tickets.model import Ticket
from tests.browser.conftest import Enter, Site, listens

pytestmark = pytest.mark.browser


def test_results_come_while_typing_and_the_address_keeps_them(enter: Enter) -> None:
    page = enter("agent", "/desk")
    expect(page.locator("[data-search-input]").first).to_be_focused()
    page.keyboard.type("退休怎么办", delay=20)
    first = page.locator(".hit").first
    expect(first).to_contain_text("怎样办理退休")
    expect(first).to_contain_text("市民之家三楼")
    expect(first).to_contain_text("市人力资源和社会保障局")
    expect(first).to_contain_text("第 1 版")
    expect(page.locator("#result-status")).to_contain_text(re.compile("找到|显示"))
    expect(page).to_have_url(re.compile(r"q=%E9%80%80%E4%BC%91%E6%80%8E%E4%B9%88%E5%8A%9E"))
    page.reload()
    expect(page.locator(".hit").first).to_contain_text("怎样办理退休")


def test_nothing_is_asked_while_an_input_method_is_composing(enter: Enter) -> None:
    page = enter("agent", "/desk")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/desk?" in request.url else None)
    page.evaluate(
        """() => {
          const box = document.querySelector("[data-search-input]");
          box.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
          box.value = "tui xiu";
          box.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true }));
          window.setTimeout(() => {
            box.value = "退休";
            box.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }));
          }, 400);
        }"""
    )
    expect(page.locator(".hit").first).to_contain_text("退休")
    assert len(asked) == 1
    assert "tui" not in asked[0]


def test_arrows_move_enter_opens_and_the_answer_is_recorded(enter: Enter, site: Site) -> None:
    page = enter("agent", "/desk?q=退休")
    expect(page.locator(".hit.is-current")).to_contain_text("退休")
    before = page.locator(".hit.is-current .hit-title").inner_text()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hit.is-current .hit-title")).not_to_have_text(before)
    current = page.locator(".hit.is-current .hit-title").inner_text()
    expect(page.locator("#detail h2")).to_have_text(current)
    page.keyboard.press("Enter")
    expect(page.locator("#detail article")).to_be_focused()
    page.keyboard.press("Alt+u")
    expect(page.locator("#toasts")).to_contain_text(current)
    with site.service.parts.database.read() as session:
        kept = list(session.execute(select(Shown)).scalars())
    assert [(row.kind, row.channel) for row in kept] == [("told", "phone")]


def test_the_answer_is_copied_with_one_key(enter: Enter) -> None:
    page = enter("agent", "/desk?q=失业金怎么领")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("Alt+c")
    expect(page.locator("#toasts")).to_contain_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == "在掌上12333申请，次月起发放。"


def test_a_ticket_is_registered_from_the_question_in_three_keystrokes(enter: Enter, site: Site) -> None:
    page = enter("agent", "/desk")
    page.keyboard.type("湖滨路的路灯坏了三天没人修", delay=5)
    keystrokes = ["Alt+n", "Control+Enter"]
    page.keyboard.press(keystrokes[0])
    expect(page.locator("#f-phone")).to_be_focused()
    expect(page.locator("#f-text")).to_have_value("湖滨路的路灯坏了三天没人修")
    page.keyboard.press(keystrokes[1])
    code = page.locator("#registered-code")
    expect(code).to_have_text(re.compile(r"^\d{8}-\d{5}$"))
    with site.service.parts.database.read() as session:
        ticket = session.execute(select(Ticket)).scalar_one()
    assert (ticket.code, ticket.title) == (code.inner_text(), "湖滨路的路灯坏了三天没人修")
    assert len(keystrokes) <= 3


def test_single_keys_do_nothing_in_a_field_and_can_be_switched_off(enter: Enter) -> None:
    page = enter("agent", "/knowledge")
    page.keyboard.press("/")
    box = page.locator("main [data-search-input]")
    expect(box).to_be_focused()
    page.keyboard.type("/?")
    expect(box).to_have_value("/?")
    expect(page.locator("#guide")).not_to_be_visible()
    box.evaluate("box => box.blur()")
    page.keyboard.press("?")
    expect(page.locator("#guide")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("details[data-menu] summary").click()
    page.locator("[data-keys-switch]").click()
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#guide")).not_to_be_visible()


def test_the_palette_leads_to_places_and_searches(enter: Enter) -> None:
    page = enter("agent", "/knowledge")
    page.keyboard.press("Control+k")
    page.keyboard.type("工单")
    expect(page.locator("#palette-list [aria-selected=true]")).to_contain_text("工单")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/tickets$"))
    listens(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("失业金")
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_contain_text("失业金怎么领")


def test_search_and_ticket_work_without_scripts(site: Site, page: Page) -> None:
    plain = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    opened = plain.new_page()
    site.enter(opened, "agent", "/desk")
    opened.fill("[data-search-input]", "退休怎么办")
    opened.click(".desk-box button")
    expect(opened.locator(".hit").first).to_contain_text("怎样办理退休")
    opened.click("[data-new-ticket]")
    opened.fill("#f-phone", "0700-8123456")
    opened.click(".desk-ticket .btn-primary")
    expect(opened).to_have_url(re.compile(r"/tickets/\d{8}-\d{5}$"))
    plain.close()
