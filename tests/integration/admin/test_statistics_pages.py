"""Figures, the tickets behind them, the view of the moment and scores in the console."""

from datetime import timedelta

import pytest

from kb_service.core.clock import FixedClock
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
