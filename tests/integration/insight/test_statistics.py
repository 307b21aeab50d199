"""Figures from the histories of live tickets, in step with them and made anew alike."""

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import delete, select, update

from kb_service.core.clock import FixedClock
from kb_service.core.context import Context
from kb_service.core.db import Database
from kb_service.core.errors import Forbidden, Invalid
from kb_service.identity.model import Unit
from kb_service.insight.statistics import jobs, periods
from kb_service.insight.statistics.model import TicketFact, TicketMark
from kb_service.insight.statistics.rules import Figures, Scope
from kb_service.insight.statistics.service import exporting, figures, listing, monitoring
from tests.integration.insight.conftest import Desk, finish, follow
from tests.support.contexts import ContextBuilder

YEAR = periods.year(2026)
WHOLE_CITY = Scope()


def kept(database: Database) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All facts and marks, but for when they were made."""
    with database.read() as session:
        facts = session.execute(select(TicketFact).order_by(TicketFact.ticket_id)).scalars().all()
        marks = session.execute(select(TicketMark)).scalars().all()
        told = [_values(each, {"derived_at"}) for each in facts]
        return told, sorted((_values(each, set()) for each in marks), key=str)


def _values(row: Any, without: set[str]) -> dict[str, Any]:
    return {each.key: getattr(row, each.key) for each in row.__table__.columns if each.key not in without}


def seen(desk: Desk, ctx: Context, scope: Scope = WHOLE_CITY, period: periods.Period = YEAR) -> Figures:
    with desk.parts.database.read() as session:
        return figures(session, ctx, period, scope)


def shown(found: Figures, *names: str) -> Mapping[str, tuple[int, int | None]]:
    return {name: (found.figures[name].value.number, found.figures[name].value.of) for name in names}


def test_facts_kept_in_step_are_those_made_anew_from_the_histories(busy: Desk) -> None:
    live = kept(busy.parts.database)
    assert len(live[0]) == 5
    with busy.parts.database.write() as session:
        session.execute(delete(TicketMark))
        session.execute(delete(TicketFact))
    assert jobs.remake(busy.parts) > 0
    assert kept(busy.parts.database) == live


def test_tickets_older_than_statistics_are_filled_in(busy: Desk) -> None:
    live = kept(busy.parts.database)
    with busy.parts.database.write() as session:
        session.execute(delete(TicketMark))
        session.execute(delete(TicketFact))
    while jobs.fill(busy.parts):
        pass
    assert kept(busy.parts.database) == live


def test_volumes_and_rates_name_what_they_are_counted_from(busy: Desk, ctx: ContextBuilder) -> None:
    found = seen(busy, ctx())
    assert shown(found, "volume", "completion_rate", "sign_in_time", "completion_in_time") == {
        "volume": (5, None),
        "completion_rate": (2, 4),
        "sign_in_time": (2, 3),
        "completion_in_time": (2, 3),
    }
    by_unit = {row.key: row.values["completion_in_time"] for row in found.tables["unit"].rows}
    assert (by_unit["U-GAJ"].percent, by_unit["U-RSJ"].percent) == ("100.0", "0.0")
    assert [(row.label, row.values["volume"].number) for row in found.tables["class"].rows] == [("投诉", 5)]


def test_a_bad_rating_of_a_law_enforcement_matter_does_not_count(busy: Desk, ctx: ContextBuilder) -> None:
    found = seen(busy, ctx())
    assert shown(found, "satisfaction", "solved_rate") == {"satisfaction": (0, 0), "solved_rate": (0, 0)}
    assert found.figures["satisfaction"].value.excluded == 1


@pytest.mark.clause("SG-24.3")
def test_what_is_said_of_a_sub_centre_counts_as_it_does_of_any_unit(
    in_city: Callable[[str], Desk], ctx: ContextBuilder
) -> None:
    desk = in_city("shaoguan-2022")
    with desk.parts.database.write() as session:
        session.execute(update(Unit).where(Unit.code == "U-GAJ").values(kind="sub_centre"))
    code = desk.register()
    finish(desk, code)
    desk.act(code, "caller", "rate", choices=["satisfied"])
    follow(desk)
    (row,) = [each for each in seen(desk, ctx()).tables["unit"].rows if each.key == "U-GAJ"]
    assert (row.values["satisfaction"].number, row.values["satisfaction"].of) == (1, 1)


def test_supervision_and_late_replies_are_counted_against_the_unit_that_had_it(
    busy: Desk, ctx: ContextBuilder
) -> None:
    rows = {row.key: row.values for row in seen(busy, ctx()).tables["unit"].rows}
    assert {name: rows["U-RSJ"][name].shown for name in ("reply_in_time", "reply_rate", "supervisions")} == {
        "reply_in_time": "0.0%",
        "reply_rate": "0.0%",
        "supervisions": "1",
    }


def test_a_period_is_compared_with_the_one_before_and_with_a_year_ago(
    busy: Desk, ctx: ContextBuilder, clock: FixedClock
) -> None:
    day = clock.now().date()
    this = periods.month(day.year, day.month)
    found = seen(busy, ctx(), period=this)
    volume = found.figures["volume"]
    assert (volume.value.number, volume.before.number, volume.year_ago.number) == (1, 4, 0)


def test_an_account_sees_the_figures_of_its_own_units_only(busy: Desk, ctx: ContextBuilder) -> None:
    with busy.parts.database.read() as session:
        from kb_service.identity.service import people as directory

        own = directory.unit_by_code(session, "U-GAJ").id
    mine = ctx("unit_leader", unit_id=own, unit_scope=frozenset({own}))
    assert shown(seen(busy, mine), "volume") == {"volume": (2, None)}
    with pytest.raises(Forbidden) as refused:
        seen(busy, mine, Scope(unit="U-RSJ"))
    assert refused.value.code == "out_of_scope"


def test_every_figure_leads_to_the_tickets_behind_it(busy: Desk, ctx: ContextBuilder) -> None:
    found = seen(busy, ctx())
    with busy.parts.database.read() as session:
        for name, figure in found.figures.items():
            if name == "knowledge_in_time":
                continue
            told = {
                side: listing.behind(session, ctx(), YEAR, WHOLE_CITY, name, side, limit=50).items
                for side in listing.SIDES
            }
            value = figure.value
            assert (name, len(told["counted"])) == (name, value.number)
            assert len(told["counted"]) + len(told["missed"]) == (
                value.number if value.of is None else value.of
            )
            assert len(told["all"]) >= len(told["counted"])
        late = listing.behind(session, ctx(), YEAR, WHOLE_CITY, "sign_in_time", "missed").items
    assert [(each.title, each.unit_code) for each in late] == [("从未签收", "U-RSJ")]


def test_the_tickets_behind_a_figure_come_in_pages_without_gap_or_repeat(
    busy: Desk, ctx: ContextBuilder
) -> None:
    with busy.parts.database.read() as session:
        whole = listing.behind(session, ctx(), YEAR, WHOLE_CITY, "reply_in_time", limit=50).items
        pages, cursor = [], ""
        while True:
            page = listing.behind(session, ctx(), YEAR, WHOLE_CITY, "reply_in_time", "all", cursor, 1)
            pages += page.items
            if page.next is None:
                break
            cursor = page.next
    assert pages == whole


def test_a_confidential_ticket_is_counted_and_not_shown_to_those_who_may_not_see_it(
    busy: Desk, ctx: ContextBuilder
) -> None:
    busy.register(title="保密事项", confidential=True)
    follow(busy)
    able = ctx(permissions={"stats.read", "ticket.read"})
    assert shown(seen(busy, able), "volume") == {"volume": (6, None)}
    with busy.parts.database.read() as session:
        titles = [each.title for each in listing.behind(session, able, YEAR, WHOLE_CITY, "volume").items]
    assert (len(titles), "保密事项" in titles) == (5, False)


def test_the_view_of_the_moment_shows_what_the_city_watches_by_unit(
    in_city: Callable[[str], Desk], clock: FixedClock, ctx: ContextBuilder
) -> None:
    desk = in_city("meizhou-2014")
    code = desk.register()
    desk.act(code, "centre", "dispatch", to="U-RSJ")
    desk.act(code, "centre", "urge", text="请尽快")
    clock.advance(timedelta(days=60))
    follow(desk)
    with desk.parts.database.read() as session:
        found = monitoring.monitoring(session, ctx(), WHOLE_CITY)
    assert found.watched == ("reply_rate", "satisfaction", "reply_in_time", "urgings", "returns")
    (unit,) = found.units
    assert (unit.unit_code, unit.open, unit.overdue) == ("U-RSJ", 1, 1)
    assert list(unit.figures) == list(found.watched)


def test_a_table_is_downloaded_as_it_is_shown(busy: Desk, ctx: ContextBuilder) -> None:
    found = seen(busy, ctx())
    rows = list(csv.reader(io.StringIO(exporting.text(found, "unit").decode("utf-8-sig"))))
    assert rows[0][:3] == ["编码", "承办单位", "受理量"]
    assert [row[:3] for row in rows[1:]] == [
        [row.key, row.label, str(row.values["volume"].number)] for row in found.tables["unit"].rows
    ]
    book = load_workbook(io.BytesIO(exporting.workbook(found)), read_only=True)
    assert book.sheetnames == ["2026年", "诉求类型", "领域", "区域", "渠道", "承办单位"]


def test_a_region_counts_what_lies_inside_it(busy: Desk, ctx: ContextBuilder) -> None:
    assert shown(seen(busy, ctx(), Scope(region="990000")), "volume") == {"volume": (5, None)}


@pytest.mark.parametrize("text", ["2026-13", "2026Q5", "", "2026-03-01/2025-01-01", "2020-01-01/2026-01-01"])
def test_a_period_nobody_can_read_is_refused_in_so_many_words(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        periods.parse(text)
    assert refused.value.code == "bad_period"


@pytest.mark.parametrize(
    ("text", "earlier", "last_year"),
    [
        ("2026-01", "2025年12月", "2025年1月"),
        ("2026Q1", "2025年第四季度", "2025年第一季度"),
        ("2026", "2025年", "2025年"),
        ("2024-02-20/2024-02-29", "2024-02-10 至 2024-02-19", "2023-02-20 至 2023-02-28"),
    ],
)
def test_periods_have_one_before_and_one_a_year_ago(text: str, earlier: str, last_year: str) -> None:
    period = periods.parse(text)
    assert periods.label(periods.before(period)) == earlier
    assert periods.label(periods.year_ago(period)) == last_year
    assert period.first <= date.max
