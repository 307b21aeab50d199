"""What the base said on an earlier day: the list and the search as of an instant."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from admin.rendering import PageDep
from kb_service.core.clock import CITY
from kb_service.core.errors import Invalid
from kb_service.core.web import Reader, RuntimeDep
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.service import listing
from kb_service.knowledge.service.listing import PointFilter
from kb_service.knowledge.service.searching import SearchParams, search_points

router = APIRouter(prefix="/knowledge", include_in_schema=False)
ROWS = 20


@router.get("/past", dependencies=[requires("knowledge.read_internal")])
def past(
    page: PageDep,
    session: Reader,
    parts: RuntimeDep,
    ctx: Ctx,
    at: str = "",
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: str = "",
) -> Response:
    """With words what an agent would have found then, without them all that was live."""
    instant = instant_of(at)
    found, rows, following = None, None, None
    if instant and q.strip():
        wanted = SearchParams(q.strip(), limit=ROWS, cursor=cursor or None, as_of=instant)
        found = search_points(session, ctx, parts.engine, wanted)
        following = found.next
    elif instant:
        rows = listing.list_points(session, ctx, PointFilter(), cursor=cursor, limit=ROWS, as_of=instant)
        following = rows.next
    said = {name: value for name, value in (("at", at), ("q", q)) if value}
    return page.show(
        session,
        "knowledge/past.html",
        at=at,
        instant=instant,
        q=q,
        found=found,
        rows=rows,
        next_url=f"/knowledge/past?{urlencode(said | {'cursor': following})}" if following else "",
        first_url=f"/knowledge/past?{urlencode(said)}" if cursor else "",
    )


def instant_of(text: str) -> datetime | None:
    """An instant of the city, as the browser's control gives it."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CITY)
    except ValueError:
        raise Invalid("查看时刻的格式不符，应如 2026-01-31T09:00。", code="bad_instant") from None
