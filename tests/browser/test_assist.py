"""An agent writes down a call, and takes what was heard into the registration form."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter

pytestmark = pytest.mark.browser


def test_a_call_that_is_written_down_fills_the_form_without_the_mouse(enter: Enter) -> None:
    page = enter("agent", "/desk")
    page.keyboard.press("Alt+l")
    box = page.locator("[data-transcript]")
    expect(box).to_be_focused()
    page.keyboard.type("我要投诉，公司拖欠工资不发")
    told = page.locator("#assist-told")
    expect(told).to_contain_text("还要问")
    expect(told).to_contain_text("请问是在哪里发生的")
    page.keyboard.press("Enter")
    page.keyboard.type("就在东湖区湖滨街道，上周三的事，电话13812345678")
    expect(told).to_contain_text("东湖区湖滨街道")
    expect(told).to_contain_text("138****5678")
    page.keyboard.press("Alt+i")
    expect(page.locator("#f-phone")).to_have_value("13812345678")
    expect(page.locator("#ticket textarea[name=text]")).to_have_value(
        "我要投诉，公司拖欠工资不发。就在东湖区湖滨街道，上周三的事，电话138****5678"
    )
