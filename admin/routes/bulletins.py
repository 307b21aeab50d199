"""Bulletins: what is owed, drafts to edit, issued ones to read and download."""

from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin.forms import CORRECTABLE, Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.insight.bulletins import api, rules
from kb_service.insight.bulletins.service import issuing, reading
from kb_service.insight.bulletins.service.reading import BulletinView
from kb_service.insight.statistics import periods

router = APIRouter(prefix="/bulletins", include_in_schema=False)
reader, editor = requires(reading.READ), requires(reading.EDIT)
HEAD = ("masthead", "title", "addressee", "signed")
TONES = {"draft": "warn", "issued": "good", "dropped": ""}
ROWS = 20


@router.get("", dependencies=[reader])
def listed(page: PageDep, session: Reader, state: str = "", report: str = "", cursor: str = "") -> Response:
    return _list(page, session, Wrong(), {"state": state, "report": report}, cursor)


def _list(
    page: Page,
    session: ReadSession,
    wrong: Wrong,
    wanted: dict[str, str],
    cursor: str = "",
    kept: dict[str, str] | None = None,
) -> Response:
    ctx = page.ctx
    found = reading.list_bulletins(session, ctx, **wanted, cursor=cursor, limit=ROWS)
    said = {name: value for name, value in wanted.items() if value}
    offers = reading.offers(session, ctx)
    return page.show(
        session,
        "insight/bulletins.html",
        422 if wrong else 200,
        found=found,
        wanted=wanted,
        filtered=bool(said),
        offers=offers,
        reports=[(each.report.id, each.report.label) for each in offers],
        states=list(rules.STATE_NAMES.items()),
        tones=TONES,
        may_edit=ctx.actor.may(reading.EDIT) and ctx.actor.unit_scope is None,
        wrong=wrong,
        kept=kept or {},
        next_url=f"/bulletins?{urlencode(said | {'cursor': found.next})}" if found.next else "",
        first_url=f"/bulletins?{urlencode(said)}" if cursor else "",
    )


@router.post("", dependencies=[editor])
def draft(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        made = issuing.draft(session, ctx, sent.text("report"), periods.parse(sent.text("period")))
        return page.go(f"/bulletins/{made.id}", strings("bulletin.drafted_done"))
    return _list(page, session, wrong, {"state": "", "report": ""}, kept=sent.kept)


@router.get("/{number}", dependencies=[reader])
def bulletin(page: PageDep, session: Reader, ctx: Ctx, number: int) -> Response:
    return _show(page, session, reading.get_bulletin(session, ctx, number), Wrong())


@router.get("/{number}/file.docx", dependencies=[reader])
def as_document(session: Reader, ctx: Ctx, number: int) -> Response:
    return api.sent(*reading.as_document(session, ctx, number), api.DOCX)


@router.get("/{number}/file.xlsx", dependencies=[reader])
def as_workbook(session: Reader, ctx: Ctx, number: int) -> Response:
    return api.sent(*reading.as_workbook(session, ctx, number), api.XLSX)


@router.post("/{number}", dependencies=[editor])
def edit(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, number: int) -> Response:
    now = reading.get_bulletin(session, ctx, number)
    said = {each.key: sent.lines(f"said.{each.key}") for each in now.content.sections}
    with Correcting(session) as wrong:
        issuing.edit(session, ctx, number, said, {name: sent.text(name) for name in HEAD})
        return page.go(f"/bulletins/{number}", strings("bulletin.saved"))
    return _show(page, session, reading.get_bulletin(session, ctx, number), wrong, sent.kept)


@router.post("/{number}/renew", dependencies=[editor])
def renew(page: PageDep, session: Writer, ctx: Ctx, number: int) -> Response:
    try:
        issuing.renew(session, ctx, number)
    except CORRECTABLE as error:
        session.rollback()
        return page.go(f"/bulletins/{number}", error.detail, tone="bad")
    return page.go(f"/bulletins/{number}", strings("bulletin.renewed"))


@router.post("/{number}/drop", dependencies=[editor])
def drop(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, number: int) -> Response:
    with Correcting(session) as wrong:
        issuing.drop(session, ctx, number, sent.text("reason"))
        return page.go("/bulletins", strings("bulletin.dropped"))
    return _show(page, session, reading.get_bulletin(session, ctx, number), wrong, sent.kept)


@router.post("/{number}/issue", dependencies=[requires(reading.ISSUE)])
def issue(page: PageDep, session: Writer, ctx: Ctx, number: int) -> Response:
    try:
        done = issuing.issue(session, ctx, number)
    except CORRECTABLE as error:
        session.rollback()
        return page.go(f"/bulletins/{number}", error.detail, tone="bad")
    return page.go(f"/bulletins/{number}", strings("bulletin.issued_done", number=done.number))


def _show(
    page: Page, session: ReadSession, view: BulletinView, wrong: Wrong, kept: dict[str, str] | None = None
) -> Response:
    return page.show(
        session,
        "insight/bulletin.html",
        422 if wrong else 200,
        view=view,
        tones=TONES,
        wrong=wrong,
        kept=kept or {},
    )
