"""Bulletins as they are listed, read and printed, and which of them are owed."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from kb_service.core import paging
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import NotFound
from kb_service.identity.model import Account
from kb_service.insight.bulletins import content as contents
from kb_service.insight.bulletins import rules
from kb_service.insight.bulletins.content import Content
from kb_service.insight.bulletins.model import Bulletin
from kb_service.insight.bulletins.paper.document import document
from kb_service.insight.bulletins.rules import Report
from kb_service.insight.statistics import periods
from kb_service.insight.statistics.periods import Period
from kb_service.regulations import service as regulations

READ, EDIT, ISSUE = "stats.read", "bulletin.edit", "bulletin.issue"


@dataclass(frozen=True)
class BulletinRow:
    id: int
    report: str
    title: str
    period: str
    first_day: date
    last_day: date
    state: str
    state_name: str
    number: str
    drafted_at: datetime
    issued_at: datetime | None


@dataclass(frozen=True)
class BulletinView(BulletinRow):
    content: Content
    unfinished: list[str]
    digest: str
    whole: bool
    drafted_by: str
    edited_by: str
    issued_by: str
    edits: int
    may_edit: bool
    may_issue: bool


@dataclass(frozen=True)
class Offer:
    """A report of the city's rules, and the last period it is owed for, where no bulletin stands for it."""

    report: Report
    every_name: str
    owed: Period
    owed_name: str
    standing: int | None


def offers(session: ReadSession, ctx: Context) -> list[Offer]:
    ctx.actor.require(READ)
    today = local_day(ctx.now)
    found = []
    for report in rules.offered(regulations.standing_profile(session)):
        owed = rules.latest(report, today)
        there = standing(session, report.id, owed)
        found.append(Offer(report, rules.EVERY_NAMES[report.every], owed, periods.label(owed), there))
    return found


def standing(session: ReadSession, report_id: str, period: Period) -> int | None:
    rows = select(Bulletin.id).where(
        Bulletin.report == report_id,
        Bulletin.first_day == period.first,
        Bulletin.last_day == period.last,
        Bulletin.state != "dropped",
    )
    return session.execute(rows).scalar_one_or_none()


def list_bulletins(
    session: ReadSession,
    ctx: Context,
    *,
    state: str = "",
    report: str = "",
    cursor: str = "",
    limit: int = 20,
) -> paging.Page[BulletinRow]:
    """Newest first; drafts only for those who write or issue them."""
    ctx.actor.require(READ)
    rows = select(Bulletin).order_by(Bulletin.id.desc())
    if not _works_on_drafts(ctx):
        rows = rows.where(Bulletin.state == "issued")
    if state:
        rows = rows.where(Bulletin.state == state)
    if report:
        rows = rows.where(Bulletin.report == report)
    if cursor:
        rows = rows.where(Bulletin.id < paging.decode_cursor(cursor, [int])[0])
    found = [BulletinRow(**_line(row)) for row in session.execute(rows.limit(limit + 1)).scalars()]  # type: ignore[arg-type]
    return paging.page_of(found, limit, lambda row: [row.id])


def _works_on_drafts(ctx: Context) -> bool:
    return ctx.actor.unit_scope is None and (ctx.actor.may(EDIT) or ctx.actor.may(ISSUE))


def get_bulletin(session: ReadSession, ctx: Context, number: int) -> BulletinView:
    return view(session, ctx, _seen(session, ctx, number))


def _seen(session: ReadSession, ctx: Context, number: int) -> Bulletin:
    ctx.actor.require(READ)
    row = session.get(Bulletin, number)
    if row is None or (row.state != "issued" and not _works_on_drafts(ctx)):
        raise NotFound("没有这份通报，或者它还没有印发。", code="unknown_bulletin")
    return row


def as_document(session: ReadSession, ctx: Context, number: int) -> tuple[str, bytes]:
    """File name and bytes; of an issued one the same at any time."""
    row = _seen(session, ctx, number)
    return f"{row.title}.docx", document(Content.model_validate(row.content))


def as_workbook(session: ReadSession, ctx: Context, number: int) -> tuple[str, bytes]:
    from kb_service.insight.bulletins.paper.workbook import workbook

    row = _seen(session, ctx, number)
    return f"{row.title}.xlsx", workbook(Content.model_validate(row.content))


def _line(row: Bulletin) -> dict[str, object]:
    return {
        "id": row.id,
        "report": row.report,
        "title": row.title,
        "period": periods.label(Period(row.first_day, row.last_day)),
        "first_day": row.first_day,
        "last_day": row.last_day,
        "state": row.state,
        "state_name": rules.STATE_NAMES[row.state],
        "number": f"〔{row.year}〕第{row.number}期" if row.number else "",
        "drafted_at": row.drafted_at,
        "issued_at": row.issued_at,
    }


def view(session: ReadSession, ctx: Context, row: Bulletin) -> BulletinView:
    content = Content.model_validate(row.content)
    draft_stands = row.state == "draft" and ctx.actor.unit_scope is None
    return BulletinView(
        **_line(row),  # type: ignore[arg-type]
        content=content,
        unfinished=rules.unfinished(content),
        digest=row.digest,
        whole=contents.digest(content) == row.digest,
        drafted_by=_name(session, row.drafted_by),
        edited_by=_name(session, row.edited_by),
        issued_by=_name(session, row.issued_by),
        edits=row.edits,
        may_edit=draft_stands and ctx.actor.may(EDIT),
        may_issue=draft_stands
        and ctx.actor.may(ISSUE)
        and ctx.actor.account_id not in {row.drafted_by, row.edited_by},
    )


def _name(session: ReadSession, account_id: int | None) -> str:
    account = session.get(Account, account_id) if account_id else None
    return account.name if account else ""
