"""Fixtures over a real browser: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, sync_playwright

from tests.support.lacking import lacking

# The smallest screen the console is made for.
SCREEN = ViewportSize(width=1366, height=768)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next((path for name in names if (path := shutil.which(name))), None)
    if executable is None:
        lacking("a browser: install Chromium (on Debian: apt-get install chromium)")
    # The sandbox does not start under root or in most containers; what these tests open is our own.
    arguments = ["--no-sandbox"]
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield found
        found.close()


@pytest.fixture
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=SCREEN, locale="zh-CN", timezone_id="Asia/Shanghai")
    yield context
    context.close()


@pytest.fixture
def page(browser_context: BrowserContext) -> Iterator[Page]:
    """A page that fails its test when a script throws or anything is refused by the browser."""
    opened = browser_context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # A page that answers 4xx is logged by the browser, and what it must show is the test's own claim.
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    opened.on("console", hear)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert not complaints, complaints
