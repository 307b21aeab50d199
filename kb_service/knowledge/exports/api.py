"""Routes of exports: authorisations, files, and the register of who took what."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import OnceDep, Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.identity.schemas import ListOut
from kb_service.knowledge.exports import schemas
from kb_service.knowledge.exports.model import ExportAuthorisation
from kb_service.knowledge.exports.service import authorising, taking
from kb_service.knowledge.exports.service.authorising import AuthorisationView, Wanted

router = APIRouter(prefix="/api/v1/exports", tags=["exports"])
SEE = [requires_any("export.request", "export.grant", "export.consent", "audit.read")]
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.post("/authorisations", dependencies=[requires("export.request")])
def ask(data: schemas.AskIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    wanted = Wanted(**data.model_dump())
    return once.run(session, ctx, lambda: _one(session, ctx, authorising.ask(session, ctx, wanted)))


@router.get("/authorisations", dependencies=SEE)
def authorisations(
    session: Reader, ctx: Ctx, cursor: str = "", limit: Limit = 20
) -> ListOut[schemas.AuthorisationOut]:
    page = authorising.listed(session, ctx, cursor=cursor, limit=limit)
    return ListOut(items=[_out(each) for each in page.items], next=page.next)


@router.get("/authorisations/{code}", dependencies=SEE)
def authorisation(code: str, session: Reader, ctx: Ctx) -> schemas.AuthorisationOut:
    return _out(authorising.view(session, ctx, code))


@router.post("/authorisations/{code}/decide", dependencies=[requires("export.grant")])
def decide(code: str, data: schemas.DecideIn, session: Writer, ctx: Ctx) -> schemas.AuthorisationOut:
    """An owner unit's word."""
    return _one(session, ctx, authorising.decide(session, ctx, code, grant=data.grant, note=data.note))


@router.post("/authorisations/{code}/consent", dependencies=[requires("export.consent")])
def consent(code: str, data: schemas.DecideIn, session: Writer, ctx: Ctx) -> schemas.AuthorisationOut:
    """The centre's word."""
    return _one(session, ctx, authorising.consent(session, ctx, code, grant=data.grant, note=data.note))


@router.post("/authorisations/{code}/revoke", dependencies=SEE)
def revoke(code: str, data: schemas.ReasonIn, session: Writer, ctx: Ctx) -> schemas.AuthorisationOut:
    return _one(session, ctx, authorising.revoke(session, ctx, code, data.reason))


@router.post("/files", dependencies=[requires("export.request")])
def take(data: schemas.TakeIn, ctx: Ctx, parts: RuntimeDep) -> Response:
    """The file itself; `X-Export` is its number in the register."""
    taken = taking.take(parts, ctx, data.format, authorisation=data.authorisation, unit=data.unit)
    return send(taken)


def send(taken: taking.Taken) -> Response:
    """Sends a finished file and removes it afterwards."""
    return FileResponse(
        taken.path,
        media_type=MEDIA[taken.path.suffix[1:]],
        filename=taken.name,
        headers={"X-Export": taken.code, "Cache-Control": "no-store"},
        background=BackgroundTask(taken.path.unlink, missing_ok=True),
    )


@router.get("", dependencies=SEE)
def register(
    session: Reader,
    ctx: Ctx,
    authorisation: str = "",
    sha256: str = "",
    point: str = "",
    cursor: str = "",
    limit: Limit = 20,
) -> ListOut[schemas.ExportOut]:
    page = taking.register(
        session, ctx, authorisation=authorisation, sha256=sha256, point=point, cursor=cursor, limit=limit
    )
    return ListOut(items=[schemas.ExportOut.model_validate(each) for each in page.items], next=page.next)


@router.get("/statistics", dependencies=[requires("stats.read")])
def statistics(session: Reader, ctx: Ctx) -> ListOut[schemas.CountedOut]:
    found = taking.statistics(session, ctx)
    return ListOut(items=[schemas.CountedOut.model_validate(each) for each in found], next=None)


def _one(session: Reader, ctx: Ctx, row: ExportAuthorisation) -> schemas.AuthorisationOut:
    return _out(authorising.view(session, ctx, row.code))


def _out(view: AuthorisationView) -> schemas.AuthorisationOut:
    row = view.row
    names = {
        "code", "requester", "purpose", "recipient", "categories", "types", "audiences", "valid_from",
        "valid_to", "requested_at", "consent", "consent_at", "revoked_at", "revoked_reason",
    }  # fmt: skip
    return schemas.AuthorisationOut(
        **{name: getattr(row, name) for name in names},
        state=view.state,
        state_name=view.state_name,
        requester_unit=view.requester_unit,
        grants=[schemas.GrantOut.model_validate(each) for each in view.grants],
        consent_by=view.consent_name,
    )
