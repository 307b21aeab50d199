"""Routes of guidance."""

from fastapi import APIRouter

from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.knowledge.guiding.schemas import EndIn, GuidanceIn
from kb_service.knowledge.guiding.service import saying

router = APIRouter(prefix="/api/v1", tags=["guidance"])


@router.get("/points/{code}/guidance", dependencies=[requires("knowledge.read_internal")])
def of_point(code: str, session: Reader, ctx: Ctx, ended: bool = False) -> ListOut[saying.GuidanceView]:
    found = saying.of_point(session, ctx, code, ended=ended)
    return ListOut(items=list(found))


@router.post("/points/{code}/guidance", dependencies=[requires("knowledge.edit")])
def say(code: str, data: GuidanceIn, session: Writer, ctx: Ctx) -> saying.GuidanceView:
    """Holds in every process from the next search on."""
    return saying.say(session, ctx, code, saying.Wanted(**data.model_dump()))


@router.post("/guidance/{number}/end", dependencies=[requires("knowledge.edit")])
def end(number: int, data: EndIn, session: Writer, ctx: Ctx) -> saying.GuidanceView:
    return saying.end(session, ctx, number, data.reason)
