"""Routes of preferences, absences, the duty roster and deliveries."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from kb_service.core.errors import Forbidden
from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import OnceDep, Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires, signed_in
from kb_service.identity.service import people
from kb_service.notices import absence, delivery, outlets, preferences, roster, roster_import
from kb_service.notices import people_schemas as schemas
from kb_service.notices.preferences import Wishes
from kb_service.notices.rules import clock_minute, clock_text

router = APIRouter(prefix="/api/v1", tags=["notices"])
own = [requires("inbox.use")]


def _text(minute: int | None) -> str | None:
    return None if minute is None else clock_text(minute)


@router.get("/inbox/preferences", dependencies=own)
def my_preferences(session: Reader, ctx: Ctx, parts: RuntimeDep) -> schemas.PreferencesOut:
    found = preferences.of_actor(session, ctx, parts.cipher)
    return schemas.PreferencesOut(
        digest_at=clock_text(found.digest_minute), working_days_only=found.working_days_only,
        quiet_from=_text(found.quiet_from), quiet_to=_text(found.quiet_to),
        addresses=schemas.AddressesIO.model_validate(dict(found.addresses)),
        modes=[
            schemas.ModeIO.model_validate({"kind": kind, "outlet": outlet, "mode": mode})
            for (kind, outlet), mode in sorted(found.modes.items())
        ],
        kinds=[
            schemas.KindOut(code=each.code, name=each.name, statutory=each.statutory)
            for each in preferences.kinds()
        ],
        outlets=outlets.names(parts.settings),
    )  # fmt: skip


@router.put("/inbox/preferences", dependencies=own)
def set_preferences(
    data: schemas.PreferencesIn, session: Writer, ctx: Ctx, parts: RuntimeDep
) -> schemas.PreferencesOut:
    preferences.save(session, ctx, parts.cipher, wishes_of(data))
    return my_preferences(session, ctx, parts)


def wishes_of(data: schemas.PreferencesIn) -> Wishes:
    return Wishes(
        digest_minute=clock_minute(data.digest_at) or 0,
        working_days_only=data.working_days_only,
        quiet_from=clock_minute(data.quiet_from) if data.quiet_from else None,
        quiet_to=clock_minute(data.quiet_to) if data.quiet_to else None,
        addresses={outlet: text for outlet, text in data.addresses.model_dump().items() if text},
        modes={(each.kind, each.outlet): each.mode for each in data.modes},
    )


@router.get("/absences", dependencies=own)
def absences(session: Reader, ctx: Ctx) -> schemas.AbsencesOut:
    found = absence.absences(session, ctx, account_id=_account(ctx))
    return schemas.AbsencesOut(items=[schemas.AbsenceOut.model_validate(row) for row in found])


def _account(ctx: Ctx) -> int:
    if ctx.actor.account_id is None:
        raise Forbidden("请假须以个人账号登录后登记。", code="account_required")
    return ctx.actor.account_id


@router.get("/absences/stand-ins", dependencies=own)
def stand_ins(session: Reader, ctx: Ctx) -> schemas.PeopleOut:
    """Who could stand in for the actor."""
    found = absence.possible_stand_ins(session, _account(ctx))
    return schemas.PeopleOut(items=[schemas.PersonOut.model_validate(row) for row in found])


@router.post("/absences", dependencies=own)
def file_absence(data: schemas.AbsenceIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    def make() -> schemas.AbsenceOut:
        account_id = people.account_by_login(session, data.login).id if data.login else _account(ctx)
        stand_in = people.account_by_login(session, data.stand_in).id if data.stand_in else None
        filed = absence.file_absence(
            session, ctx, account_id=account_id, starts_at=data.starts_at, ends_at=data.ends_at,
            stand_in_id=stand_in, reason=data.reason,
        )  # fmt: skip
        return schemas.AbsenceOut.model_validate(filed)

    return once.run(session, ctx, make)


@router.delete("/absences/{absence_id}", dependencies=own)
def end_absence(absence_id: int, session: Writer, ctx: Ctx) -> schemas.AbsenceOut:
    return schemas.AbsenceOut.model_validate(absence.cancel(session, ctx, absence_id))


@router.get("/roster/{duty}", dependencies=[signed_in()])
def week(
    duty: str, session: Reader, since: date, days: Annotated[int, Query(ge=1, le=31)] = 7
) -> schemas.WeekOut:
    return schemas.WeekOut.model_validate(roster.week(session, duty, since, days=days))


@router.post("/roster/shifts", dependencies=[requires("roster.manage")])
def assign(data: schemas.ShiftIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    def make() -> schemas.ShiftOut:
        account = people.account_by_login(session, data.login)
        shift = roster.assign(
            session, ctx, duty=data.duty, account_id=account.id, starts_at=data.starts_at,
            ends_at=data.ends_at, note=data.note,
        )  # fmt: skip
        return schemas.ShiftOut.model_validate(shift)

    return once.run(session, ctx, make)


@router.post("/roster/shifts/{shift_id}/handover", dependencies=own)
def hand_shift_over(shift_id: int, data: schemas.HandOverIn, session: Writer, ctx: Ctx) -> schemas.ShiftOut:
    """By whoever is on duty, or by who keeps the roster."""
    account = people.account_by_login(session, data.login)
    return schemas.ShiftOut.model_validate(
        roster.hand_shift_over(session, ctx, shift_id, account.id, note=data.note)
    )


@router.delete("/roster/shifts/{shift_id}", dependencies=[requires("roster.manage")])
def cancel_shift(shift_id: int, session: Writer, ctx: Ctx) -> schemas.RosterOut:
    roster.cancel(session, ctx, shift_id)
    return schemas.RosterOut(added=0, cancelled=1)


@router.post("/roster/import", dependencies=[requires("roster.manage")])
def import_roster(data: schemas.RosterIn, session: Writer, ctx: Ctx) -> schemas.RosterOut:
    added, cancelled = roster_import.import_rows(session, ctx, data.rows, replace=data.replace)
    return schemas.RosterOut(added=added, cancelled=cancelled)


@router.get("/deliveries", dependencies=[requires("system.manage")])
def deliveries(
    session: Reader, status: str = "", cursor: str = "", limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
) -> schemas.DeliveriesOut:
    page = delivery.deliveries(session, status=status, cursor=cursor, limit=limit)
    return schemas.DeliveriesOut(
        items=[schemas.DeliveryOut.model_validate(row) for row in page.items], next=page.next
    )


@router.post("/deliveries/{delivery_id}/retry", dependencies=[requires("system.manage")])
def retry(delivery_id: int, session: Writer, ctx: Ctx) -> schemas.DeliveryOut:
    return schemas.DeliveryOut.model_validate(delivery.retry(session, ctx, delivery_id))


@router.get("/notices/patience", dependencies=own)
def patience(session: Reader) -> schemas.PatienceOut:
    return schemas.PatienceOut(hours=preferences.patience(session))


@router.put("/notices/patience/{kind}", dependencies=[requires("roster.manage")])
def set_patience(kind: str, data: schemas.PatienceIn, session: Writer, ctx: Ctx) -> schemas.PatienceOut:
    preferences.set_patience(session, ctx, kind, data.hours)
    return patience(session)
