"""Leaders' days and special seats: who sits there, and the calls that are followed until they are done."""

from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin.rendering import Page, PageDep
from kb_service.core.db import ReadSession
from kb_service.core.web import Reader
from kb_service.identity.auth import requires
from kb_service.tickets.seats import service

router = APIRouter(prefix="/seats", include_in_schema=False)
ROWS = 20


@router.get("", dependencies=[requires("ticket.read")])
def listed(
    page: PageDep, session: Reader, seat: str = "", followed: bool = False, cursor: str = ""
) -> Response:
    return _show(page, session, seat, cursor, followed=followed)


def _show(page: Page, session: ReadSession, seat: str, cursor: str, *, followed: bool) -> Response:
    found = service.calls(session, page.ctx, seat=seat, followed=followed, cursor=cursor, limit=ROWS)
    said = {name: value for name, value in (("seat", seat), ("followed", "1" if followed else "")) if value}
    return page.show(
        session,
        "seats/list.html",
        found=found,
        seats=service.seats(session, page.ctx),
        seat=seat,
        followed=followed,
        next_url=f"/seats?{urlencode(said | {'cursor': found.next})}" if found.next else "",
        first_url=f"/seats?{urlencode(said)}" if cursor else "",
    )
