"""Every page for people who do not use a mouse, or do not see it: what axe would ask, asked by hand."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter, Site
from tests.support.knowledge import faq

pytestmark = pytest.mark.browser

# Gives what is wrong on a page, in words. Hidden parts are left out.
CHECK = """() => {
  const wrong = [];
  const seen = (element) => element.offsetParent !== null || element.closest("dialog[open]");
  const name = (element) => {
    const by = element.getAttribute("aria-labelledby");
    const told = by && document.getElementById(by);
    const labels = element.labels ? Array.from(element.labels, (label) => label.textContent).join("") : "";
    return (element.getAttribute("aria-label") || (told && told.textContent) || labels
      || element.textContent || element.title || "").trim();
  };
  document.querySelectorAll("a[href], button, summary").forEach((element) => {
    if (seen(element) && !name(element)) wrong.push(`no name: ${element.outerHTML.slice(0, 120)}`);
  });
  document.querySelectorAll("input:not([type=hidden]), select, textarea").forEach((element) => {
    const label = element.getAttribute("aria-label") || element.getAttribute("aria-labelledby")
      || (element.labels && element.labels.length);
    if (seen(element) && !label) wrong.push(`no label: ${element.outerHTML.slice(0, 120)}`);
  });
  document.querySelectorAll("button, .btn, input:not([type=hidden]), select, .side a").forEach((element) => {
    const box = element.getBoundingClientRect();
    const small = element.matches("[type=checkbox], [type=radio], [type=file]");
    if (seen(element) && !small && box.width > 1 && Math.min(box.width, box.height) < 24) {
      wrong.push(`smaller than 24: ${element.outerHTML.slice(0, 120)}`);
    }
  });
  const ids = Array.from(document.querySelectorAll("[id]"), (element) => element.id);
  ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => wrong.push(`double id: ${id}`));
  document.querySelectorAll("[aria-describedby], [aria-controls]").forEach((element) => {
    ["aria-describedby", "aria-controls"].forEach((kind) => {
      (element.getAttribute(kind) || "").split(" ").filter(Boolean).forEach((id) => {
        if (!document.getElementById(id)) wrong.push(`${kind} leads nowhere: ${id}`);
      });
    });
  });
  document.querySelectorAll("img:not([alt])").forEach((element) => wrong.push(`no alt: ${element.src}`));
  const levels = Array.from(document.querySelectorAll("h1, h2, h3")).filter(seen).map((head) => Number(head.tagName[1]));
  if (document.querySelectorAll("h1").length !== 1) wrong.push(`${document.querySelectorAll("h1").length} h1`);
  levels.forEach((level, at) => { if (at && level - levels[at - 1] > 1) wrong.push(`h${levels[at - 1]} then h${level}`); });
  if (document.documentElement.lang !== "zh-CN") wrong.push("no language");
  if (!document.title) wrong.push("no title");
  if (document.documentElement.scrollWidth > window.innerWidth + 1) wrong.push("scrolls sideways");
  return wrong;
}"""

PAGES = (
    (
        "agent",
        ("/", "/desk?q=退休", "/knowledge", "/tickets", "/inbox", "/units", "/categories", "/admin/_gallery"),
    ),
    ("rsj_editor", ("/", "/knowledge/new", "/knowledge/new?type=faq", "/knowledge/new?type=procedure")),
    ("zx_manager", ("/import", "/review")),
)


@pytest.mark.parametrize(("login", "paths"), PAGES)
def test_every_control_has_a_name_a_label_and_room(enter: Enter, login: str, paths: tuple[str, ...]) -> None:
    found = {path: enter(login, path).evaluate(CHECK) for path in paths}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_pages_of_one_piece_of_work_are_as_careful(enter: Enter, site: Site) -> None:
    world = site.service.world
    live = world.publish(faq("养老金资格认证", "到窗口认证。"))
    world.submit(world.draft(faq("养老金资格认证", "在手机上认证。"), code=live.code))
    paths = {
        "rsj_reviewer": (f"/review/{live.code}/2", f"/knowledge/{live.code}", f"/knowledge/{live.code}/compare?old=1&new=2"),
    }  # fmt: skip
    found = {path: enter(login, path).evaluate(CHECK) for login, each in paths.items() for path in each}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_the_login_page_is_as_careful(site: Site, page: Page) -> None:
    page.goto(f"{site.address}/login")
    assert page.evaluate(CHECK) == []
    expect(page.locator(".unsupported")).not_to_be_visible()


def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(enter: Enter) -> None:
    page = enter("agent", "/knowledge")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_the_console_can_be_used_at_twice_its_size(enter: Enter) -> None:
    """A window of 683 × 384 is what 1366 × 768 shows at 200 %."""
    page = enter("agent", "/desk?q=退休")
    page.set_viewport_size({"width": 683, "height": 384})
    for path in ("/desk?q=退休", "/knowledge", "/tickets"):
        page.goto(page.url.split("/desk")[0].split("/knowledge")[0].split("/tickets")[0] + path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"), path
