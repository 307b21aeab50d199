"""Routes of reviewing: chains, turns, remarks, sign-off, scripts at once."""

from fastapi import APIRouter

from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import Done, ListOut
from kb_service.knowledge.reviewing import at_once, chains, remarks, schemas, scripts, sharing, signing
from kb_service.knowledge.schemas import VersionOut

router = APIRouter(prefix="/api/v1", tags=["knowledge"])
_READ = [requires("knowledge.read_internal")]
_VERSION = "/points/{code}/versions/{number}"


@router.get("/review-chains", dependencies=_READ)
def list_chains(session: Reader, past: bool = False) -> ListOut[chains.ChainView]:
    return ListOut(items=chains.chains(session, past=past))


@router.put("/review-chains", dependencies=[requires("review.manage")])
def set_chain(data: schemas.ChainIn, session: Writer, ctx: Ctx) -> chains.ChainView:
    made = chains.set_chain(session, ctx, **data.model_dump())
    return next(each for each in chains.chains(session) if each.id == made.id)


@router.delete("/review-chains/{chain_id}", dependencies=[requires("review.manage")])
def end_chain(chain_id: int, session: Writer, ctx: Ctx) -> Done:
    chains.end_chain(session, ctx, chain_id)
    return Done()


@router.post("/reviews/{code}/{number}/take", dependencies=_READ)
def take(code: str, number: int, session: Writer, ctx: Ctx) -> Done:
    sharing.take(session, ctx, code, number)
    return Done()


@router.post("/reviews/{code}/{number}/hand-over", dependencies=_READ)
def hand_over(code: str, number: int, data: schemas.HandOverIn, session: Writer, ctx: Ctx) -> Done:
    sharing.hand_over(session, ctx, code, number, data.to)
    return Done()


@router.get(f"{_VERSION}/remarks", dependencies=_READ)
def remarks_on(code: str, number: int, session: Reader, ctx: Ctx) -> ListOut[schemas.RemarkOut]:
    """What the last return remarked, and what of it this version has put right."""
    found = remarks.remarks_on(session, ctx, code, number)
    return ListOut(items=[schemas.RemarkOut.model_validate(each) for each in found])


@router.put(f"{_VERSION}/remarks", dependencies=[requires("knowledge.edit")])
def tick(
    code: str, number: int, data: schemas.TickIn, session: Writer, ctx: Ctx
) -> ListOut[schemas.RemarkOut]:
    found = remarks.tick(session, ctx, code, number, data.field, done=data.done)
    return ListOut(items=[schemas.RemarkOut.model_validate(each) for each in found])


@router.get(f"{_VERSION}/sign-off", dependencies=_READ)
def sign_off(code: str, number: int, session: Reader, ctx: Ctx) -> schemas.SheetOut:
    return schemas.SheetOut.model_validate(signing.sheet(session, ctx, code, number))


@router.get("/scripts/at-once", dependencies=_READ)
def at_once_scripts(session: Reader, ctx: Ctx) -> ListOut[scripts.FastView]:
    return ListOut(items=scripts.scripts(session, ctx))


@router.post(f"{_VERSION}/at-once", dependencies=[requires("knowledge.edit")])
def file_at_once(code: str, number: int, data: schemas.AtOnceIn, session: Writer, ctx: Ctx) -> VersionOut:
    """Files a script and asks whoever is on duty to publish it now."""
    filed = at_once.file_at_once(session, ctx, code, number, **data.model_dump())
    return VersionOut.model_validate(filed)


@router.post(f"{_VERSION}/at-once/publish", dependencies=_READ)
def publish_at_once(code: str, number: int, session: Writer, ctx: Ctx) -> VersionOut:
    return VersionOut.model_validate(at_once.publish_at_once(session, ctx, code, number))


@router.post(f"{_VERSION}/at-once/review", dependencies=_READ)
def review_after(code: str, number: int, data: schemas.AfterIn, session: Writer, ctx: Ctx) -> VersionOut:
    """Confirms what was published at once, asks for a corrected version, or withdraws it."""
    done = at_once.review_after(session, ctx, code, number, data.outcome, remarks=data.remarks)
    return VersionOut.model_validate(done)
