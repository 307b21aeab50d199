"""Routes of the evaluation of units: scores, their publication, weights, appeals."""

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel

from kb_service.core.web import OnceDep, Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.insight.evaluation import schemas
from kb_service.insight.evaluation.service import appeals, scoring
from kb_service.insight.evaluation.service import schemes as weights
from kb_service.insight.statistics import periods
from kb_service.insight.statistics.api import PeriodDep, period_out
from kb_service.knowledge.duties.schemas import AppealOut
from kb_service.knowledge.duties.service.publishing import Published

router = APIRouter(prefix="/api/v1/evaluations", tags=["evaluations"])


def _standing(found: scoring.Standing) -> schemas.StandingOut:
    return schemas.StandingOut(
        unit_code=found.unit_code,
        unit_name=found.unit_name,
        period=period_out(found.period),
        known_at=found.known_at,
        score=schemas.ScoreOut.model_validate(found.score),
    )


def _published(found: Published) -> schemas.PublishedOut:
    return schemas.PublishedOut(
        id=found.id,
        unit_code=found.unit_code,
        unit_name=found.unit_name,
        period=period_out(found.period),
        known_at=found.known_at,
        score=found.score,
        inputs_hash=found.inputs_hash,
        published_at=found.published_at,
    )


@router.get("", dependencies=[requires("stats.read")])
def ranking(session: Reader, ctx: Ctx, period: PeriodDep) -> ListOut[schemas.StandingOut]:
    """Scores of units, the best first."""
    return ListOut(items=[_standing(each) for each in scoring.ranking(session, ctx, period)])


@router.get("/units/{code}", dependencies=[requires("stats.read")])
def unit_score(
    code: str, session: Reader, ctx: Ctx, period: PeriodDep, known_at: AwareDatetime | None = None
) -> schemas.StandingOut:
    """`known_at`: by what was known then."""
    return _standing(scoring.standing(session, ctx, code, period, known_at=known_at))


@router.post("/units/{code}/appeals", dependencies=[requires("duty.appeal")])
def appeal(code: str, data: schemas.AppealIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    """About a record behind a figure, by its `key`; decided with the appeals about duties."""
    return once.run(
        session,
        ctx,
        lambda: AppealOut.model_validate(
            appeals.appeal(session, ctx, code, data.key, data.reason, data.evidence)
        ),
    )


@router.get("/schemes", dependencies=[requires("stats.read")])
def list_schemes(session: Reader, ctx: Ctx) -> ListOut[schemas.SchemeOut]:
    found = weights.schemes(session, ctx)
    return ListOut(items=[schemas.SchemeOut.model_validate(each) for each in found])


@router.post("/schemes", dependencies=[requires("duty.manage")])
def set_scheme(data: schemas.SchemeIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    items = {name: item.model_dump(exclude_none=True) for name, item in data.items.items()}
    return once.run(
        session,
        ctx,
        lambda: schemas.SchemeOut.model_validate(
            weights.set_scheme(session, ctx, data.valid_from, items, data.basis)
        ),
    )


@router.get("/scores", dependencies=[requires("stats.read")])
def scores(session: Reader, ctx: Ctx, period: PeriodDep) -> ListOut[schemas.PublishedOut]:
    return ListOut(items=[_published(each) for each in scoring.published(session, ctx, period)])


@router.post("/scores", dependencies=[requires("duty.manage")])
def publish(data: schemas.PeriodIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    def make() -> BaseModel:
        found = scoring.publish(session, ctx, periods.parse(data.period))
        return ListOut(items=[_published(each) for each in found])

    return once.run(session, ctx, make)


@router.get("/scores/{score_id}/check", dependencies=[requires("stats.read")])
def check(score_id: int, session: Reader, ctx: Ctx) -> schemas.CheckedOut:
    found = scoring.check(session, ctx, score_id)
    return schemas.CheckedOut(
        published=_published(found.published), then=found.then, same=found.same, now=found.now
    )
