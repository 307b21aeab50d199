"""Routes of what units have been asked to do."""

from typing import Annotated

from fastapi import APIRouter, Query

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.knowledge.tasks import schemas, service

router = APIRouter(prefix="/api/v1/tasks", tags=["knowledge"])


@router.get("", dependencies=[requires("knowledge.read_internal")])
def tasks(
    session: Reader,
    ctx: Ctx,
    unit: str = "",
    kind: str = "",
    closed: bool = False,
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
) -> ListOut[service.TaskView]:
    page = service.tasks_of(
        session, ctx, unit_code=unit, kind=kind, closed=closed, cursor=cursor, limit=limit
    )
    return ListOut(items=page.items, next=page.next)


@router.post("/{task_id}/close", dependencies=[requires("knowledge.edit")])
def close(session: Writer, ctx: Ctx, task_id: int, data: schemas.TaskCloseIn) -> service.TaskView:
    return service.close_by_id(session, ctx, task_id, data.outcome, data.note)
