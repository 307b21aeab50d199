"""Statistics: figures of a period with the tickets behind them, how units stand now, and their scores."""

from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response

from admin import choices
from admin.forms import CORRECTABLE, Correcting, Sent, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.clock import local_day
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.insight.evaluation.service import appeals, schemes, scoring
from kb_service.insight.statistics import periods
from kb_service.insight.statistics.api import file_of
from kb_service.insight.statistics.periods import Period
from kb_service.insight.statistics.rules import KINDS, Scope
from kb_service.insight.statistics.service import figures, listing, monitoring, trend
from kb_service.regulations.schema.oversight import COUNTS

router = APIRouter(prefix="/statistics", include_in_schema=False)


def _period(ctx: Ctx, period: str = "", first: str = "", last: str = "") -> Period:
    """A named period, or two days; without either, the present month."""
    if first and last:
        return periods.parse(f"{first}/{last}")
    if period:
        return periods.parse(period)
    today = local_day(ctx.now)
    return periods.month(today.year, today.month)


def _scope(unit: str = "", region: str = "") -> Scope:
    return Scope(unit or None, region or None)


PeriodDep = Annotated[Period, Depends(_period)]
ScopeDep = Annotated[Scope, Depends(_scope)]


def _said(period: Period) -> str:
    return f"{period.first}/{period.last}"


def _choices(today: date) -> list[choices.Choice]:
    """The present month and those before it, then quarters and years."""
    months = [periods.month(today.year, today.month)]
    for _ in range(5):
        months.append(periods.before(months[-1]))
    quarters = [periods.quarter(today.year, (today.month + 2) // 3)]
    for _ in range(3):
        quarters.append(periods.before(quarters[-1]))
    years = [periods.year(today.year), periods.year(today.year - 1)]
    return [(_said(each), periods.label(each)) for each in (*months, *quarters, *years)]


def _asked(session: ReadSession, ctx: Ctx, period: Period, scope: Scope) -> dict[str, Any]:
    """What the filters above each page show."""
    query = {"period": _said(period), "unit": scope.unit or "", "region": scope.region or ""}
    return {
        "period": period,
        "said": _said(period),
        "label": periods.label(period),
        "periods": _choices(local_day(ctx.now)),
        "scope": scope,
        "query": urlencode(query),
        "units": choices.units(session, ctx.actor.unit_scope),
        "regions": choices.regions(session),
    }


@router.get("", dependencies=[requires("stats.read")])
def overview(page: PageDep, session: Reader, ctx: Ctx, period: PeriodDep, scope: ScopeDep) -> Response:
    found = figures(session, ctx, period, scope)
    return page.show(
        session,
        "statistics/figures.html",
        found=found,
        kinds=KINDS,
        before=periods.label(periods.before(period)),
        year_ago=periods.label(periods.year_ago(period)),
        trend=trend.registered(session, ctx, period, scope),
        **_asked(session, ctx, period, scope),
    )


@router.get("/figures/{figure}", dependencies=[requires("stats.read")])
def behind(
    page: PageDep,
    session: Reader,
    ctx: Ctx,
    period: PeriodDep,
    scope: ScopeDep,
    figure: str,
    side: listing.Side = "all",
    cursor: str = "",
) -> Response:
    found = listing.behind(session, ctx, period, scope, figure, side, cursor)
    asked = _asked(session, ctx, period, scope)
    following = (
        f"/statistics/figures/{figure}?{asked['query']}&{urlencode({'side': side, 'cursor': found.next})}"
    )
    return page.show(
        session,
        "statistics/behind.html",
        found=found,
        kind=KINDS[figure],
        side=side,
        sides=list(listing.SIDES.items()),
        next_url=following if found.next else "",
        may_appeal=ctx.actor.may("duty.appeal"),
        **asked,
    )


@router.get("/now", dependencies=[requires("stats.read")])
def now(page: PageDep, session: Reader, ctx: Ctx, scope: ScopeDep) -> Response:
    found = monitoring.monitoring(session, ctx, scope)
    asked = _asked(session, ctx, found.period, scope)
    return page.show(session, "statistics/now.html", found=found, kinds=KINDS, **asked)


@router.get("/export", dependencies=[requires("stats.read")])
def export(session: Reader, ctx: Ctx, period: PeriodDep, scope: ScopeDep, table: str = "") -> Response:
    return file_of(figures(session, ctx, period, scope), "csv" if table else "xlsx", table)


@router.get("/scores", dependencies=[requires("stats.read")])
def scores(page: PageDep, session: Reader, period: PeriodDep) -> Response:
    return _scores(page, session, period, Wrong(), {})


def _scores(page: Page, session: ReadSession, period: Period, wrong: Wrong, kept: dict[str, str]) -> Response:
    ctx = page.ctx
    own = schemes.schemes(session, ctx)[-1].scheme
    return page.show(
        session,
        "statistics/scores.html",
        422 if wrong else 200,
        found=scoring.ranking(session, ctx, period),
        published=scoring.published(session, ctx, period),
        scheme=schemes.scheme_of(session, period),
        may_set=ctx.actor.may("duty.manage") and not own.stated,
        over=period.end <= ctx.now,
        kinds=KINDS,
        counts=COUNTS,
        scored=schemes.SCORED,
        values={"valid_from": str(local_day(ctx.now) + timedelta(days=1))} | kept,
        wrong=wrong,
        **_asked(session, ctx, period, Scope()),
    )


@router.post("/scores/publish", dependencies=[requires("duty.manage")])
def publish(page: PageDep, session: Writer, ctx: Ctx, period: PeriodDep) -> Response:
    where = f"/statistics/scores?{urlencode({'period': _said(period)})}"
    try:
        found = scoring.publish(session, ctx, period)
    except CORRECTABLE as error:
        session.rollback()
        return page.go(where, error.detail, tone="bad")
    return page.go(where, strings("statistics.published_done", count=len(found)))


@router.post("/scores/scheme", dependencies=[requires("duty.manage")])
def set_scheme(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, period: PeriodDep) -> Response:
    with Correcting(session) as wrong:
        day = _day(sent.text("valid_from"))
        schemes.set_scheme(session, ctx, day, _items(sent), sent.text("basis"))
        where = f"/statistics/scores?{urlencode({'period': _said(period)})}"
        return page.go(where, strings("statistics.scheme_set", day=day))
    return _scores(page, session, period, wrong, sent.kept)


def _items(sent: Sent) -> dict[str, dict[str, int]]:
    """The figures that were given a weight; what is no number is told to be wrong by the service."""
    found: dict[str, dict[str, int]] = {}
    for name in schemes.SCORED:
        weight, each = sent.text(f"weight_{name}").strip(), sent.text(f"each_{name}").strip()
        if weight:
            found[name] = {"weight": _number(weight)} | ({"each": _number(each)} if each else {})
    return found


def _number(text: str) -> int:
    if not text.isdecimal():
        raise Invalid(f"“{text}”不是整数，权重和扣分应为 1 至 100 的整数。", code="bad_scheme")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        detail = "日期格式不符，应如 2026-01-31"
        raise Invalid(
            f"{detail}。", code="bad_day", pointers=[{"pointer": "/valid_from", "detail": detail}]
        ) from None


@router.get("/scores/{unit}", dependencies=[requires("stats.read")])
def unit_score(page: PageDep, session: Reader, unit: str, period: PeriodDep) -> Response:
    return _unit(page, session, unit, period, Wrong())


def _unit(page: Page, session: ReadSession, unit: str, period: Period, wrong: Wrong) -> Response:
    ctx = page.ctx
    found = scoring.standing(session, ctx, unit, period)
    mine = next((each for each in scoring.published(session, ctx, period) if each.unit_code == unit), None)
    return page.show(
        session,
        "statistics/score.html",
        422 if wrong else 200,
        found=found,
        against=_against(session, ctx, found, period) if ctx.actor.may("ticket.read") else {},
        checked=scoring.check(session, ctx, mine.id) if mine else None,
        may_appeal=ctx.actor.may("duty.appeal"),
        kinds=KINDS,
        wrong=wrong,
        **_asked(session, ctx, period, Scope(unit=unit)),
    )


def _against(
    session: ReadSession, ctx: Ctx, found: scoring.Standing, period: Period
) -> dict[str, list[listing.Behind]]:
    """What costs the unit points, by figure."""
    scope, listed = Scope(unit=found.unit_code), {}
    for item in found.score.items:
        if item.figure == "knowledge_in_time":
            continue
        side: listing.Side = "missed" if item.of is not None else "counted"
        listed[item.figure] = listing.behind(session, ctx, period, scope, item.figure, side, "", 50).items
    return {name: rows for name, rows in listed.items() if rows}


@router.post("/scores/{unit}/appeals", dependencies=[requires("duty.appeal")])
def appeal(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, unit: str, period: PeriodDep) -> Response:
    with Correcting(session) as wrong:
        appeals.appeal(session, ctx, unit, sent.text("key"), sent.text("reason"), sent.text("evidence"))
        where = f"/statistics/scores/{unit}?{urlencode({'period': _said(period)})}"
        return page.go(where, strings("statistics.appealed"))
    return _unit(page, session, unit, period, wrong)
