"""The public chat in a real browser: on a phone and on a desk, with and without scripts, with the network gone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import Site
from tests.support.knowledge import faq

pytestmark = pytest.mark.browser
PHONE = ViewportSize(width=360, height=640)
QUESTION = "怎样办理退休"
ANSWER = "本人带身份证到市民之家三楼办理"


@pytest.fixture
def chat(site: Site, page: Page) -> Page:
    """The chat, where a question in a point's own words is sure enough to be answered."""
    site.service.parts.settings.answer_precision = 0.35
    page.goto(f"{site.address}/chat")
    return page


@pytest.fixture
def phone(chat: Page) -> Page:
    chat.set_viewport_size(PHONE)
    return chat


@pytest.fixture
def without_scripts(site: Site, browser: Browser) -> Iterator[Page]:
    site.service.parts.settings.answer_precision = 0.35
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    opened = context.new_page()
    opened.goto(f"{site.address}/chat")
    yield opened
    context.close()


def ask(page: Page, question: str) -> None:
    page.fill("#question", question)
    page.press("#question", "Enter")


def newest(page: Page, decision: str) -> None:
    expect(page.locator(".message.ours").last).to_have_attribute("data-decision", decision)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_citizen_asks_and_reads_the_answer_with_its_source(chat: Page) -> None:
    ask(chat, QUESTION)
    newest(chat, "answer")
    bubble = chat.locator(".message.ours").last
    expect(bubble).to_contain_text(ANSWER)
    expect(bubble).to_contain_text("第 1 版")
    expect(chat.locator("#question")).to_have_value("")
    expect(chat.locator("#question")).to_be_focused()
    bubble.get_by_role("button", name="有用", exact=True).click()
    expect(bubble).to_contain_text("谢谢您的反馈")


def test_the_conversation_is_there_again_after_reloading_and_gone_after_ending_it(chat: Page) -> None:
    ask(chat, QUESTION)
    newest(chat, "answer")
    chat.reload()
    newest(chat, "answer")
    chat.get_by_role("link", name="结束对话").click()
    expect(chat.locator(".message.mine")).to_have_count(0)
    chat.reload()
    expect(chat.locator("[data-examples]")).to_be_visible()
    expect(chat.locator(".message.mine")).to_have_count(0)


def test_a_suggestion_is_chosen_with_the_keyboard(chat: Page) -> None:
    chat.locator("#question").press_sequentially("退休手")
    expect(chat.locator("#suggestions li")).to_have_count(1)
    chat.press("#question", "ArrowDown")
    expect(chat.locator("#question")).to_have_attribute("aria-activedescendant", "suggestion-0")
    chat.press("#question", "Enter")
    expect(chat.locator(".message.mine")).to_contain_text("退休手续怎么办")
    expect(chat.locator("#suggestions")).to_be_hidden()


def test_a_clarification_is_answered_with_a_button(site: Site, chat: Page) -> None:
    site.service.parts.settings.answer_precision = 0.999
    site.service.world.publish(faq("怎样办理提前退休", "提前退休到甲窗口办理。"))
    site.service.index()
    ask(chat, "提前退休到哪办理")
    newest(chat, "clarify")
    chat.get_by_role("button", name="怎样办理提前退休").click()
    newest(chat, "answer")
    expect(chat.locator(".message.ours").last).to_contain_text("甲窗口")
    expect(chat.locator(".choices")).to_have_count(0)


def test_danger_is_the_first_thing_on_the_screen_of_a_phone(phone: Page) -> None:
    for question, decision in ((QUESTION, "answer"), ("转人工", "human"), ("我家着火了快来人", "emergency")):
        ask(phone, question)
        newest(phone, decision)
    call = phone.locator("#alarm").get_by_role("link", name="拨打 119")
    expect(call).to_be_in_viewport()
    expect(call).to_have_attribute("href", "tel:119")
    box = call.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < PHONE["height"] / 2
    ask(phone, "转人工")
    expect(phone.locator("#alarm")).to_be_empty()


def test_a_request_is_handed_over_from_a_phone_and_followed_up(phone: Page) -> None:
    ask(phone, "东湖区的路灯坏了三天没人来修")
    newest(phone, "dispatch")
    assert fits(phone)
    phone.locator(".message.ours").last.get_by_role("button", name="登记诉求").click()
    expect(phone.get_by_label("发生了什么事")).to_have_value("东湖区的路灯坏了三天没人来修")
    expect(phone.get_by_label("发生在哪里")).to_have_value("990101")
    phone.get_by_label("联系电话").fill("123")
    phone.get_by_role("button", name="提交登记").click()
    expect(phone.locator("#wrong")).to_be_focused()
    expect(phone.get_by_label("联系电话")).to_have_value("123")
    phone.get_by_label("联系电话").fill("13812345678")
    phone.get_by_role("button", name="提交登记").click()
    expect(phone.get_by_role("heading", name="您的诉求已登记")).to_be_focused()
    assert fits(phone)
    code = phone.inner_text("#ticket-code")
    phone.get_by_role("button", name="回到对话").click()
    expect(phone.locator(".message.ours").last).to_contain_text(code)
    phone.get_by_role("link", name="查进度").click()
    phone.get_by_label("工单编号").fill(code)
    phone.get_by_label("电话或查询码").fill("13812345678")
    phone.get_by_role("button", name="查询").click()
    expect(phone.get_by_role("heading", name=re.compile(code))).to_be_focused()
    expect(phone.locator("main")).to_contain_text("待转派")
    assert "138" not in phone.url


def test_what_was_typed_survives_a_lost_network(chat: Page) -> None:
    chat.context.set_offline(True)
    ask(chat, QUESTION)
    expect(chat.locator("#notice")).to_contain_text("没有发出去")
    expect(chat.locator("#question")).to_have_value(QUESTION)
    chat.context.set_offline(False)
    chat.get_by_role("button", name="再发一次").click()
    newest(chat, "answer")
    expect(chat.locator(".message.mine")).to_have_count(1)


def test_a_form_survives_a_lost_network(site: Site, chat: Page) -> None:
    chat.goto(f"{site.address}/chat/ticket")
    chat.get_by_label("发生了什么事").fill("楼上半夜装修，吵得睡不着")
    chat.get_by_label("发生在哪里").select_option("990000")
    chat.context.set_offline(True)
    chat.get_by_role("button", name="提交登记").click()
    expect(chat.locator("[data-notice]")).to_contain_text("您写的内容还在")
    chat.context.set_offline(False)
    chat.get_by_role("button", name="提交登记").click()
    expect(chat.locator("#ticket-code")).to_be_visible()


def test_too_long_a_question_is_told_of_while_it_is_written(chat: Page) -> None:
    chat.fill("#question", "问" * 510)
    expect(chat.locator("#question-left")).to_have_text("超出 10 个字，请精简")
    chat.press("#question", "Enter")
    expect(chat.locator("#notice")).to_contain_text("超出 10 个字")
    expect(chat.locator(".message.mine")).to_have_count(0)


def test_everything_is_reached_with_the_keyboard_and_focus_is_never_covered(phone: Page) -> None:
    ask(phone, QUESTION)
    newest(phone, "answer")
    phone.locator(".skip-link").focus()
    covered = """() => {
      const element = document.activeElement;
      const box = element.getBoundingClientRect();
      const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      return element === document.body || (top && (element.contains(top) || top.contains(element)));
    }"""
    reached = set()
    for _ in range(24):
        assert phone.evaluate(covered), phone.evaluate("document.activeElement.outerHTML")
        reached.add(phone.evaluate("document.activeElement.textContent.trim() || document.activeElement.id"))
        phone.keyboard.press("Tab")
    assert {"查进度", "有用", "没用", "登记诉求", "拨打 12345", "question", "结束对话"} <= reached


@pytest.mark.parametrize("path", ["/chat", "/chat/ticket", "/chat/progress"])
def test_pages_fit_a_small_phone_with_letters_twice_as_large(site: Site, phone: Page, path: str) -> None:
    phone.goto(site.address + path)
    assert fits(phone)
    phone.evaluate("document.documentElement.style.fontSize = '200%'")
    assert fits(phone)


def test_without_scripts_the_same_forms_work(without_scripts: Page) -> None:
    page = without_scripts
    page.fill("#question", QUESTION)
    page.get_by_role("button", name="发送").click()
    newest(page, "answer")
    page.fill("#question", "转人工")
    page.get_by_role("button", name="发送").click()
    newest(page, "human")
    expect(page.locator(".message.mine")).to_have_count(2)
    page.locator(".message.ours").last.get_by_role("button", name="登记诉求").click()
    page.get_by_label("发生了什么事").fill("楼上半夜装修，吵得睡不着")
    page.get_by_label("发生在哪里").select_option("990000")
    page.get_by_role("button", name="提交登记").click()
    code = page.inner_text("#ticket-code")
    page.get_by_role("button", name="回到对话").click()
    expect(page.locator(".message.ours").last).to_contain_text(code)
