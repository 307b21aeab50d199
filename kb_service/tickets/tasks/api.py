"""Routes of sub-tasks. They are opened and finished as steps of their ticket."""

from typing import Annotated

from fastapi import APIRouter, Query

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import Reader
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.tickets.tasks import service
from kb_service.tickets.tasks.schemas import TaskCountsOut, TaskOut

router = APIRouter(prefix="/api/v1/tickets/sub-tasks", tags=["tickets"])
HANDLE = [requires("ticket.handle")]


@router.get("", dependencies=HANDLE)
def tasks(
    session: Reader,
    ctx: Ctx,
    state: service.Which = "open",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> ListOut[TaskOut]:
    page = service.queue(session, ctx, state, cursor, limit)
    return ListOut(items=page.items, next=page.next)


@router.get("/counts", dependencies=HANDLE)
def counts(session: Reader, ctx: Ctx) -> TaskCountsOut:
    return service.counts(session, ctx)
