"""Routes of verification, its queues, and audits of samples."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import OnceDep, Reader, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.identity.schemas import ListOut
from kb_service.knowledge.service import reading
from kb_service.knowledge.verification import schemas
from kb_service.knowledge.verification.sampling import Stratum
from kb_service.knowledge.verification.service import (
    auditing,
    audits,
    intervals,
    queues,
    trusting,
    verifying,
)

router = APIRouter(prefix="/api/v1", tags=["verification"])
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.post("/verifications", dependencies=[requires("knowledge.verify")])
def verify(data: schemas.VerifyIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    """Says that the live versions of these points are still right; each is told apart."""
    return once.run(
        session,
        ctx,
        lambda: schemas.VerifyOut.model_validate(
            verifying.verify(session, ctx, data.codes, until=data.until, note=data.note)
        ),
        status=200,
    )


@router.get("/points/{code}/verifications", dependencies=[requires("knowledge.read_internal")])
def statements(code: str, session: Reader, ctx: Ctx) -> ListOut[schemas.StatementOut]:
    found = verifying.history(session, ctx, code)
    return ListOut(items=[schemas.StatementOut.model_validate(each) for each in found])


@router.get("/points/{code}/trust", dependencies=[requires("knowledge.read_internal")])
def trust(code: str, session: Reader, ctx: Ctx) -> schemas.TrustOut | None:
    """The mark of trust of the live version; null where it was never approved."""
    view = reading.get_version(session, ctx, code)
    found = trusting.trust_of(session, [view], ctx.now).get(view.code)
    return schemas.TrustOut.model_validate(found) if found is not None else None


@router.get("/verification/intervals", dependencies=[requires("knowledge.read_internal")])
def list_intervals(session: Reader) -> ListOut[schemas.IntervalOut]:
    return _intervals(intervals.intervals(session))


@router.put("/verification/intervals/{type_}", dependencies=[requires("catalogue.manage")])
def set_interval(
    type_: str, data: schemas.IntervalIn, session: Writer, ctx: Ctx
) -> ListOut[schemas.IntervalOut]:
    return _intervals(intervals.set_interval(session, ctx, type_, data.days))


def _intervals(found: list[intervals.TypeInterval]) -> ListOut[schemas.IntervalOut]:
    return ListOut(items=[schemas.IntervalOut.model_validate(each) for each in found])


@router.put("/points/{code}/interval", dependencies=[requires_any("knowledge.verify", "catalogue.manage")])
def set_point_interval(
    code: str, data: schemas.PointIntervalIn, session: Writer, ctx: Ctx
) -> schemas.DaysOut:
    return schemas.DaysOut(days=intervals.set_point_interval(session, ctx, code, data.days))


@router.get("/verification/queues", dependencies=[requires("knowledge.read_internal")])
def counts(session: Reader, ctx: Ctx, unit: str = "", type: str = "") -> dict[str, int]:  # noqa: A002
    return queues.counts(session, ctx, unit=unit, type_=type)


@router.get("/verification/queues/{name}", dependencies=[requires("knowledge.read_internal")])
def queue(
    name: str,
    session: Reader,
    ctx: Ctx,
    unit: str = "",
    type: str = "",  # noqa: A002
    cursor: str = "",
    limit: Limit = 20,
) -> ListOut[schemas.QueueRowOut]:
    page = queues.queue(session, ctx, name, unit=unit, type_=type, cursor=cursor, limit=limit)
    return ListOut(items=[schemas.QueueRowOut.model_validate(row) for row in page.items], next=page.next)


@router.get("/audits", dependencies=[requires("knowledge.audit")])
def list_plans(session: Reader, ctx: Ctx, limit: Limit = 50) -> ListOut[schemas.PlanOut]:
    found = audits.plans(session, ctx, limit=limit)
    return ListOut(items=[schemas.PlanOut.model_validate(each) for each in found])


@router.post("/audits", dependencies=[requires("catalogue.manage")])
def create_plan(data: schemas.PlanIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    return once.run(
        session,
        ctx,
        lambda: schemas.PlanOut.model_validate(
            audits.create_plan(
                session,
                ctx,
                name=data.name,
                period_from=data.period_from,
                period_to=data.period_to,
                strata=[Stratum(each.by, each.size, each.unit, each.type) for each in data.strata],
                auditors=data.auditors,
                seed=data.seed,
            )
        ),
    )


@router.get("/audits/{code}", dependencies=[requires("knowledge.audit")])
def plan(code: str, session: Reader, ctx: Ctx) -> schemas.PlanOut:
    return schemas.PlanOut.model_validate(audits.plan_view(session, ctx, code))


@router.get("/audits/{code}/items", dependencies=[requires("knowledge.audit")])
def items(code: str, session: Reader, ctx: Ctx) -> ListOut[schemas.ItemOut]:
    found = auditing.items(session, ctx, code)
    return ListOut(items=[schemas.ItemOut.model_validate(each) for each in found])


@router.post("/audits/{code}/items/{rank}", dependencies=[requires("knowledge.audit")])
def record(code: str, rank: int, data: schemas.FindingIn, session: Writer, ctx: Ctx) -> schemas.ItemOut:
    found = auditing.record(
        session,
        ctx,
        code,
        rank,
        data.result,
        checks=data.checks,
        kind=data.kind,
        serious=data.serious,
        remark=data.remark,
    )
    return schemas.ItemOut.model_validate(found)


@router.get("/audits/{code}/report", dependencies=[requires("knowledge.audit")])
def report(code: str, session: Reader, ctx: Ctx) -> schemas.AuditReportOut:
    return schemas.AuditReportOut.model_validate(auditing.report(session, ctx, code))


@router.get("/audits/{code}/redraw", dependencies=[requires("knowledge.audit")])
def redraw(code: str, session: Reader, ctx: Ctx) -> schemas.RedrawnOut:
    """Draws the sample once more from what was live then, to prove that it was not chosen by hand."""
    return schemas.RedrawnOut.model_validate(audits.redraw(session, ctx, code))


@router.post("/audits/{code}/close", dependencies=[requires("catalogue.manage")])
def close(code: str, session: Writer, ctx: Ctx) -> schemas.PlanOut:
    return schemas.PlanOut.model_validate(audits.close_plan(session, ctx, code))
