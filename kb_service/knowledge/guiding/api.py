"""Routes of guidance."""

from fastapi import APIRouter

from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.knowledge.guiding.schemas import EndIn, GuidanceIn, GuidanceOut
from kb_service.knowledge.guiding.service import saying

router = APIRouter(prefix="/api/v1", tags=["guidance"])


@router.get("/points/{code}/guidance", dependencies=[requires("knowledge.read_internal")])
def of_point(code: str, session: Reader, ctx: Ctx, ended: bool = False) -> ListOut[GuidanceOut]:
    found = saying.of_point(session, ctx, code, ended=ended)
    return ListOut(items=[GuidanceOut.model_validate(each) for each in found])


@router.post("/points/{code}/guidance", dependencies=[requires("knowledge.edit")])
def say(code: str, data: GuidanceIn, session: Writer, ctx: Ctx) -> GuidanceOut:
    """Holds in every process from the next search on."""
    return GuidanceOut.model_validate(saying.say(session, ctx, code, saying.Wanted(**data.model_dump())))


@router.post("/guidance/{number}/end", dependencies=[requires("knowledge.edit")])
def end(number: int, data: EndIn, session: Writer, ctx: Ctx) -> GuidanceOut:
    return GuidanceOut.model_validate(saying.end(session, ctx, number, data.reason))
