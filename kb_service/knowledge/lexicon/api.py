"""Routes of the lexicon; those of the dictionary stand with the catalogue."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Response, UploadFile

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.knowledge.lexicon import schemas
from kb_service.knowledge.lexicon.service import entries, keeping, tables

router = APIRouter(prefix="/api/v1/lexicon", tags=["lexicon"])


@router.get("", dependencies=[requires("knowledge.read_internal")])
def list_entries(
    session: Reader,
    ctx: Ctx,
    q: str = "",
    source: str = "",
    field: str = "",
    state: str = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> ListOut[schemas.EntryOut]:
    """`source`: shipped, changed or own; `state`: on or off."""
    wanted = entries.EntryFilter(q, source, field, state)
    page = entries.list_entries(session, ctx, wanted, cursor=cursor, limit=limit)
    return ListOut(items=[schemas.EntryOut.model_validate(each) for each in page.items], next=page.next)


@router.put("", dependencies=[requires("search.manage")])
def save(data: schemas.EntryIn, session: Writer, ctx: Ctx, parts: RuntimeDep) -> schemas.EntryOut:
    """In use in every process from the next search on; 409 where golden cases would break."""
    said = keeping.EntryIn(**data.model_dump(exclude={"override"}))
    return schemas.EntryOut.model_validate(keeping.save(session, ctx, parts.engine, said, data.override))


@router.post("/switch", dependencies=[requires("search.manage")])
def switch(data: schemas.SwitchIn, session: Writer, ctx: Ctx, parts: RuntimeDep) -> schemas.EntryOut:
    done = keeping.switch(session, ctx, parts.engine, data.spoken, data.active, data.override)
    return schemas.EntryOut.model_validate(done)


@router.post("/remove", dependencies=[requires("search.manage")])
def remove(data: schemas.RemoveIn, session: Writer, ctx: Ctx, parts: RuntimeDep) -> schemas.RemovedOut:
    """Takes back what the city made of an entry."""
    left = keeping.remove(session, ctx, parts.engine, data.spoken, data.override)
    return schemas.RemovedOut(entry=schemas.EntryOut.model_validate(left) if left else None)


@router.get("/table", dependencies=[requires("knowledge.read_internal")])
def table(session: Reader, ctx: Ctx, own: bool = False) -> Response:
    """CSV; `own`: what the city changed alone."""
    return Response(tables.write(session, ctx, own=own), media_type="text/csv; charset=utf-8")


@router.post("/table", dependencies=[requires("search.manage")])
def take(
    session: Writer,
    ctx: Ctx,
    parts: RuntimeDep,
    file: Annotated[UploadFile, File()],
    override: Annotated[str, Form(max_length=300)] = "",
) -> schemas.TakenOut:
    """All rows or none."""
    return schemas.TakenOut.model_validate(
        tables.read(session, ctx, parts.engine, file.file.read(), override)
    )
