"""Duties of units: the ranking for supervisors, one unit's ledger, appeals, sudden events."""

from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response

from admin import choices
from admin.forms import CORRECTABLE, Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.clock import CITY
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.knowledge.duties import rules
from kb_service.knowledge.duties.api import XLSX
from kb_service.knowledge.duties.rules import Period
from kb_service.knowledge.duties.service import appeals, events, exporting, scheme, scoring, telling

router = APIRouter(prefix="/duties", include_in_schema=False)
_ORDER = {"overdue": 0, "late": 1, "open": 2, "excused": 3, "in_time": 4}


def _period(ctx: Ctx, period: str = "") -> Period:
    """As `2026-10-01/2026-12-31`; without one, the present quarter."""
    if not period:
        return rules.period_of(ctx.now)
    first, _, last = period.partition("/")
    try:
        days = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise Invalid("考核期格式不符，应如 2026-10-01/2026-12-31。", code="bad_period") from None
    return scoring.period_from(*days, ctx.now)


PeriodDep = Annotated[Period, Depends(_period)]


def _periods(now: datetime) -> list[choices.Choice]:
    """The present quarter and the four before it."""
    found = [rules.period_of(now)]
    for _ in range(4):
        found.append(rules.previous_quarter(found[-1].first))
    return [
        (_said(each), strings("duty.quarter", year=each.first.year, number=(each.first.month + 2) // 3))
        for each in found
    ]


def _said(period: Period) -> str:
    return f"{period.first}/{period.last}"


@router.get("", dependencies=[requires("duty.read")])
def ranking(page: PageDep, session: Reader, ctx: Ctx, period: PeriodDep) -> Response:
    """The ranking; who works for one unit alone sees that one."""
    found = scoring.ranking(session, ctx, period)
    if len(found) == 1:
        return _unit(page, session, found[0], Wrong())
    return page.show(
        session,
        "duties/ranking.html",
        found=found,
        period=period,
        said=_said(period),
        periods=_periods(ctx.now),
        published=scoring.published(session, ctx, period),
        over=period.end <= ctx.now,
        measures=rules.MEASURES,
        scheme=scheme.scheme_of(session, period),
        open_appeals=len(appeals.appeals(session, ctx, status="open", limit=99).items),
    )


@router.get("/export.xlsx", dependencies=[requires("duty.read")])
def export(session: Reader, ctx: Ctx, period: PeriodDep) -> Response:
    body = exporting.workbook(scoring.ranking(session, ctx, period))
    name = f"duties-{period.first}-{period.last}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=XLSX, headers=headers)


@router.post("/publish", dependencies=[requires("duty.manage")])
def publish(page: PageDep, session: Writer, ctx: Ctx, period: PeriodDep) -> Response:
    where = f"/duties?{urlencode({'period': _said(period)})}"
    try:
        found = scoring.publish(session, ctx, period)
    except CORRECTABLE as error:
        return page.go(where, error.detail, tone="bad")
    return page.go(where, strings("duty.published_done", count=len(found)))


@router.get("/appeals", dependencies=[requires("duty.read")])
def list_appeals(page: PageDep, session: Reader, ctx: Ctx, status: str = "", cursor: str = "") -> Response:
    found = appeals.appeals(session, ctx, status=status, cursor=cursor)
    following = f"/duties/appeals?{urlencode({'status': status, 'cursor': found.next})}" if found.next else ""
    return page.show(
        session,
        "duties/appeals.html",
        found=found,
        wanted=status,
        statuses=list(appeals.STATUS_NAMES.items()),
        next_url=following,
    )


@router.post("/appeals/{appeal_id}", dependencies=[requires("duty.manage")])
def decide(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, appeal_id: int) -> Response:
    decision: appeals.Decision = "approved" if sent.text("decision") == "approved" else "rejected"
    try:
        done = appeals.decide(session, ctx, appeal_id, decision, sent.text("note"))
    except CORRECTABLE as error:
        session.rollback()
        return page.go("/duties/appeals", error.detail, tone="bad")
    return page.go("/duties/appeals", strings("duty.decided", status=done.status_name))


@router.get("/events", dependencies=[requires("duty.read")])
def list_events(page: PageDep, session: Reader) -> Response:
    return _events(page, session, Wrong(), {})


def _events(page: Page, session: ReadSession, wrong: Wrong, kept: dict[str, str]) -> Response:
    ctx = page.ctx
    happened = ctx.now.astimezone(CITY).strftime("%Y-%m-%dT%H:%M")
    start = {"unit": choices.own_unit(session, ctx), "title": "", "happened_at": happened}
    return page.show(
        session,
        "duties/events.html",
        422 if wrong else 200,
        found=events.events(session, ctx),
        units=choices.units(session, ctx.actor.unit_scope),
        values=start | kept,
        wrong=wrong,
        may_record=ctx.actor.may("duty.manage") or ctx.actor.may("knowledge.edit"),
    )


@router.post("/events", dependencies=[requires_any("duty.manage", "knowledge.edit")])
def record_event(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        made = events.record(
            session, ctx, sent.text("unit"), sent.text("title"), _instant(sent.text("happened_at"))
        )
        return page.go("/duties/events", strings("duty.event_recorded", unit=made.unit_name))
    return _events(page, session, wrong, sent.kept)


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CITY)
    except ValueError:
        detail = "时间格式不符，应如 2026-01-31T09:00"
        raise Invalid(
            f"{detail}。", code="bad_instant", pointers=[{"pointer": "/happened_at", "detail": detail}]
        ) from None


@router.post("/events/{code}/script", dependencies=[requires_any("duty.manage", "knowledge.edit")])
def link_script(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    try:
        done = events.link_script(session, ctx, code, sent.text("script"))
    except CORRECTABLE as error:
        session.rollback()
        return page.go("/duties/events", error.detail, tone="bad")
    return page.go("/duties/events", strings("duty.event_linked", title=done.title))


@router.get("/{unit}", dependencies=[requires("duty.read")])
def unit_ledger(page: PageDep, session: Reader, ctx: Ctx, unit: str, period: PeriodDep) -> Response:
    return _unit(page, session, scoring.standing(session, ctx, unit, period), Wrong())


def _unit(page: Page, session: ReadSession, found: scoring.Standing, wrong: Wrong) -> Response:
    ctx = page.ctx
    kept = {each.unit_code: each for each in scoring.published(session, ctx, found.period)}
    mine = kept.get(found.unit_code)
    return page.show(
        session,
        "duties/unit.html",
        422 if wrong else 200,
        found=found,
        said=_said(found.period),
        periods=_periods(ctx.now),
        entries=sorted(found.entries, key=lambda each: (_ORDER[each[1]], each[0].due_at)),
        report=telling.duties_of(session, ctx, found.unit_code),
        checked=scoring.check(session, ctx, mine.id) if mine else None,
        measures=rules.MEASURES,
        may_appeal=ctx.actor.may("duty.appeal"),
        wrong=wrong,
    )


@router.post("/{unit}/appeals", dependencies=[requires("duty.appeal")])
def appeal(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, unit: str, period: PeriodDep) -> Response:
    where = f"/duties/{unit}?{urlencode({'period': _said(period)})}"
    with Correcting(session) as wrong:
        appeals.appeal(
            session, ctx, unit, sent.text("entry"), period, sent.text("reason"), sent.text("evidence")
        )
        return page.go(where, strings("duty.appealed"))
    return _unit(page, session, scoring.standing(session, ctx, unit, period), wrong)
