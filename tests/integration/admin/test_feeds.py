"""The page of sub-centres' data tells how each feed stands and what of it was refused."""

from datetime import timedelta

from kb_service.core.clock import FixedClock
from tests.integration.admin.conftest import Visit
from tests.support.console import text_of
from tests.support.feeds import add_sub_centre, told
from tests.support.service import Service


def test_a_silent_feed_and_a_refused_item_are_shown_in_words(
    visit: Visit, service: Service, clock: FixedClock
) -> None:
    manager = visit("zx_manager")
    assert "还没有接入分中心" in text_of(manager.get("/feeds"))
    sub_centre = add_sub_centre(service)
    sub_centre.push(told("A1"), told("W1", 1, ""))
    clock.advance(timedelta(minutes=61))
    sub_centre.watch()
    # Whoever did nothing for an hour has been logged out.
    manager = visit("zx_manager")
    page = text_of(manager.get("/feeds"))
    assert "市场监管分中心" in page and "没有收到数据" in page and "2 条中 1 条（50.0%）" in page
    refused = text_of(manager.get("/feeds/sj", outcome="refused"))
    assert "W1" in refused and "请填写答案" in refused and "A1" not in refused
    assert manager.get("/feeds/none").status_code == 404
