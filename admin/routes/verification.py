"""Verification of points: the queues of what should be looked at, and the owner's word that it is right."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import CORRECTABLE, SentDep
from admin.rendering import PageDep, strings
from kb_service.core.errors import Invalid
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.knowledge.searches import service as searches
from kb_service.knowledge.verification.service import intervals, queues, verifying

router = APIRouter(prefix="/verification", include_in_schema=False)
ROWS = 50
FRUITLESS = "fruitless"


@router.get("", dependencies=[requires_any("knowledge.verify", "duty.read")])
def show(
    page: PageDep,
    session: Reader,
    ctx: Ctx,
    queue: str = "overdue",
    unit: str = "",
    type: str = "",  # noqa: A002
    cursor: str = "",
) -> Response:
    wanted = {"unit": unit, "type": type}
    tabs = list(queues.QUEUES) + ([FRUITLESS] if ctx.actor.may("stats.read") else [])
    queue = queue if queue in tabs else "overdue"
    values: dict[str, Any] = {"found": None, "next_url": "", "fruitless": []}
    if queue == FRUITLESS:
        values["fruitless"] = searches.never_chosen(session, ctx)
    else:
        found = queues.queue(session, ctx, queue, unit=unit, type_=type, cursor=cursor, limit=ROWS)
        following = _address(queue, **wanted, cursor=found.next) if found.next else ""
        values |= {"found": found, "next_url": following}
    return page.show(
        session,
        "verification/queues.html",
        queue=queue,
        tabs=tabs,
        counts=queues.counts(session, ctx, unit=unit, type_=type),
        wanted=wanted,
        units=choices.units(session, ctx.actor.unit_scope),
        types=choices.types(),
        first_url=_address(queue, **wanted) if cursor else "",
        intervals=intervals.intervals(session),
        **values,
    )


def _address(queue: str, **wanted: str) -> str:
    said = {name: value for name, value in wanted.items() if value}
    return f"/verification?{urlencode({'queue': queue} | said)}"


@router.post("", dependencies=[requires("knowledge.verify")])
def verify(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    """The chosen points; `back` names the queue or the page of a point."""
    point = sent.text("point")
    back = f"/knowledge/{point}" if point else _address(sent.text("queue") or "overdue")
    try:
        until = _day(sent.text("until"))
        report = verifying.verify(session, ctx, sent.many("code"), until=until, note=sent.text("note"))
    except CORRECTABLE as error:
        return page.go(back, error.detail, tone="bad")
    refused = [each for each in report.results if not each.ok]
    words = strings("verification.done", count=report.done)
    if refused:
        words += strings("verification.refused", count=len(refused), why=refused[0].detail)
    return page.go(back, words, tone="bad" if refused else "")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("日期格式不符，应如 2026-01-31。", code="bad_day") from None


@router.post("/intervals", dependencies=[requires("catalogue.manage")])
def set_intervals(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    now = {each.type: each.days for each in intervals.intervals(session)}
    wanted = {type_: sent.text(f"days.{type_}") for type_ in now}
    try:
        for type_, said in wanted.items():
            # What is no number is out of bounds like 0.
            days = int(said) if said.isdigit() else 0
            if days != now[type_]:
                intervals.set_interval(session, ctx, type_, days)
    except Invalid as error:
        session.rollback()
        return page.go("/verification", error.detail, tone="bad")
    return page.go("/verification", strings("verification.intervals_saved"))
