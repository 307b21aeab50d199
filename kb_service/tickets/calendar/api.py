"""Routes of the calendar, of what its changes moved, and of the numbers a deployment supplies."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from kb_service.core.clock import local_day
from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import OnceDep, Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.regulations import service as regulations
from kb_service.tickets.calendar import schemas, service

router = APIRouter(prefix="/api/v1/calendar", tags=["calendar"])
numbers_router = APIRouter(prefix="/api/v1/profile-numbers", tags=["calendar"])
READ = [requires("inbox.use")]
MANAGE = [requires("system.manage")]


@router.get("", dependencies=READ)
def year(
    session: Reader, ctx: Ctx, year: Annotated[int | None, Query(ge=2000, le=2100)] = None
) -> schemas.YearOut:
    return service.year_of(session, ctx, year or local_day(ctx.now).year)


@router.put("/days/{day}", dependencies=MANAGE)
def override(day: date, data: schemas.OverrideIn, session: Writer, ctx: Ctx) -> schemas.YearOut:
    regulations.set_override(session, ctx, day, data.working, data.note)
    return service.year_of(session, ctx, day.year)


@router.delete("/days/{day}", dependencies=MANAGE)
def remove(
    day: date, session: Writer, ctx: Ctx, reason: Annotated[str, Query(min_length=2, max_length=300)]
) -> schemas.YearOut:
    regulations.remove_override(session, ctx, day, reason)
    return service.year_of(session, ctx, day.year)


@router.post("/notices", dependencies=MANAGE)
def import_notice(data: schemas.NoticeIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    def act() -> schemas.NoticeOut:
        found = regulations.import_notice(
            session, ctx, data.year, data.basis, data.text, dry_run=data.dry_run
        )
        return schemas.NoticeOut.model_validate(found)

    return once.run(session, ctx, act)


@router.get("/changes", dependencies=READ)
def changes(session: Reader) -> ListOut[schemas.ChangeOut]:
    return ListOut(items=service.changes_out(session), next=None)


@router.get("/changes/{change_id}/moves", dependencies=[requires("ticket.read")])
def moved(
    change_id: int,
    session: Reader,
    ctx: Ctx,
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
) -> ListOut[schemas.MoveOut]:
    page = service.moved(session, ctx, change_id, cursor, limit)
    return ListOut(items=page.items, next=page.next)


@numbers_router.get("", dependencies=READ)
def numbers(session: Reader, parts: RuntimeDep) -> ListOut[schemas.NumberOut]:
    found = regulations.open_numbers(session, parts.settings.profile)
    return ListOut(
        items=[schemas.NumberOut.model_validate(each, from_attributes=True) for each in found], next=None
    )


@numbers_router.put("/{name}", dependencies=MANAGE)
def supply(
    name: str, data: schemas.NumberIn, session: Writer, ctx: Ctx, parts: RuntimeDep
) -> ListOut[schemas.NumberOut]:
    regulations.supply_number(session, ctx, parts.settings.profile, name, data.number, data.basis)
    return numbers(session, parts)
