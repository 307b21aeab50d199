"""Routes of supervision."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import OnceDep, Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.identity.service import people
from kb_service.supervision import schemas
from kb_service.supervision.model import Supervision
from kb_service.supervision.service import reading, records, subjects, supervising, ways

router = APIRouter(prefix="/api/v1/supervision", tags=["supervision"])
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
READ = [requires("supervision.read")]
MANAGE = [requires("supervision.manage")]


@router.get("", dependencies=READ)
def supervisions(
    session: Reader,
    ctx: Ctx,
    unit: str = "",
    subject: str = "",
    closed: bool = False,
    cursor: str = "",
    limit: Limit = 20,
) -> ListOut[schemas.SupervisionOut]:
    page = reading.supervisions(
        session, ctx, unit=unit, subject=subject, closed=closed, cursor=cursor, limit=limit
    )
    return ListOut(items=[_out(row, ctx) for row in page.items], next=page.next)


@router.post("", dependencies=MANAGE)
def open_one(data: schemas.OpenIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    return once.run(session, ctx, lambda: _out(_opened(session, ctx, data), ctx))


def _opened(session: Writer, ctx: Ctx, data: schemas.OpenIn) -> Supervision:
    unit = people.unit_by_code(session, data.unit)
    subjects.check(session, data.subject)
    return supervising.open_supervision(
        session,
        ctx,
        subject=data.subject,
        unit_id=unit.id,
        trigger=data.trigger,
        reason=data.reason,
        kind=data.kind,
        title=data.title,
        link=data.link,
        due_at=data.due_at,
    )


@router.get("/ways", dependencies=READ)
def offered(session: Reader, ctx: Ctx) -> schemas.WaysOut:
    return schemas.WaysOut.model_validate(ways.ways(session, ctx))


@router.get("/urgings", dependencies=READ)
def urgings(
    session: Reader, ctx: Ctx, unit: str = "", cursor: str = "", limit: Limit = 20
) -> ListOut[schemas.UrgingOut]:
    page = reading.urgings(session, ctx, unit=unit, cursor=cursor, limit=limit)
    return ListOut(items=[schemas.UrgingOut.model_validate(row) for row in page.items], next=page.next)


@router.post("/urgings", dependencies=MANAGE)
def urge(data: schemas.UrgeIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    def act() -> schemas.UrgingOut:
        unit = people.unit_by_code(session, data.unit)
        said = data.model_dump(exclude={"unit"})
        return schemas.UrgingOut.model_validate(records.urge_by_hand(session, ctx, unit_id=unit.id, **said))

    return once.run(session, ctx, act)


@router.get("/referrals", dependencies=READ)
def referrals(
    session: Reader, ctx: Ctx, unit: str = "", cursor: str = "", limit: Limit = 20
) -> ListOut[schemas.ReferralOut]:
    page = reading.referrals(session, ctx, unit=unit, cursor=cursor, limit=limit)
    return ListOut(items=[schemas.ReferralOut.model_validate(row) for row in page.items], next=page.next)


@router.post("/referrals", dependencies=MANAGE)
def refer(data: schemas.ReferIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    def act() -> schemas.ReferralOut:
        unit = people.unit_by_code(session, data.unit)
        said = data.model_dump(exclude={"unit"})
        return schemas.ReferralOut.model_validate(records.refer(session, ctx, unit_id=unit.id, **said))

    return once.run(session, ctx, act)


@router.post("/referrals/{referral_id}", dependencies=MANAGE)
def referral_outcome(
    referral_id: int, data: schemas.TextIn, session: Writer, ctx: Ctx
) -> schemas.ReferralOut:
    return schemas.ReferralOut.model_validate(records.note_outcome(session, ctx, referral_id, data.text))


@router.get("/accountability", dependencies=READ)
def accountabilities(
    session: Reader, ctx: Ctx, unit: str = "", cursor: str = "", limit: Limit = 20
) -> ListOut[schemas.AccountabilityOut]:
    page = reading.accountabilities(session, ctx, unit=unit, cursor=cursor, limit=limit)
    items = [schemas.AccountabilityOut.model_validate(row) for row in page.items]
    return ListOut(items=items, next=page.next)


@router.post("/accountability/{record_id}", dependencies=MANAGE)
def decide_accountability(
    record_id: int, data: schemas.DecideIn, session: Writer, ctx: Ctx
) -> schemas.AccountabilityOut:
    record = records.decide_accountability(session, ctx, record_id, data.decision, data.text)
    return schemas.AccountabilityOut.model_validate(record)


@router.get("/cards", dependencies=READ)
def cards(
    session: Reader, ctx: Ctx, unit: str = "", cursor: str = "", limit: Limit = 20
) -> ListOut[schemas.CardOut]:
    page = reading.cards(session, ctx, unit=unit, cursor=cursor, limit=limit)
    return ListOut(items=[schemas.CardOut.model_validate(row) for row in page.items], next=page.next)


@router.get("/cards/by-unit", dependencies=READ)
def cards_by_unit(
    session: Reader, ctx: Ctx, since: datetime | None = None, until: datetime | None = None
) -> ListOut[schemas.CardCountOut]:
    found = reading.cards_by_unit(session, ctx, since, until)
    return ListOut(items=[schemas.CardCountOut.model_validate(each) for each in found], next=None)


@router.get("/{code}", dependencies=READ)
def supervision(code: str, session: Reader, ctx: Ctx) -> schemas.SupervisionOut:
    found = supervising.find(session, ctx, code)
    events = [schemas.EventOut.model_validate(row) for row in reading.history(session, found)]
    return _out(found, ctx).model_copy(update={"history": events})


@router.post("/{code}/reply", dependencies=[requires("supervision.reply")])
def reply(code: str, data: schemas.TextIn, session: Writer, ctx: Ctx) -> schemas.SupervisionOut:
    return _out(supervising.reply(session, ctx, code, data.text), ctx)


@router.post("/{code}/extend", dependencies=MANAGE)
def extend(code: str, data: schemas.ExtendIn, session: Writer, ctx: Ctx) -> schemas.SupervisionOut:
    return _out(supervising.extend(session, ctx, code, data.days, data.reason), ctx)


@router.post("/{code}/escalate", dependencies=MANAGE)
def escalate(code: str, data: schemas.TextIn, session: Writer, ctx: Ctx) -> schemas.SupervisionOut:
    return _out(supervising.escalate(session, ctx, code, data.text), ctx)


@router.post("/{code}/close", dependencies=MANAGE)
def close(code: str, data: schemas.CloseIn, session: Writer, ctx: Ctx) -> schemas.SupervisionOut:
    return _out(supervising.close(session, ctx, code, data.outcome, data.text), ctx)


def _out(row: Supervision, ctx: Ctx) -> schemas.SupervisionOut:
    shown = schemas.SupervisionOut.model_validate(row)
    return shown.model_copy(update={"state": reading.state_of(row, ctx)})
