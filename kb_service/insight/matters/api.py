"""Routes of hot matters and consultations about them."""

from typing import Annotated

from fastapi import APIRouter, Query

from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.insight.matters import schemas
from kb_service.insight.matters.service import consulting, reading, steering
from kb_service.insight.matters.service.consulting import ConsultationView
from kb_service.insight.matters.service.reading import MatterFilter, MatterRow, MatterView, Overview

# `/api/v1/matters` are those of the dispatch catalogue.
router = APIRouter(prefix="/api/v1/hot-matters", tags=["insight"])
reader, manager = requires(reading.READ), requires(steering.MANAGE)


@router.get("", dependencies=[reader])
def list_matters(
    session: Reader,
    ctx: Ctx,
    trend: schemas.Trend = "",
    state: schemas.State = "open",
    region: Annotated[str, Query(max_length=12)] = "",
    q: Annotated[str, Query(max_length=80)] = "",
    common: bool = False,
    limit: Annotated[int, Query(ge=1, le=reading.MOST)] = 50,
) -> ListOut[MatterRow]:
    wanted = MatterFilter(trend, state, region, q, common)
    return ListOut(items=reading.list_matters(session, ctx, wanted, limit), next=None)


@router.get("/overview", dependencies=[reader])
def overview(session: Reader, ctx: Ctx) -> Overview:
    return reading.overview(session, ctx)


@router.get("/{number}", dependencies=[reader])
def get_matter(session: Reader, ctx: Ctx, number: int) -> MatterView:
    return reading.get_matter(session, ctx, number)


@router.put("/{number}/name", dependencies=[manager])
def rename(session: Writer, ctx: Ctx, number: int, data: schemas.NameIn) -> MatterView:
    steering.rename(session, ctx, number, data.name)
    return reading.get_matter(session, ctx, number)


@router.post("/{number}/dismiss", dependencies=[manager])
def dismiss(session: Writer, ctx: Ctx, number: int, data: schemas.ReasonIn) -> MatterView:
    steering.dismiss(session, ctx, number, data.reason)
    return reading.get_matter(session, ctx, number)


@router.post("/{number}/watch", dependencies=[manager])
def watch_again(session: Writer, ctx: Ctx, number: int) -> MatterView:
    steering.watch_again(session, ctx, number)
    return reading.get_matter(session, ctx, number)


@router.post("/{number}/merge", dependencies=[manager])
def merge(session: Writer, ctx: Ctx, number: int, data: schemas.MergeIn) -> MatterView:
    into = steering.merge(session, ctx, number, data.into)
    return reading.get_matter(session, ctx, into.id)


@router.get("/{number}/consultations", dependencies=[reader])
def consultations(session: Reader, ctx: Ctx, number: int) -> ListOut[ConsultationView]:
    return ListOut(items=consulting.of_matter(session, ctx, number), next=None)


@router.post("/{number}/consultations", dependencies=[manager], status_code=201)
def open_consultation(
    session: Writer, ctx: Ctx, number: int, data: schemas.ConsultationIn
) -> ConsultationView:
    return consulting.open_consultation(session, ctx, number, **data.model_dump())


@router.put("/consultations/{number}/opinion", dependencies=[requires(consulting.ANSWERS)])
def say(session: Writer, ctx: Ctx, number: int, data: schemas.OpinionIn) -> ConsultationView:
    return consulting.say(session, ctx, number, data.text)


@router.post("/consultations/{number}/close", dependencies=[manager])
def close(session: Writer, ctx: Ctx, number: int, data: schemas.OutcomeIn) -> ConsultationView:
    return consulting.close(session, ctx, number, data.outcome, data.measures)
