"""What awaits a person: notices, newest first."""

from fastapi import APIRouter, Response

from admin.forms import SentDep
from admin.rendering import PageDep, safe_next, strings
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import requires
from kb_service.notices import service as notices

router = APIRouter(prefix="/inbox", include_in_schema=False)
ROWS = 30


@router.get("", dependencies=[requires("inbox.use")])
def inbox(page: PageDep, session: Reader, unread: bool = False, cursor: str = "") -> Response:
    found = notices.inbox(session, page.ctx, unread=unread, cursor=cursor, limit=ROWS)
    return page.show(session, "inbox.html", notices=found, unread_only=unread, cursor=cursor)


@router.post("/read", dependencies=[requires("inbox.use")])
def mark_read(page: PageDep, session: Writer, sent: SentDep) -> Response:
    """The ticked notices, or all of them where none is ticked."""
    ids = [int(value) for value in sent.many("id") if value.isdigit()]
    changed = notices.mark_read(session, page.ctx, ids or None)
    return page.go(safe_next(sent.text("next") or "/inbox"), strings("inbox.marked", count=changed))
