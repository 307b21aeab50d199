"""The route by which a requester looks up a request; the page stands beside the web chat."""

from fastapi import APIRouter

from kb_service.channels.progress import schemas, service
from kb_service.channels.public_route import PublicRoute
from kb_service.core.web import RuntimeDep
from kb_service.identity.auth import Ctx, public
from kb_service.tickets.schemas import ProgressOut

router = APIRouter(prefix="/api/v1/progress", tags=["progress"], route_class=PublicRoute)


@router.post("", dependencies=[public()])
def look_up(parts: RuntimeDep, ctx: Ctx, data: schemas.LookUpIn) -> ProgressOut:
    """How far a request has come. What is wrong is not told, and guessing is stopped (429)."""
    return service.look_up(parts, ctx, data.code, data.proof)
