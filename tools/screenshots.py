"""Takes the pictures of the documents anew, from a fresh demo city in a temporary folder.

.venv/bin/python -m tools.screenshots
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from kb_service.demo.loader import DEMO_PASSWORD

IMAGES = Path("docs/images")
DESK: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 780}
QUESTION = "老板拖着工资不发找谁"


def log_in(browser: Browser, base: str, login: str) -> Page:
    page = browser.new_context(viewport=DESK, locale="zh-CN", timezone_id="Asia/Shanghai").new_page()
    page.goto(f"{base}/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/")
    return page


def take(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png")


def pictures(browser: Browser, base: str) -> None:
    agent = log_in(browser, base, "huawu01")
    # The first search of a process loads dictionaries; the picture shows an ordinary one.
    agent.goto(f"{base}/desk?q=社保")
    take(agent, f"{base}/desk?q={QUESTION}", "desk")
    dispatcher = log_in(browser, base, "paidan01")
    dispatcher.goto(f"{base}/tickets")
    ticket = dispatcher.locator("tbody a").first.get_attribute("href")
    take(dispatcher, f"{base}{ticket}", "ticket")
    reviewer = log_in(browser, base, "zsshenhe01")
    reviewer.goto(f"{base}/review")
    review = reviewer.locator("tbody a").first.get_attribute("href")
    take(reviewer, f"{base}{review}", "review")
    citizen = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()
    citizen.goto(f"{base}/chat")
    citizen.fill("textarea", "身份证丢了怎么补办")
    citizen.keyboard.press("Enter")
    # Asked back whether this is meant; the answer follows.
    citizen.get_by_role("button", name="居民身份证丢失补领").click()
    citizen.wait_for_load_state("networkidle")
    citizen.wait_for_timeout(1500)
    citizen.screenshot(path=IMAGES / "chat.png")


def wait_for(port: int) -> None:
    """The service tells its address a moment before it listens there."""
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit("the service does not answer")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    chromium = shutil.which("chromium") or sys.exit(
        "Chromium is lacking (on Debian: apt-get install chromium)"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"KB_VAR_DIR": folder, "KB_PORT": str(port)}
        command = [sys.executable, "-m", "kb_service.cli", "serve"]
        service = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            assert service.stderr is not None
            for line in service.stderr:
                if "Ctrl-C" in line:
                    break
            wait_for(port)
            with sync_playwright() as playwright:
                arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
                browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
                pictures(browser, f"http://127.0.0.1:{port}")
                browser.close()
        finally:
            service.terminate()
            service.communicate()


if __name__ == "__main__":
    main()
