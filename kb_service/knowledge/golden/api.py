"""Routes of the golden set."""

from typing import Annotated

from fastapi import APIRouter, Query

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.knowledge.golden import schemas
from kb_service.knowledge.golden.service import cases, models, running

router = APIRouter(prefix="/api/v1/golden", tags=["golden"])
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.get("/cases", dependencies=[requires("knowledge.read_internal")])
def list_cases(
    session: Reader, ctx: Ctx, retired: bool = False, cursor: str = "", limit: Limit = 50
) -> ListOut[schemas.CaseOut]:
    page = cases.list_cases(session, ctx, retired=retired, cursor=cursor, limit=limit)
    return ListOut(items=[schemas.CaseOut.model_validate(each) for each in page.items], next=page.next)


@router.post("/cases", dependencies=[requires("search.manage")])
def save(data: schemas.CaseIn, session: Writer, ctx: Ctx) -> schemas.CaseOut:
    return schemas.CaseOut.model_validate(cases.save(session, ctx, cases.CaseIn(**data.model_dump())))


@router.post("/cases/{number}/retire", dependencies=[requires("search.manage")])
def retire(number: int, data: schemas.RetireIn, session: Writer, ctx: Ctx) -> schemas.CaseOut:
    return schemas.CaseOut.model_validate(cases.retire(session, ctx, number, data.reason))


@router.post("/runs", dependencies=[requires("search.manage")])
def run(ctx: Ctx, parts: RuntimeDep) -> schemas.RunOut:
    """Tries every case as it is served now; regressions alarm those who look after search."""
    return schemas.RunOut.model_validate(running.run(parts.database, ctx, parts.engine, "by_hand"))


@router.get("/runs", dependencies=[requires("knowledge.read_internal")])
def runs(session: Reader, ctx: Ctx, cursor: str = "", limit: Limit = 20) -> ListOut[schemas.RunOut]:
    page = running.runs(session, ctx, cursor=cursor, limit=limit)
    return ListOut(items=[schemas.RunOut.model_validate(each) for each in page.items], next=page.next)


@router.get("/runs/{number}", dependencies=[requires("knowledge.read_internal")])
def one(number: int, session: Reader) -> schemas.RunOut:
    return schemas.RunOut.model_validate(running.read(session, number))


@router.post("/ranking", dependencies=[requires("search.manage")])
def serve_ranking(
    data: schemas.RankingIn, session: Writer, ctx: Ctx, parts: RuntimeDep
) -> schemas.RankingOut:
    """In use in every process from the next search on; 409 where golden cases would break."""
    return schemas.RankingOut.model_validate(
        models.serve_ranking(
            session, ctx, parts.engine, models.learnt_of(data.weights, data.about), data.reason, data.override
        )
    )
