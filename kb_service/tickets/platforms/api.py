"""Routes of tickets from other platforms."""

from fastapi import APIRouter, Response

from kb_service.core.web import OnceDep, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.tickets.platforms import schemas, service

router = APIRouter(prefix="/api/v1/tickets/imports", tags=["tickets"])


@router.post("", dependencies=[requires("ticket.import")], response_model=schemas.ImportOut)
def import_all(
    session: Writer, ctx: Ctx, parts: RuntimeDep, once: OnceDep, data: schemas.ImportIn
) -> Response:
    """All or nothing. A number that was registered before is told with its ticket and changes nothing."""
    status = 200 if data.dry_run else 201
    return once.run(session, ctx, lambda: service.import_all(session, ctx, parts, data), status)
