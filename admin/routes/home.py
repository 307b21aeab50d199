"""The work home: what awaits the person who is logged in, by what they may do."""

from fastapi import APIRouter, Response

from admin.rendering import PageDep
from kb_service.core.web import Reader
from kb_service.identity.auth import signed_in
from kb_service.notices import service as notices

router = APIRouter(include_in_schema=False)
ROWS = 8


@router.get("/", dependencies=[signed_in()])
def home(page: PageDep, session: Reader) -> Response:
    mine = notices.inbox(session, page.ctx, unread=True, limit=ROWS) if page.ctx.actor.may("inbox.use") else None
    return page.show(session, "home.html", notices=mine)
