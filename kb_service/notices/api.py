"""Routes of the inbox."""

from typing import Annotated

from fastapi import APIRouter, Query

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.notices import schemas, service

router = APIRouter(prefix="/api/v1/inbox", tags=["notices"], dependencies=[requires("inbox.use")])


@router.get("")
def inbox(
    session: Reader,
    ctx: Ctx,
    unread: bool = False,
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
) -> schemas.InboxOut:
    page = service.inbox(session, ctx, unread=unread, cursor=cursor, limit=limit)
    items = [schemas.NoticeOut.model_validate(row) for row in page.items]
    return schemas.InboxOut(items=items, unread=service.unread_count(session, ctx), next=page.next)


@router.post("/read")
def mark_read(data: schemas.ReadIn, session: Writer, ctx: Ctx) -> schemas.ReadOut:
    return schemas.ReadOut(changed=service.mark_read(session, ctx, data.ids))
