"""Routes of changes of staff, of handing over, and of closing an account."""

from datetime import date

from fastapi import APIRouter, Response

from kb_service.core.clock import local_day
from kb_service.core.web import OnceDep, Reader, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.identity.schemas import AccountOut, ActiveIn
from kb_service.knowledge.handover import schemas, service, staff

router = APIRouter(prefix="/api/v1", tags=["staff"])
FILERS = ("knowledge.edit", "knowledge.review_unit", "identity.manage")
readers = [requires_any("knowledge.read_internal", "identity.manage")]


@router.get("/staff", dependencies=readers)
def holders(session: Reader, ctx: Ctx, on: date | None = None) -> schemas.HoldersOut:
    """Who has which post on a day, today if none is given."""
    found = staff.holders(session, on or local_day(ctx.now))
    return schemas.HoldersOut(items=[schemas.HolderOut.model_validate(each) for each in found])


@router.get("/staff/vacancies", dependencies=readers)
def vacancies(session: Reader, ctx: Ctx) -> schemas.VacanciesOut:
    found = staff.vacancies(session, local_day(ctx.now))
    return schemas.VacanciesOut(items=[schemas.VacancyOut.model_validate(each) for each in found])


@router.get("/staff/changes", dependencies=readers)
def filings(session: Reader, ctx: Ctx, waiting: bool = False) -> schemas.FiledPage:
    found = staff.filings(session, ctx, waiting=waiting)
    return schemas.FiledPage(items=[schemas.FiledOut.model_validate(each) for each in found])


@router.post("/staff/changes", dependencies=[requires_any(*FILERS)])
def file_change(data: schemas.StaffChangeIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    def make() -> schemas.FiledOut:
        filed = staff.file_change(
            session, ctx, unit_code=data.unit, post=data.post, login=data.login, former_login=data.former,
            effective_on=data.effective_on, note=data.note,
        )  # fmt: skip
        return schemas.FiledOut.model_validate(filed)

    return once.run(session, ctx, make)


@router.post("/staff/changes/{filing_id}/acknowledgement", dependencies=[requires("catalogue.manage")])
def acknowledge(filing_id: int, session: Writer, ctx: Ctx) -> schemas.FiledOut:
    return schemas.FiledOut.model_validate(staff.acknowledge(session, ctx, filing_id))


@router.get("/accounts/{login}/open-work", dependencies=[requires_any(*FILERS)])
def open_work(login: str, session: Reader, ctx: Ctx) -> schemas.OpenWorkOut:
    found = service.open_work(session, ctx, login)
    return schemas.OpenWorkOut(items=[schemas.OpenItemOut.model_validate(each) for each in found])


@router.post("/accounts/{login}/handover", dependencies=[requires_any(*FILERS)])
def hand_over(login: str, data: schemas.HandOverIn, session: Writer, ctx: Ctx) -> schemas.HandedOver:
    moved = service.hand_over(session, ctx, login, data.to, reason=data.reason, close=data.close)
    return schemas.HandedOver(moved=moved)


@router.put("/accounts/{login}/active", dependencies=[requires("identity.manage")])
def set_active(login: str, data: ActiveIn, session: Writer, ctx: Ctx) -> AccountOut:
    return AccountOut.model_validate(service.set_active(session, ctx, login, data.active))
