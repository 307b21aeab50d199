"""Routes of candidates and of the similar questions suggested for points."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import OnceDep, Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.knowledge.candidates import schemas
from kb_service.knowledge.candidates.model import Candidate
from kb_service.knowledge.candidates.service import confirming, placing, reading, reporting, suggesting
from kb_service.knowledge.candidates.service.reading import CandidateView
from kb_service.knowledge.service.views import VersionView

router = APIRouter(prefix="/api/v1", tags=["candidates"])
READ = [requires("knowledge.read_internal")]
EDIT = [requires("knowledge.edit")]


@router.post("/candidates", dependencies=READ)
def report_miss(
    data: schemas.MissIn, session: Writer, ctx: Ctx, parts: RuntimeDep, once: OnceDep
) -> Response:
    def kept() -> schemas.CandidateOut:
        made = reporting.report_miss(
            session,
            ctx,
            parts.engine,
            data.question,
            answer=data.answer,
            unit=data.unit,
            remark=data.remark,
        )
        return _row(session, ctx, made)

    return once.run(session, ctx, kept)


@router.get("/candidates", dependencies=READ)
def candidates(
    session: Reader,
    ctx: Ctx,
    stage: str = "",
    unit: str = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
) -> ListOut[schemas.CandidateOut]:
    page = reading.queue(session, ctx, stage=stage, unit=unit, cursor=cursor, limit=limit)
    return ListOut(items=[_out(view) for view in page.items], next=page.next)


@router.get("/candidates/{code}", dependencies=READ)
def candidate(code: str, session: Reader, ctx: Ctx, parts: RuntimeDep) -> schemas.CandidateDetailOut:
    found = reading.detail(session, ctx, code, parts.engine)
    return schemas.CandidateDetailOut(
        **_out(found.view).model_dump(),
        sources=[schemas.SourceOut.model_validate(each) for each in found.sources],
        wordings=[schemas.WordingOut.model_validate(each) for each in found.wordings],
        history=[schemas.EventOut.model_validate(each) for each in found.events],
        near=[schemas.NearOut.model_validate(each) for each in found.near],
        confirmed_at=found.confirmed_at,
    )


@router.post("/candidates/{code}/confirm", dependencies=EDIT)
def confirm(code: str, data: schemas.ConfirmIn, session: Writer, ctx: Ctx) -> schemas.MadeOut:
    made = confirming.confirm(
        session, ctx, code, data.draft, keep_contacts=data.keep_contacts, submit=data.submit
    )
    return _made(made)


@router.post("/candidates/{code}/merge", dependencies=EDIT)
def merge(code: str, data: schemas.MergeIn, session: Writer, ctx: Ctx) -> schemas.MadeOut:
    return _made(confirming.merge(session, ctx, code, data.point, data.question))


@router.post("/candidates/{code}/reject", dependencies=EDIT)
def reject(code: str, data: schemas.ReasonIn, session: Writer, ctx: Ctx) -> schemas.CandidateOut:
    return _row(session, ctx, confirming.reject(session, ctx, code, data.reason))


@router.post("/candidates/{code}/hand-on", dependencies=EDIT)
def hand_on(code: str, data: schemas.HandOnIn, session: Writer, ctx: Ctx) -> schemas.CandidateOut:
    return _row(session, ctx, placing.hand_on(session, ctx, code, data.unit, data.reason))


@router.post("/candidates/{code}/designate", dependencies=[requires("candidate.manage")])
def designate(code: str, data: schemas.DesignateIn, session: Writer, ctx: Ctx) -> schemas.CandidateOut:
    return _row(session, ctx, placing.designate(session, ctx, code, data.unit, data.reason))


@router.get("/points/{code}/suggested-questions", dependencies=READ)
def suggested(code: str, session: Reader, ctx: Ctx) -> ListOut[schemas.SuggestionOut]:
    found = suggesting.suggested_questions(session, ctx, code)
    return ListOut(items=[schemas.SuggestionOut.model_validate(each) for each in found], next=None)


@router.post("/points/{code}/suggested-questions", dependencies=EDIT)
def accept(code: str, data: schemas.AcceptIn, session: Writer, ctx: Ctx) -> schemas.MadeOut:
    """Those that are wanted go into a draft of the point."""
    return _made(suggesting.accept(session, ctx, code, data.questions))


def _made(view: VersionView) -> schemas.MadeOut:
    return schemas.MadeOut(code=view.code, number=view.number, status=view.status)


def _row(session: Reader, ctx: Ctx, row: Candidate) -> schemas.CandidateOut:
    return _out(reading.view_of(session, ctx, row))


def _out(view: CandidateView) -> schemas.CandidateOut:
    row = view.row
    names = schemas.CandidateOut.model_fields.keys() & row.__mapper__.columns.keys()
    return schemas.CandidateOut(
        **{name: getattr(row, name) for name in names},
        unit=view.unit_code,
        unit_name=view.unit_name,
        status_name=view.status_name,
        late=view.late,
    )
