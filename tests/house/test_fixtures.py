"""The parts that other tests stand on do what they say."""

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from kb_service.core.clock import FixedClock, local_day
from kb_service.core.db import Database
from kb_service.core.ids import Counter, next_number
from tests.conftest import KIND
from tests.support.contexts import ContextBuilder
from tests.support.databases import Databases


@pytest.mark.parametrize("round_", [1, 2])
def test_each_test_gets_a_base_of_its_own(db: Database, round_: int) -> None:
    with db.write() as session:
        assert next_number(session, "house") == 1
    assert db.dialect_name == KIND


def test_a_template_may_start_from_another(databases: Databases) -> None:
    def one_number(database: Database) -> None:
        with database.write() as session:
            next_number(session, "template")

    if not databases.has("house"):
        databases.build("house", one_number, start="empty")
    url = databases.copy("house")
    copied = Database(url)
    with copied.read() as session:
        assert session.execute(select(Counter.value).where(Counter.name == "template")).scalar_one() == 1
    copied.dispose()
    databases.drop(url)


def test_the_clock_stands_at_a_friday_morning(clock: FixedClock) -> None:
    assert local_day(clock.now()).isoformat() == "2026-11-20"


def test_a_context_has_what_its_role_may_do_and_no_more(ctx: ContextBuilder) -> None:
    editor = ctx("unit_editor").actor
    assert editor.may("knowledge.edit")
    assert not editor.may("knowledge.review_centre")
    assert ctx().actor.may("audit.read")


@pytest.mark.browser
def test_the_browser_shows_chinese(page: Page) -> None:
    page.set_content("<!doctype html><html lang='zh-CN'><title>热线</title><p>云溪市</p>")
    assert page.title() == "热线"
    assert page.inner_text("p") == "云溪市"
