"""What awaits a person: notices, newest first."""

from fastapi import APIRouter, Response

from admin.rendering import PageDep, safe_next, strings
from kb_service.core.errors import NotFound
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import requires
from kb_service.notices import service as notices
from kb_service.notices.model import Notice

router = APIRouter(prefix="/inbox", include_in_schema=False)
ROWS = 30


@router.get("", dependencies=[requires("inbox.use")])
def inbox(page: PageDep, session: Reader, unread: bool = False, cursor: str = "") -> Response:
    found = notices.inbox(session, page.ctx, unread=unread, cursor=cursor, limit=ROWS)
    return page.show(session, "inbox.html", notices=found, unread_only=unread, cursor=cursor)


@router.get("/{number}", dependencies=[requires("inbox.use")])
def open_notice(page: PageDep, session: Writer, number: int) -> Response:
    """On to what a notice is about; whoever opens it has read it."""
    notice = session.get(Notice, number)
    if notice is None or notice.account_id != page.ctx.actor.account_id:
        raise NotFound("没有这条提醒。")
    notices.mark_read(session, page.ctx, [number])
    return page.go(safe_next(notice.link))


@router.post("/read", dependencies=[requires("inbox.use")])
def mark_all_read(page: PageDep, session: Writer) -> Response:
    changed = notices.mark_read(session, page.ctx, None)
    return page.go("/inbox", strings("inbox.marked", count=changed))
