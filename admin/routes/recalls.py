"""Recalls: how far each has come, whom to call next, and whom a version reached."""

from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin.forms import SentDep
from admin.rendering import Page, PageDep, strings
from kb_service.answering.service import showing
from kb_service.core.db import ReadSession
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.knowledge.service import reading
from kb_service.tickets.recalls import rules
from kb_service.tickets.recalls import service as recalls

router = APIRouter(include_in_schema=False)
EITHER = [requires_any("recall.manage", "recall.contact")]
ROWS = 30


@router.get("/recalls", dependencies=EITHER)
def listed(page: PageDep, session: Reader, ctx: Ctx, cursor: str = "") -> Response:
    found = recalls.recalls(session, ctx, cursor=cursor, limit=ROWS)
    return page.show(
        session,
        "recalls/list.html",
        found=found,
        next_url=f"/recalls?{urlencode({'cursor': found.next})}" if found.next else "",
        first_url="/recalls" if cursor else "",
    )


@router.get("/recalls/{code}", dependencies=EITHER)
def recall(
    page: PageDep, session: Reader, ctx: Ctx, code: str, status: str = "", cursor: str = ""
) -> Response:
    return _show(page, session, ctx, code, status, cursor)


@router.post("/recalls/{code}/refresh", dependencies=[requires("recall.manage")])
def refresh(page: PageDep, session: Writer, ctx: Ctx, code: str) -> Response:
    recalls.refresh(session, ctx, code)
    return page.go(f"/recalls/{code}", strings("recall.refreshed"))


@router.post("/recalls/{code}/{contact_id}", dependencies=[requires("recall.contact")])
def contacted(
    page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str, contact_id: int
) -> Response:
    recalls.contacted(session, ctx, contact_id, sent.text("outcome"), sent.text("note"))
    return page.go(f"/recalls/{code}", strings("recall.kept"))


@router.post("/recalls/{code}/{contact_id}/requester", dependencies=[requires("requester.reveal")])
def reveal(
    page: PageDep, session: Writer, parts: RuntimeDep, ctx: Ctx, code: str, contact_id: int
) -> Response:
    person = recalls.reveal(session, ctx, parts, contact_id)
    return _show(page, session, ctx, code, "", "", revealed={contact_id: person})


def _show(
    page: Page,
    session: ReadSession,
    ctx: Ctx,
    code: str,
    status: str,
    cursor: str,
    revealed: dict[int, dict[str, str]] | None = None,
) -> Response:
    found = recalls.contacts(session, ctx, code, status=status, cursor=cursor, limit=ROWS)
    said = {"status": status} if status else {}
    return page.show(
        session,
        "recalls/recall.html",
        progress=recalls.progress(session, ctx, code),
        found=found,
        wanted=status,
        statuses=list(rules.STATUS_NAMES.items()),
        revealed=revealed or {},
        next_url=f"/recalls/{code}?{urlencode(said | {'cursor': found.next})}" if found.next else "",
        first_url=f"/recalls/{code}?{urlencode(said)}" if cursor else "",
    )


@router.get("/knowledge/{code}/shown", dependencies=[requires("knowledge.read_internal")])
def shown(
    page: PageDep, session: Reader, ctx: Ctx, code: str, version: int | None = None, cursor: str = ""
) -> Response:
    """Whom the versions of a point reached, the latest first."""
    view = reading.get_version(session, ctx, code, version)
    found = showing.of_version(session, code, version, cursor=cursor, limit=ROWS)
    said = {"version": str(version)} if version else {}
    return page.show(
        session,
        "recalls/shown.html",
        view=view,
        version=version,
        found=found,
        reached=rules.reached,
        versions=[each for each in reading.versions(session, ctx, code) if each.live_from],
        next_url=f"/knowledge/{code}/shown?{urlencode(said | {'cursor': found.next})}" if found.next else "",
        first_url=f"/knowledge/{code}/shown?{urlencode(said)}" if cursor else "",
    )
