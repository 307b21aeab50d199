"""Routes of decisions and of the register of what was shown."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from kb_service.answering import schemas
from kb_service.answering.service import deciding, showing
from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import OnceDep, Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import Done, ListOut

router = APIRouter(prefix="/api/v1", tags=["answering"])


@router.post("/decisions", dependencies=[requires("decision.make")])
def decide(data: schemas.DecisionIn, session: Writer, ctx: Ctx, parts: RuntimeDep, once: OnceDep) -> Response:
    return once.run(session, ctx, lambda: deciding.decide(session, ctx, parts, data), status=200)


@router.get("/decisions/{decision_id}", dependencies=[requires("decision.make")])
def read(decision_id: str, session: Reader) -> schemas.DecisionOut:
    return deciding.read(session, decision_id)


@router.post("/decisions/{decision_id}/feedback", dependencies=[requires("decision.make")])
def judge(decision_id: str, data: schemas.FeedbackIn, session: Writer, ctx: Ctx) -> Done:
    deciding.judge(session, ctx, decision_id, data.helpful)
    return Done()


@router.post("/answers", dependencies=[requires("decision.make")])
def answered(data: schemas.AnsweredIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    return once.run(session, ctx, lambda: schemas.ShownOut.model_validate(showing.told(session, ctx, data)))


@router.get("/points/{code}/shown", dependencies=[requires("knowledge.read_internal")])
def shown(
    code: str,
    session: Reader,
    version: int | None = None,
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> ListOut[schemas.ShownOut]:
    page = showing.of_version(session, code, version, cursor=cursor, limit=limit)
    return ListOut(items=[schemas.ShownOut.model_validate(row) for row in page.items], next=page.next)
