"""Figures, the tickets behind them, the view of the moment and scores in the console."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from kb_service.core.clock import FixedClock, local_day
from tests.integration.admin.conftest import Visit
from tests.integration.insight.conftest import Desk, busy, in_city, people, tickets
from tests.support.console import text_of
from tests.support.service import Service

__all__ = ["busy", "in_city", "people", "tickets"]


@pytest.mark.parametrize(
    "path", ["/statistics", "/statistics/now", "/statistics/scores", "/statistics/figures/volume"]
)
def test_each_page_stands_without_any_ticket(visit: Visit, people: Service, path: str) -> None:
    assert visit("centre").get(path).status_code == 200


def test_a_figure_leads_to_the_tickets_it_was_counted_from(
    visit: Visit, busy: Desk, clock: FixedClock
) -> None:
    shown = visit("centre").get("/statistics", period="2026")
    assert "受理量" in text_of(shown)
    assert "按规则不计 1" in text_of(shown)
    assert "data-chart=" in shown.text
    behind = visit("centre").get("/statistics/figures/sign_in_time", period="2026", side="missed")
    assert "从未签收" in text_of(behind)


def test_who_may_not_read_tickets_sees_the_figures_without_links_to_them(visit: Visit, busy: Desk) -> None:
    manager = visit("zx_manager")
    for path in ("/statistics", "/statistics/now", "/statistics/scores/U-RSJ"):
        shown = manager.get(path)
        assert shown.status_code == 200
        assert ["/tickets" in shown.text, "/statistics/figures/" in shown.text] == [False, False]
    refused = text_of(manager.get("/tickets"))
    assert ["“查看工单”权限" in refused, "ticket.read" in refused] == [True, False]


def test_days_to_come_are_not_drawn_as_days_without_requests(
    visit: Visit, busy: Desk, clock: FixedClock
) -> None:
    today, month = local_day(clock.now()), f"{local_day(clock.now()):%Y-%m}"
    line = first_chart(visit("centre").get("/statistics", period=month).text)
    assert line["labels"][-1] == f"{today.month}-{today.day}"


def first_chart(page: str) -> dict[str, Any]:
    """What the first chart of a page draws."""
    found = re.search(r"data-chart='([^']*)'", page)
    assert found is not None
    drawn: dict[str, Any] = json.loads(found[1])
    return drawn


def test_the_view_of_the_moment_names_who_is_overdue(visit: Visit, busy: Desk) -> None:
    assert "市人力资源和社会保障局" in text_of(visit("centre").get("/statistics/now"))


def test_scores_are_published_checked_and_appealed(visit: Visit, busy: Desk, clock: FixedClock) -> None:
    day = (clock.now() - timedelta(days=30)).date()
    period = f"{day:%Y-%m}"
    chief = visit("centre")
    assert chief.post("/statistics/scores/publish?period=" + period).status_code == 303
    shown = chief.get("/statistics/scores/U-RSJ", period=period)
    assert "重算无误" in text_of(shown)
    assert "从未签收" in text_of(shown)


def test_weights_that_do_not_add_up_come_back_with_what_was_typed(visit: Visit, people: Service) -> None:
    chief = visit("centre")
    sent = chief.post(
        "/statistics/scores/scheme",
        {"weight_sign_in_time": "41", "valid_from": "2027-01-01", "basis": "市考核办通知"},
    )
    assert sent.status_code == 422
    assert "合计应为100" in text_of(sent)
    assert 'value="41"' in sent.text


def test_the_table_is_downloaded(visit: Visit, busy: Desk) -> None:
    chief = visit("centre")
    assert chief.get("/statistics/export", period="2026").content[:2] == b"PK"
    assert "U-RSJ" in chief.get("/statistics/export", period="2026", table="unit").text
