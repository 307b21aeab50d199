"""Routes of bulk actions and of lists that are taken out."""

from urllib.parse import quote

from fastapi import APIRouter, Response

from kb_service.core.web import OnceDep, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.tickets.bulk import exporting, schemas, service

router = APIRouter(prefix="/api/v1/tickets", tags=["tickets"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.post("/bulk", dependencies=[requires("ticket.read")], response_model=schemas.BulkOut)
def act_on_all(session: Writer, ctx: Ctx, parts: RuntimeDep, once: OnceDep, data: schemas.BulkIn) -> Response:
    """Each ticket is judged by its own rules; what one refuses holds up no other."""
    return once.run(session, ctx, lambda: service.act_on_all(session, ctx, parts, data), 200)


@router.post("/exports", dependencies=[requires("ticket.export")], response_class=Response)
def export(session: Writer, ctx: Ctx, data: schemas.ExportIn) -> Response:
    return as_file(exporting.listed(session, ctx, data))


def as_file(found: exporting.Listed) -> Response:
    named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}"}
    return Response(found.content, media_type=XLSX, headers=named)
