"""Routes of tickets from other platforms. The sender's numbers make a request safe to repeat."""

from fastapi import APIRouter, Response, status

from kb_service.core.web import RuntimeDep
from kb_service.identity.auth import Ctx, requires
from kb_service.tickets.platforms import schemas, service

router = APIRouter(prefix="/api/v1/tickets/imports", tags=["tickets"])


@router.post("", dependencies=[requires("ticket.import")], status_code=status.HTTP_201_CREATED)
def import_all(ctx: Ctx, parts: RuntimeDep, data: schemas.ImportIn, response: Response) -> schemas.ImportOut:
    """Each item is told what came of it; a wrong one harms no other.

    A number that was registered before is told with its ticket and changes nothing, so that everything may be
    sent again.
    """
    if data.dry_run:
        response.status_code = status.HTTP_200_OK
    return service.import_all(ctx, parts, data)
