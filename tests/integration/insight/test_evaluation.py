"""Scores of units: by the city's weights, published, worked out again, appealed."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.insight.evaluation.service import appeals, schemes, scoring
from kb_service.insight.statistics import periods
from kb_service.insight.statistics.rules import Scope
from kb_service.insight.statistics.service import listing
from kb_service.knowledge.duties.service import appeals as decisions
from kb_service.knowledge.duties.service.publishing import Published
from tests.integration.insight.conftest import Desk, finish, follow
from tests.support.contexts import ContextBuilder

BAD = {"reached": True, "satisfaction": "unsatisfied", "contact": True, "solved": False}


@pytest.fixture
def month(clock: FixedClock) -> periods.Period:
    """The month in which the tickets of `busy` were registered."""
    day = clock.now().date()
    return periods.month(day.year, day.month)


def scores(desk: Desk, ctx: ContextBuilder, period: periods.Period) -> dict[str, str | None]:
    with desk.parts.database.read() as session:
        return {each.unit_code: each.score.value for each in scoring.ranking(session, ctx(), period)}


def account(desk: Desk, login: str) -> int | None:
    return desk.service.world.as_(login).actor.account_id


def published(desk: Desk, ctx: ContextBuilder, period: periods.Period) -> dict[str, Published]:
    with desk.parts.database.write() as session:
        boss = desk.service.world.as_("centre")
        return {each.unit_code: each for each in scoring.publish(session, boss, period)}


def test_units_are_scored_by_what_became_of_their_tickets(
    month: periods.Period, busy: Desk, ctx: ContextBuilder
) -> None:
    found = scores(busy, ctx, month)
    # Neither has filed any knowledge: of the 80 points of what was due the one has 70, the other 20.
    assert (found["U-GAJ"], found["U-RSJ"]) == ("87.5", "25.0")
    with busy.parts.database.read() as session:
        mine = scoring.standing(session, ctx(), "U-RSJ", month).score.items
    told = {each.figure: (each.weight, each.number, each.of, each.points) for each in mine}
    assert told["sign_in_time"] == (15, 0, 1, "0.0")
    assert told["completion_in_time"] == (35, 0, 1, "0.0")
    # Overdue since midnight: the supervision belongs to the month that began then.
    assert told["supervisions"] == (10, 0, None, "10.0")


def test_a_dissatisfied_party_to_law_enforcement_costs_the_unit_nothing(
    month: periods.Period, busy: Desk, ctx: ContextBuilder
) -> None:
    with busy.parts.database.read() as session:
        items = scoring.standing(session, ctx(), "U-GAJ", month).score.items
    told = {each.figure: (each.number, each.of, each.excluded, each.points) for each in items}
    assert told["satisfaction"] == (0, 0, 1, None)


def test_a_published_score_comes_out_again_however_late_and_whatever_happened_since(
    month: periods.Period, busy: Desk, ctx: ContextBuilder, clock: FixedClock
) -> None:
    code = busy.register(title="后来改变的")
    finish(busy, code)
    busy.act(code, "caller", "callback", **BAD)
    follow(busy)
    day = clock.now().date()
    this = periods.month(day.year, day.month)
    clock.advance(timedelta(days=40))
    follow(busy)
    kept = published(busy, ctx, this)["U-GAJ"]
    # The last word of the requester counts, and it comes after the publication.
    clock.advance(timedelta(hours=1))
    busy.act(code, "caller", "callback", **(BAD | {"satisfaction": "satisfied"}))
    clock.advance(timedelta(days=30))
    follow(busy)
    with busy.parts.database.read() as session:
        found = scoring.check(session, ctx(), kept.id)
    assert (found.same, found.then) == (True, kept.score)
    assert found.now != kept.score


def test_what_was_published_cannot_be_changed_and_a_newer_score_stands_beside_it(
    month: periods.Period, busy: Desk, ctx: ContextBuilder, clock: FixedClock
) -> None:
    first = published(busy, ctx, month)["U-RSJ"]
    clock.advance(timedelta(hours=1))
    second = published(busy, ctx, month)["U-RSJ"]
    assert second.id != first.id
    for statement in (
        "UPDATE insight_evaluation_score SET score = '100.0'",
        "DELETE FROM insight_evaluation_score",
    ):
        with pytest.raises(DBAPIError), busy.parts.database.write() as session:
            session.execute(text(statement))
    with busy.parts.database.read() as session:
        assert scoring.check(session, ctx(), first.id).same


def test_a_period_that_is_not_over_is_not_published(busy: Desk, clock: FixedClock) -> None:
    day = clock.now().date()
    with pytest.raises(Conflict) as refused, busy.parts.database.write() as session:
        scoring.publish(session, busy.service.world.as_("centre"), periods.month(day.year, day.month))
    assert refused.value.code == "period_not_over"


def test_an_appeal_that_is_granted_takes_the_record_out_from_then_on(
    month: periods.Period, busy: Desk, ctx: ContextBuilder, clock: FixedClock
) -> None:
    kept = published(busy, ctx, month)["U-RSJ"]
    leader = ctx("unit_leader", unit_scope=None, permissions={"ticket.read"})
    with busy.parts.database.read() as session:
        (late,) = listing.behind(
            session, leader, month, Scope(unit="U-RSJ"), "completion_in_time", "missed"
        ).items
    clock.advance(timedelta(days=1))
    with busy.parts.database.write() as session:
        acting = ctx("unit_leader", account_id=account(busy, "first"), unit_scope=None)
        made = appeals.appeal(session, acting, "U-RSJ", late.key, "系统故障期间无法签收", "故障通报")
    with busy.parts.database.write() as session:
        decisions.decide(session, busy.service.world.as_("centre"), made.id, "approved", "情况属实")
    with busy.parts.database.read() as session:
        found = scoring.check(session, ctx(), kept.id)
        items = scoring.standing(session, ctx(), "U-RSJ", month).score.items
    assert (found.same, found.now != kept.score) == (True, True)
    assert {each.figure: (each.of, each.excluded) for each in items}["completion_in_time"] == (0, 1)


def test_only_what_counts_against_the_unit_itself_can_be_appealed(
    month: periods.Period, busy: Desk, ctx: ContextBuilder
) -> None:
    first = account(busy, "first")
    acting = ctx("unit_leader", account_id=first, unit_scope=None, permissions={"ticket.read"})
    with busy.parts.database.read() as session:
        good = listing.behind(session, acting, month, Scope(unit="U-GAJ"), "sign_in_time").items[0]
    with pytest.raises(Conflict) as refused, busy.parts.database.write() as session:
        appeals.appeal(session, acting, "U-GAJ", good.key, "没有什么可以申诉")
    assert refused.value.code == "nothing_to_appeal"
    other = ctx("unit_leader", account_id=first, unit_scope=frozenset({-1}))
    with pytest.raises(Forbidden), busy.parts.database.write() as session:
        appeals.appeal(session, other, "U-GAJ", good.key, "没有什么可以申诉")


ITEMS: dict[str, Any] = {"sign_in_time": {"weight": 40}, "satisfaction": {"weight": 60}}


def test_weights_the_regulation_leaves_open_are_set_with_their_basis_for_later_periods(
    busy: Desk, clock: FixedClock
) -> None:
    boss = busy.service.world.as_("centre")
    following = clock.now().date() + timedelta(days=10)
    with busy.parts.database.write() as session:
        schemes.set_scheme(session, boss, following, ITEMS, "市考核办通知")
        later = schemes.scheme_of(session, periods.Period(following, following))
        before = schemes.scheme_of(session, periods.Period(following - timedelta(days=1), following))
    assert {name: item.weight for name, item in later.items.items()} == {
        "sign_in_time": 40,
        "satisfaction": 60,
    }
    # What the city keeps out of its assessment stays out.
    assert later.items["satisfaction"].excluding == ("kind", "appeal")
    assert len(before.items) == 6


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ({"sign_in_time": {"weight": 90}}, "合计应为100"),
        ({"redos": {"weight": 100}}, "须写每次扣分"),
        ({"sign_in_time": {"weight": 100, "each": 2}}, "不写每次扣分"),
        ({"satisfaction": {"weight": 100, "excluding": []}}, "不计入考核"),
        ({"speed": {"weight": 100}}, "speed"),
    ],
)
def test_weights_that_do_not_hold_together_are_refused_in_so_many_words(
    busy: Desk, clock: FixedClock, items: dict[str, Any], told: str
) -> None:
    day: date = clock.now().date() + timedelta(days=10)
    with pytest.raises(Invalid) as refused, busy.parts.database.write() as session:
        schemes.set_scheme(session, busy.service.world.as_("centre"), day, items, "市考核办通知")
    assert (refused.value.code, told in refused.value.detail) == ("bad_scheme", True)


def test_weights_never_change_for_a_period_that_has_begun(busy: Desk, clock: FixedClock) -> None:
    with pytest.raises(Invalid), busy.parts.database.write() as session:
        schemes.set_scheme(
            session, busy.service.world.as_("centre"), clock.now().date(), ITEMS, "市考核办通知"
        )


@pytest.mark.parametrize("city", ["meizhou-2014", "shantou-2016", "shaoguan-2022", "taian-2025", "demo"])
def test_every_city_scores_its_units(
    in_city: Callable[[str], Desk], clock: FixedClock, ctx: ContextBuilder, city: str
) -> None:
    desk = in_city(city)
    day = clock.now().date()
    code = desk.register()
    desk.act(code, "centre", "dispatch", to="U-RSJ")
    clock.advance(timedelta(days=120))
    follow(desk)
    period = periods.Period(day, day + timedelta(days=119))
    found = scores(desk, ctx, period)
    assert float(found["U-RSJ"] or 100) < 50
