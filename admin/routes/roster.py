"""The duty roster: a week as a table, and a month from a file."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select

from admin.forms import Correcting, Sent, SentDep
from admin.instants import day_of
from admin.rendering import Page, PageDep, strings
from ingestion.readers import open_table
from ingestion.readers.table import Limits, RawRow
from kb_service.core.clock import local_day
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid, KbError
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import requires
from kb_service.identity.model import Account
from kb_service.identity.service import people
from kb_service.notices import roster, roster_import
from kb_service.notices.people_schemas import RosterRow
from kb_service.notices.rules import shift_minutes

router = APIRouter(prefix="/roster", include_in_schema=False)
READ = [requires("inbox.use")]
KEEP = [requires("roster.manage")]
LIMITS = Limits(bytes=5 * 2**20, rows=1_000, columns=50)
TABLES = ("csv", "xlsx", "xls")


@router.get("", dependencies=READ)
def week(page: PageDep, session: Reader, duty: str = "script_review", since: str = "") -> Response:
    return _week(page, session, duty, since)


def _week(page: Page, session: ReadSession, duty: str, since: str, **values: Any) -> Response:
    day = local_day(page.ctx.now)
    try:
        day = date.fromisoformat(since) if since else day
    except ValueError:
        since = ""
    monday = day - timedelta(days=day.weekday())
    found = roster.week(session, duty, monday)
    there = roster.on_duty(session, duty, page.ctx.now)
    named = select(Account.name).where(Account.id.in_(there)).order_by(Account.id)
    shown = {"wrong": None, "kept": {}} | values
    return page.show(
        session,
        "people/roster.html",
        422 if shown["wrong"] else 200,
        duties=[(kind.code, kind.name) for kind in roster.duties(session).values()],
        duty=duty,
        found=found,
        days=roster.days_of(found.shifts, monday),
        here=session.execute(named).scalars().all(),
        monday=monday,
        previous=monday - timedelta(days=7),
        following=monday + timedelta(days=7),
        day_names=strings("people.days").split(","),
        today=local_day(page.ctx.now),
        **shown,
    )


@router.post("/shifts", dependencies=KEEP)
def assign(page: PageDep, session: Writer, sent: SentDep) -> Response:
    duty = sent.text("duty") or "script_review"
    with Correcting(session) as wrong:
        day = day_of(sent.text("day"), "day", strings("people.roster_day"))
        minutes = shift_minutes(sent.text("shift"))
        if minutes is None:
            detail = strings("people.roster_bad_shift")
            raise Invalid(detail, code="unknown_shift", pointers=[{"pointer": "/shift", "detail": detail}])
        starts_at, ends_at = roster_import.span_of(day, minutes)
        account = people.account_by_login(session, sent.text("login"))
        roster.assign(
            session, page.ctx, duty=duty, account_id=account.id, starts_at=starts_at, ends_at=ends_at,
            note=sent.text("note"),
        )  # fmt: skip
        return page.go(f"/roster?duty={duty}&since={day}", strings("people.roster_added"))
    return _week(page, session, duty, sent.text("day"), wrong=wrong, kept=sent.kept)


@router.post("/shifts/{number}/handover", dependencies=READ)
def hand_over(page: PageDep, session: Writer, sent: SentDep, number: int) -> Response:
    back = f"/roster?duty={sent.text('duty')}&since={sent.text('since')}"
    try:
        account = people.account_by_login(session, sent.text("login"))
        roster.hand_shift_over(session, page.ctx, number, account.id)
    except KbError as error:
        session.rollback()
        return page.go(back, error.detail, tone="bad")
    return page.go(back, strings("people.roster_handed"))


@router.post("/shifts/{number}/cancel", dependencies=KEEP)
def cancel(page: PageDep, session: Writer, sent: SentDep, number: int) -> Response:
    back = f"/roster?duty={sent.text('duty')}&since={sent.text('since')}"
    try:
        roster.cancel(session, page.ctx, number)
    except KbError as error:
        return page.go(back, error.detail, tone="bad")
    return page.go(back, strings("people.roster_cancelled"))


@router.post("/import", dependencies=KEEP)
def import_month(page: PageDep, session: Writer, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        rows = list(_rows(sent))
        added, cancelled = roster_import.import_rows(session, page.ctx, rows, replace=sent.flag("replace"))
        told = strings("people.roster_imported", added=added, cancelled=cancelled)
        return page.go(f"/roster?since={min(row.day for row in rows)}", told)
    return _week(page, session, "script_review", "", wrong=wrong, kept=sent.kept)


def _rows(sent: Sent) -> Iterator[RosterRow]:
    file = sent.file("file")
    if file is None:
        raise _wrong_file("people.roster_no_file")
    table = open_table(file.file, file.filename or "", LIMITS)
    if table.format not in TABLES:
        raise _wrong_file("people.roster_no_file")
    columns = {header: roster_import.HEADERS.get(header.strip(), "") for header in table.headers or []}
    if not {"day", "duty", "shift", "people"} <= set(columns.values()):
        raise _wrong_file("people.roster_columns")
    seen = 0
    for raw in table.rows:
        seen += 1
        yield _row(raw, {field: raw.cells.get(header) for header, field in columns.items() if field})
    if not seen:
        raise _wrong_file("people.roster_columns")


def _wrong_file(key: str) -> Invalid:
    detail = strings(key)
    return Invalid(detail, code="bad_file", pointers=[{"pointer": "/file", "detail": detail}])


def _row(raw: RawRow, cells: dict[str, Any]) -> RosterRow:
    text = {name: "" if value is None else str(value).strip() for name, value in cells.items()}
    names = text["people"]
    for mark in "，,；;/ ":
        names = names.replace(mark, "、")
    return RosterRow(
        day=_day(raw, cells["day"]), duty=text["duty"], shift=text["shift"], note=text.get("note", ""),
        people=[name for name in names.split("、") if name],
    )  # fmt: skip


def _day(raw: RawRow, value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value or "").strip().replace("/", "-")
    try:
        year, month, day = (int(part) for part in text.partition(" ")[0].split("-"))
        return date(year, month, day)
    except ValueError:
        detail = strings("people.roster_bad_day", row=raw.number, text=text)
        raise Invalid(detail, code="bad_time", pointers=[{"pointer": "/file", "detail": detail}]) from None
