"""Routes of the laboratory."""

from fastapi import APIRouter

from kb_service.core.web import Reader, RuntimeDep
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.laboratory import service
from kb_service.knowledge.laboratory.schemas import TriedOut, TryIn

router = APIRouter(prefix="/api/v1/laboratory", tags=["laboratory"])


@router.post("", dependencies=[requires("search.manage")])
def try_query(data: TryIn, session: Reader, ctx: Ctx, parts: RuntimeDep) -> TriedOut:
    """Every candidate's features and contributions, side by side. What is worth keeping is saved as a case
    (`POST /api/v1/golden/cases`)."""
    return service.try_query(session, ctx, parts.engine, data)
