"""The calendar: a year's days, the city's changes, the yearly notice, what each change moved; open numbers."""

from datetime import date
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin.forms import Correcting, SentDep, Wrong
from admin.instants import day_of
from admin.rendering import Page, PageDep, strings
from kb_service.core.clock import local_day
from kb_service.core.db import ReadSession
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.calendar import service as owed
from kb_service.regulations import service as regulations
from kb_service.tickets.calendar import service
from kb_service.tickets.calendar.schemas import DayOut, NoticeIn, NumberIn, OverrideIn

router = APIRouter(prefix="/calendar", include_in_schema=False)
READ = [requires("inbox.use")]
MANAGE = [requires("system.manage")]
ROWS = 50
YEARS = range(2000, 2101)


@router.get("", dependencies=READ)
def year(page: PageDep, session: Reader, year: int = 0) -> Response:
    return _year(page, session, year)


def _year(page: Page, session: ReadSession, year: int, **values: Any) -> Response:
    year = year if year in YEARS else local_day(page.ctx.now).year
    shown = {"wrong": Wrong(), "form": "", "kept": {}, "preview": None} | values
    found = service.year_of(session, page.ctx, year)
    return page.show(
        session,
        "calendar/year.html",
        422 if shown["wrong"] else 200,
        found=found,
        spans=_spans(found.days),
        changes=service.changes_out(session, 20),
        numbers=regulations.open_numbers(session, page.parts.settings.profile),
        manages=page.ctx.actor.may("system.manage"),
        **shown,
    )


def _spans(days: list[DayOut]) -> list[tuple[DayOut, DayOut, int]]:
    """Days in a row that are alike, as first, last and number."""
    keyed = groupby(
        enumerate(days),
        lambda each: (
            each[1].day.toordinal() - each[0], each[1].working, each[1].source, each[1].note,
        ),
    )  # fmt: skip
    rows = [[day for _, day in group] for _, group in keyed]
    return [(row[0], row[-1], len(row)) for row in rows]


@router.post("/days", dependencies=MANAGE)
def override(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        day = day_of(sent.text("day"), "day", strings("calendar.day"))
        data = OverrideIn(working=sent.text("working") == "1", note=sent.text("note"))
        regulations.set_override(session, ctx, day, data.working, data.note)
        return page.go(f"/calendar?year={day.year}", strings("calendar.changed"))
    return _year(page, session, _sent_year(sent.text("year")), wrong=wrong, form="day", kept=sent.kept)


@router.post("/days/{day}/remove", dependencies=MANAGE)
def remove(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, day: date) -> Response:
    with Correcting(session) as wrong:
        regulations.remove_override(session, ctx, day, sent.text("reason"))
        return page.go(f"/calendar?year={day.year}", strings("calendar.changed"))
    return _year(page, session, day.year, wrong=wrong)


@router.post("/notices", dependencies=MANAGE)
def notice(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    """Shows first what the notice would change; records it when the person confirms."""
    asked = _sent_year(sent.text("year"))
    with Correcting(session) as wrong:
        data = NoticeIn(year=asked, basis=sent.text("basis"), text=sent.text("text"))
        confirmed = sent.flag("confirmed")
        found = regulations.import_notice(
            session, ctx, data.year, data.basis, data.text, dry_run=not confirmed
        )
        if confirmed:
            return page.go(f"/calendar?year={data.year}", strings("calendar.noticed", year=data.year))
        return _year(page, session, asked, form="notice", kept=sent.kept, preview=found)
    return _year(page, session, asked, wrong=wrong, form="notice", kept=sent.kept)


@router.post("/numbers", dependencies=MANAGE)
def supply(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        said = {"number": sent.text("number"), "basis": sent.text("basis")}
        data = NumberIn.model_validate(said)
        profile = page.parts.settings.profile
        regulations.supply_number(session, ctx, profile, sent.text("name"), data.number, data.basis)
        return page.go("/calendar#numbers", strings("calendar.supplied"))
    return _year(page, session, 0, wrong=wrong, form=sent.text("name"), kept=sent.kept)


@router.get("/changes/{change_id}", dependencies=READ)
def change(page: PageDep, session: Reader, ctx: Ctx, change_id: int, cursor: str = "") -> Response:
    sees = ctx.actor.may("ticket.read")
    found = service.moved(session, ctx, change_id, cursor, ROWS) if sees else None
    here = f"/calendar/changes/{change_id}"
    return page.show(
        session,
        "calendar/change.html",
        change=service.change_out(session, change_id),
        found=found,
        knowledge=owed.moved(session, ctx, change_id) if ctx.actor.may("knowledge.read_internal") else None,
        following=owed.following(session, change_id),
        next_url=f"{here}?{urlencode({'cursor': found.next})}" if found and found.next else "",
        first_url=here if cursor else "",
    )


def _sent_year(text: str) -> int:
    return int(text) if text.isdigit() and len(text) == 4 else 0
