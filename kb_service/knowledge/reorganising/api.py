"""Routes of changes of units, and of who was responsible when."""

from fastapi import APIRouter, Response
from pydantic import AwareDatetime

from kb_service.core.web import OnceDep, Reader, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.knowledge.reorganising import planning, schemas, service

router = APIRouter(prefix="/api/v1", tags=["units"])
managers = [requires("identity.manage")]
readers = [requires_any("knowledge.read_internal", "identity.manage")]


@router.get("/unit-changes", dependencies=managers)
def changes(session: Reader) -> schemas.ChangePage:
    return schemas.ChangePage(items=service.changes(session))


@router.post("/unit-changes/preview", dependencies=managers)
def preview(data: schemas.PreviewIn, session: Reader, ctx: Ctx) -> schemas.Preview:
    return planning.preview(session, ctx, data.plan)


@router.post("/unit-changes", dependencies=managers)
def make_change(data: schemas.ChangeIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    return once.run(
        session,
        ctx,
        lambda: service.make_change(
            session, ctx, data.plan, reason=data.reason, effective_at=data.effective_at,
            fingerprint=data.fingerprint,
        ),
    )  # fmt: skip


@router.delete("/unit-changes/{change_id}", dependencies=managers)
def cancel(change_id: int, session: Writer, ctx: Ctx) -> schemas.ChangeOut:
    return service.cancel(session, ctx, change_id)


@router.get("/units/successors", dependencies=readers)
def successors(session: Reader, unit: str = "") -> schemas.SuccessorsOut:
    found = service.successions(session, unit)
    return schemas.SuccessorsOut(items=[schemas.SuccessorOut.model_validate(each) for each in found])


@router.get("/points/{code}/responsible", dependencies=[requires("knowledge.read_internal")])
def responsible(code: str, at: AwareDatetime, session: Reader) -> schemas.ResponsibleOut:
    return schemas.ResponsibleOut.model_validate(service.responsible(session, code, at))
