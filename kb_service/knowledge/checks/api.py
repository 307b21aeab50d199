"""Routes of what the nightly checks found."""

from typing import Annotated

from fastapi import APIRouter, Query

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.checks import schemas
from kb_service.knowledge.checks.rules import State
from kb_service.knowledge.checks.service import findings, ruling
from kb_service.knowledge.checks.service.findings import FindingFilter

router = APIRouter(prefix="/api/v1/findings", tags=["knowledge"])
checker = requires(findings.PERMISSION)


@router.get("", dependencies=[checker])
def list_findings(
    session: Reader,
    ctx: Ctx,
    state: State | None = State.OPEN,
    check: str = "",
    severity: str = "",
    unit: str = "",
    code: str = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
) -> schemas.FindingPage:
    wanted = FindingFilter(state or "", check, severity, unit, code)
    page = findings.list_findings(session, ctx, wanted, cursor=cursor, limit=limit)
    return schemas.FindingPage.model_validate(page)


@router.get("/checks", dependencies=[checker])
def checks(session: Reader, ctx: Ctx) -> schemas.ChecksOut:
    return schemas.ChecksOut.model_validate(ruling.standing(session, ctx))


@router.put("/checks/{check_id}", dependencies=[requires("catalogue.manage")])
def set_check(session: Writer, ctx: Ctx, check_id: str, data: schemas.RuleIn) -> schemas.CheckOut:
    return schemas.CheckOut.model_validate(
        ruling.set_check(session, ctx, check_id, runs=data.runs, opens=data.opens)
    )


@router.get("/{number}", dependencies=[checker])
def get_finding(session: Reader, ctx: Ctx, number: int) -> schemas.FindingOut:
    return schemas.FindingOut.model_validate(findings.get_finding(session, ctx, number))


@router.post("/{number}/dismiss", dependencies=[checker])
def dismiss(session: Writer, ctx: Ctx, number: int, data: schemas.DismissIn) -> schemas.FindingOut:
    return schemas.FindingOut.model_validate(findings.dismiss(session, ctx, number, data.reason))


@router.post("/{number}/task", dependencies=[checker])
def to_task(session: Writer, ctx: Ctx, number: int, data: schemas.SideIn) -> schemas.FindingOut:
    return schemas.FindingOut.model_validate(findings.to_task(session, ctx, number, data.side))


@router.post("/{number}/correction", dependencies=[checker])
def to_correction(session: Writer, ctx: Ctx, number: int, data: schemas.SideIn) -> schemas.FindingOut:
    return schemas.FindingOut.model_validate(findings.to_correction(session, ctx, number, data.side))


@router.post("/{number}/reopen", dependencies=[checker])
def reopen(session: Writer, ctx: Ctx, number: int) -> schemas.FindingOut:
    return schemas.FindingOut.model_validate(findings.reopen(session, ctx, number))
