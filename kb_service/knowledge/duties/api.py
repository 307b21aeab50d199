"""Routes of duties: what units owe, scores, appeals, sudden events."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import OnceDep, Reader, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.identity.schemas import ListOut
from kb_service.knowledge.duties import schemas
from kb_service.knowledge.duties.rules import STATES, Scheme
from kb_service.knowledge.duties.service import appeals, events, exporting, scheme, scoring, telling

router = APIRouter(prefix="/api/v1", tags=["duties"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.get("/units/{code}/duties", dependencies=[requires("knowledge.read_internal")])
def unit_duties(code: str, session: Reader, ctx: Ctx) -> schemas.DutyReportOut:
    return schemas.DutyReportOut.model_validate(telling.duties_of(session, ctx, code))


@router.get("/duties/missing", dependencies=[requires("knowledge.read_internal")])
def missing_duties(session: Reader, ctx: Ctx) -> ListOut[schemas.DutyReportOut]:
    found = telling.units_lacking(session, ctx)
    return ListOut(items=[schemas.DutyReportOut.model_validate(each) for each in found])


@router.get("/duties", dependencies=[requires("duty.read")])
def ranking(
    session: Reader,
    ctx: Ctx,
    first: date | None = None,
    last: date | None = None,
    known_at: AwareDatetime | None = None,
) -> ListOut[schemas.RankedOut]:
    """Scores of units, the weakest first. `known_at`: by what was known then."""
    period = scoring.period_from(first, last, ctx.now)
    found = scoring.ranking(session, ctx, period, known_at=known_at)
    return ListOut(items=[schemas.RankedOut.model_validate(each) for each in found])


@router.get("/duties.xlsx", dependencies=[requires("duty.read")])
def export(session: Reader, ctx: Ctx, first: date | None = None, last: date | None = None) -> Response:
    period = scoring.period_from(first, last, ctx.now)
    body = exporting.workbook(scoring.ranking(session, ctx, period))
    name = f"duties-{period.first}-{period.last}.xlsx"
    return Response(body, media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/duties/units/{code}", dependencies=[requires("duty.read")])
def unit_ledger(
    code: str,
    session: Reader,
    ctx: Ctx,
    first: date | None = None,
    last: date | None = None,
    known_at: AwareDatetime | None = None,
) -> schemas.StandingOut:
    """A unit's score with every entry it rests on."""
    period = scoring.period_from(first, last, ctx.now)
    return _standing(scoring.standing(session, ctx, code, period, known_at=known_at))


def _standing(found: scoring.Standing) -> schemas.StandingOut:
    entries = [
        schemas.EntryOut(
            key=entry.key,
            measure=entry.measure,
            clauses=list(entry.clauses),
            title=entry.title,
            link=entry.link,
            began_at=entry.began_at,
            due_at=entry.due_at,
            done_at=entry.done_at,
            appeal=entry.appeal,
            state=state,
            state_name=STATES[state],
        )
        for entry, state in found.entries
    ]
    ranked = schemas.RankedOut.model_validate(found)
    return schemas.StandingOut(**dict(ranked), entries=entries)


@router.get("/duties/schemes", dependencies=[requires("duty.read")])
def schemes(session: Reader, ctx: Ctx) -> ListOut[schemas.SchemeOut]:
    found = scheme.schemes(session, ctx)
    return ListOut(items=[schemas.SchemeOut.model_validate(each) for each in found])


@router.post("/duties/schemes", dependencies=[requires("duty.manage")])
def set_scheme(data: schemas.SchemeIn, session: Writer, ctx: Ctx) -> schemas.SchemeOut:
    wanted = Scheme(data.weights, data.late_credit, data.script_minutes, data.update_days)
    made = scheme.set_scheme(session, ctx, data.valid_from, wanted, data.note)
    return schemas.SchemeOut.model_validate(made)


@router.get("/duties/scores", dependencies=[requires("duty.read")])
def scores(session: Reader, ctx: Ctx, first: date, last: date) -> ListOut[schemas.PublishedOut]:
    found = scoring.published(session, ctx, scoring.period_from(first, last, ctx.now))
    return ListOut(items=[schemas.PublishedOut.model_validate(each) for each in found])


@router.post("/duties/scores", dependencies=[requires("duty.manage")])
def publish(data: schemas.PeriodIn, session: Writer, ctx: Ctx) -> ListOut[schemas.PublishedOut]:
    found = scoring.publish(session, ctx, scoring.period_from(data.first, data.last, ctx.now))
    return ListOut(items=[schemas.PublishedOut.model_validate(each) for each in found])


@router.get("/duties/scores/{score_id}/check", dependencies=[requires("duty.read")])
def check(score_id: int, session: Reader, ctx: Ctx) -> schemas.CheckedOut:
    return schemas.CheckedOut.model_validate(scoring.check(session, ctx, score_id))


@router.get("/duties/appeals", dependencies=[requires("duty.read")])
def list_appeals(
    session: Reader, ctx: Ctx, unit: str = "", status: str = "", cursor: str = "", limit: Limit = 20
) -> ListOut[schemas.AppealOut]:
    page = appeals.appeals(session, ctx, unit=unit, status=status, cursor=cursor, limit=limit)
    return ListOut(items=[schemas.AppealOut.model_validate(each) for each in page.items], next=page.next)


@router.post("/duties/units/{code}/appeals", dependencies=[requires("duty.appeal")])
def appeal(code: str, data: schemas.AppealIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    period = scoring.period_from(data.first, data.last, ctx.now)
    return once.run(
        session,
        ctx,
        lambda: schemas.AppealOut.model_validate(
            appeals.appeal(session, ctx, code, data.entry, period, data.reason, data.evidence)
        ),
    )


@router.post("/duties/appeals/{appeal_id}/decision", dependencies=[requires("duty.manage")])
def decide(appeal_id: int, data: schemas.AppealDecisionIn, session: Writer, ctx: Ctx) -> schemas.AppealOut:
    found = appeals.decide(session, ctx, appeal_id, data.decision, data.note)
    return schemas.AppealOut.model_validate(found)


@router.get("/duties/events", dependencies=[requires("duty.read")])
def list_events(
    session: Reader, ctx: Ctx, unit: str = "", open_only: bool = False, limit: Limit = 50
) -> ListOut[schemas.EventOut]:
    found = events.events(session, ctx, unit=unit, open_only=open_only, limit=limit)
    return ListOut(items=[schemas.EventOut.model_validate(each) for each in found])


@router.post("/duties/events", dependencies=[requires_any("duty.manage", "knowledge.edit")])
def record_event(data: schemas.EventIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    return once.run(
        session,
        ctx,
        lambda: schemas.EventOut.model_validate(
            events.record(session, ctx, data.unit, data.title, data.happened_at)
        ),
    )


@router.post("/duties/events/{code}/script", dependencies=[requires_any("duty.manage", "knowledge.edit")])
def link_script(code: str, data: schemas.ScriptLinkIn, session: Writer, ctx: Ctx) -> schemas.EventOut:
    return schemas.EventOut.model_validate(events.link_script(session, ctx, code, data.script))
