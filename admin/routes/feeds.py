"""Data of sub-centres: how each feed stands, its alarms, and what of it was refused."""

from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin.rendering import PageDep
from ingestion.feeds import service as feeds
from ingestion.feeds.rules import OUTCOMES
from kb_service.core.web import Reader
from kb_service.identity.auth import Ctx, requires

router = APIRouter(include_in_schema=False)
READ = [requires("feed.read")]
ROWS = 50


@router.get("/feeds", dependencies=READ)
def listed(page: PageDep, session: Reader, ctx: Ctx) -> Response:
    return page.show(session, "feeds/list.html", feeds=feeds.feeds(session, ctx))


@router.get("/feeds/{code}", dependencies=READ)
def told(
    page: PageDep, session: Reader, ctx: Ctx, code: str, outcome: str = "", cursor: str = ""
) -> Response:
    """What a feed told, the latest first."""
    outcome = outcome if outcome in OUTCOMES else ""
    found = feeds.items(session, ctx, code, outcome=outcome, cursor=cursor, limit=ROWS)
    said = {"outcome": outcome} if outcome else {}
    return page.show(
        session,
        "feeds/items.html",
        feed=next(each for each in feeds.feeds(session, ctx) if each.code == code),
        found=found,
        outcome=outcome,
        outcomes=OUTCOMES,
        next_url=f"/feeds/{code}?{urlencode(said | {'cursor': found.next})}" if found.next else "",
        first_url=f"/feeds/{code}?{urlencode(said)}" if cursor else "",
    )
