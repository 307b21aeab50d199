"""Routes of leaders' days and special seats."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import Reader
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.tickets.seats import schemas, service

router = APIRouter(prefix="/api/v1/seats", tags=["tickets"])
READ = [requires("ticket.read")]


@router.get("", dependencies=READ)
def seats(session: Reader, ctx: Ctx) -> ListOut[schemas.SeatOut]:
    return ListOut(items=service.seats(session, ctx), next=None)


@router.get("/calls", dependencies=READ)
def calls(
    session: Reader,
    ctx: Ctx,
    seat: str = "",
    followed: bool = False,
    since: datetime | None = None,
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
) -> ListOut[schemas.SeatCallOut]:
    page = service.calls(session, ctx, seat=seat, followed=followed, since=since, cursor=cursor, limit=limit)
    return ListOut(items=page.items, next=page.next)
