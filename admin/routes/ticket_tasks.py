"""Work inside a unit: my sub-tasks by due day, and finishing one."""

from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin.forms import Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.tickets.schemas import EventIn
from kb_service.tickets.service import acting
from kb_service.tickets.tasks import service

router = APIRouter(
    prefix="/tickets/sub-tasks", include_in_schema=False, dependencies=[requires("ticket.handle")]
)
ROWS = 50
WHICH: tuple[service.Which, ...] = ("open", "overdue", "done")


@router.get("")
def tasks(page: PageDep, session: Reader, which: service.Which = "open", cursor: str = "") -> Response:
    return _list(page, session, which, cursor)


def _list(
    page: Page, session: ReadSession, which: service.Which, cursor: str = "", wrong: Wrong | None = None
) -> Response:
    found = service.queue(session, page.ctx, which, cursor, ROWS)
    more = urlencode({"which": which, "cursor": found.next or ""})
    return page.show(
        session,
        "tickets/tasks.html",
        422 if wrong else 200,
        found=found,
        which=which,
        kinds=WHICH,
        counts=service.counts(session, page.ctx).model_dump(),
        next_url=f"/tickets/sub-tasks?{more}" if found.next else "",
        first_url=f"/tickets/sub-tasks?which={which}" if cursor else "",
        wrong=wrong or Wrong(),
    )


@router.post("/{code}/done")
def done(page: PageDep, session: Writer, parts: RuntimeDep, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        details = {"id": sent.text("id"), "text": sent.text("text")}
        acting.act(session, ctx, parts, code, EventIn(type="sub_task_done", data=details))
        return page.go("/tickets/sub-tasks", strings("work.task_finished"))
    return _list(page, session, "open", wrong=wrong)
