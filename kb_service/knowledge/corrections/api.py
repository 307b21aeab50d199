"""Routes of corrections."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import OnceDep, Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.knowledge.corrections import schemas
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.corrections.rules import STATUS_NAMES, Status
from kb_service.knowledge.corrections.service import correcting, reading, reporting, verifying
from kb_service.knowledge.corrections.service.reading import CorrectionView
from kb_service.knowledge.corrections.service.reporting import Reported, Said

router = APIRouter(prefix="/api/v1", tags=["corrections"])
READ = [requires("knowledge.read_internal")]
VERIFY = [requires("correction.verify")]
EDIT = [requires("knowledge.edit")]


@router.post("/points/{code}/reports", dependencies=READ)
def report(code: str, data: schemas.ReportIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    said = Said(
        kind=data.kind,
        remark=data.remark,
        field=data.field,
        serious=data.serious,
        number=data.version,
        shown_id=data.shown,
        ticket_code=data.ticket,
        evidence=data.evidence,
    )
    return once.run(session, ctx, lambda: _reported(reporting.report(session, ctx, code, said, way=data.way)))


@router.delete("/reports/{report_id}", dependencies=READ)
def retract(report_id: int, session: Writer, ctx: Ctx) -> schemas.CorrectionOut:
    return _one(session, ctx, reporting.retract(session, ctx, report_id))


@router.get("/corrections", dependencies=READ)
def corrections(
    session: Reader,
    ctx: Ctx,
    stage: str = "",
    unit: str = "",
    point: str = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
) -> ListOut[schemas.CorrectionOut]:
    page = reading.queue(session, ctx, stage=stage, unit=unit, point=point, cursor=cursor, limit=limit)
    return ListOut(items=[_out(view) for view in page.items], next=page.next)


@router.get("/corrections/{code}", dependencies=READ)
def correction(code: str, session: Reader, ctx: Ctx) -> schemas.CorrectionOut:
    found = reading.detail(session, ctx, code)
    extra = {
        "report_list": [schemas.ReportOut.model_validate(row) for row in found.reports],
        "history": [schemas.EventOut.model_validate(row) for row in found.events],
    }
    return _out(found.view).model_copy(update=extra)


@router.post("/corrections/{code}/confirm", dependencies=VERIFY)
def confirm(code: str, data: schemas.ConfirmIn, session: Writer, ctx: Ctx) -> schemas.CorrectionOut:
    done = verifying.confirm(session, ctx, code, data.grade, data.finding, hold=data.hold)
    return _one(session, ctx, done)


@router.post("/corrections/{code}/reject", dependencies=VERIFY)
def reject(code: str, data: schemas.FindingIn, session: Writer, ctx: Ctx) -> schemas.CorrectionOut:
    return _one(session, ctx, verifying.reject(session, ctx, code, data.finding))


@router.post("/corrections/{code}/hold", dependencies=VERIFY)
def hold(code: str, data: schemas.HoldIn, session: Writer, ctx: Ctx) -> schemas.CorrectionOut:
    return _one(session, ctx, verifying.set_hold(session, ctx, code, data.hold, data.reason))


@router.post("/corrections/{code}/objection/decide", dependencies=VERIFY)
def decide(code: str, data: schemas.ObjectionIn, session: Writer, ctx: Ctx) -> schemas.CorrectionOut:
    done = verifying.decide_objection(session, ctx, code, upheld=data.upheld, finding=data.finding)
    return _one(session, ctx, done)


@router.post("/corrections/{code}/objection", dependencies=EDIT)
def objection(code: str, data: schemas.ReasonIn, session: Writer, ctx: Ctx) -> schemas.CorrectionOut:
    return _one(session, ctx, correcting.object_to(session, ctx, code, data.reason))


@router.post("/corrections/{code}/fix", dependencies=EDIT)
def fix(code: str, data: schemas.FixIn, session: Writer, ctx: Ctx) -> schemas.CorrectionOut:
    return _one(session, ctx, correcting.name_fix(session, ctx, code, data.number))


def _reported(done: Reported) -> schemas.ReportedOut:
    status = done.correction.status
    return schemas.ReportedOut(
        correction=done.correction.code,
        report=done.report.id,
        status=status,
        status_name=STATUS_NAMES[Status(status)],
        merged=done.merged,
    )


def _one(session: Reader, ctx: Ctx, row: Correction) -> schemas.CorrectionOut:
    return _out(reading.detail(session, ctx, row.code).view)


def _out(view: CorrectionView) -> schemas.CorrectionOut:
    row = view.row
    names = schemas.CorrectionOut.model_fields.keys() & row.__mapper__.columns.keys()
    return schemas.CorrectionOut(
        **{name: getattr(row, name) for name in names},
        point=row.point_code,
        version=row.number,
        unit=view.unit_code,
        unit_name=view.unit_name,
        kind_name=view.kind_name,
        status_name=view.status_name,
        reports=view.reports,
        clock=view.clock,
        due_shown=view.due_shown,
        basis=view.basis,
        late=view.late,
    )
