"""How a person wants to be told, and who does their work while they are away."""

from typing import Any

from fastapi import APIRouter, Response

from admin.forms import Correcting, SentDep
from admin.instants import instant_of
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import KbError
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import requires
from kb_service.identity.model import Account
from kb_service.identity.service import people
from kb_service.notices import absence, delivery, outlets, preferences
from kb_service.notices.model import Absence
from kb_service.notices.people_api import wishes_of
from kb_service.notices.people_schemas import AddressesIO, ModeIO, PreferencesIn
from kb_service.notices.rules import clock_text, mode_for

router = APIRouter(include_in_schema=False)
OWN = [requires("inbox.use")]
OUTSIDE = ("mail", "sms", "wecom")
ROWS = 50


@router.get("/inbox/settings", dependencies=OWN)
def settings(page: PageDep, session: Reader) -> Response:
    return _settings(page, session)


def _settings(page: Page, session: ReadSession, **values: Any) -> Response:
    ctx = page.ctx
    mine = preferences.of_actor(session, ctx, page.parts.cipher)
    names = [name for name in outlets.names(page.parts.settings) if name in OUTSIDE]
    own = ctx.actor.account_id or 0
    found = absence.absences(session, ctx, account_id=own)
    away = {each.id: _told(session, each, own) for each in found}
    shown = {"wrong": None, "kept": {}} | values
    return page.show(
        session,
        "people/settings.html",
        422 if shown["wrong"] else 200,
        mine=mine,
        digest_at=clock_text(mine.digest_minute),
        quiet_from="" if mine.quiet_from is None else clock_text(mine.quiet_from),
        quiet_to="" if mine.quiet_to is None else clock_text(mine.quiet_to),
        outlets=names,
        kinds=preferences.kinds(),
        modes={
            (kind.code, name): mode_for(kind, name, mine.modes)
            for kind in preferences.kinds()
            for name in names
        },
        absences=found,
        away=away,
        stand_ins=[(each.login, each.name) for each in absence.possible_stand_ins(session, own)],
        **shown,
    )


def _told(session: ReadSession, row: Absence, own: int) -> str:
    if row.account_id != own:
        return strings("people.absence_theirs", name=session.get_one(Account, row.account_id).name)
    if row.stand_in_id is None:
        return strings("people.absence_alone")
    return strings("people.absence_mine", name=session.get_one(Account, row.stand_in_id).name)


@router.post("/inbox/settings", dependencies=OWN)
def save(page: PageDep, session: Writer, sent: SentDep) -> Response:
    names = [name for name in outlets.names(page.parts.settings) if name in OUTSIDE]
    with Correcting(session) as wrong:
        data = PreferencesIn(
            digest_at=sent.text("digest_at"),
            working_days_only=sent.flag("working_days_only"),
            quiet_from=sent.text("quiet_from") or None,
            quiet_to=sent.text("quiet_to") or None,
            addresses=AddressesIO(**{name: sent.text(f"addresses.{name}") for name in OUTSIDE}),
            modes=[
                ModeIO.model_validate({"kind": kind.code, "outlet": name, "mode": mode})
                for kind in preferences.kinds()
                for name in names
                if (mode := sent.text(f"mode:{kind.code}:{name}"))
            ],
        )
        preferences.save(session, page.ctx, page.parts.cipher, wishes_of(data))
        return page.go("/inbox/settings", strings("people.settings_saved"))
    return _settings(page, session, wrong=wrong, kept=sent.kept)


@router.post("/inbox/absences", dependencies=OWN)
def file_absence(page: PageDep, session: Writer, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        stand_in = people.account_by_login(session, sent.text("stand_in")) if sent.text("stand_in") else None
        absence.file_absence(
            session,
            page.ctx,
            account_id=page.ctx.actor.account_id or 0,
            starts_at=instant_of(sent.text("starts_at"), "starts_at", strings("people.absent_from")),
            ends_at=instant_of(sent.text("ends_at"), "ends_at", strings("people.absent_to")),
            stand_in_id=stand_in.id if stand_in else None,
            reason=sent.text("reason"),
        )
        return page.go("/inbox/settings#absence", strings("people.absence_added"))
    return _settings(page, session, wrong=wrong, kept=sent.kept)


@router.post("/inbox/absences/{number}/end", dependencies=OWN)
def end_absence(page: PageDep, session: Writer, number: int) -> Response:
    try:
        absence.cancel(session, page.ctx, number)
    except KbError as error:
        return page.go("/inbox/settings#absence", error.detail, tone="bad")
    return page.go("/inbox/settings#absence", strings("people.absence_ended"))


@router.get("/deliveries", dependencies=[requires("system.manage")])
def deliveries(page: PageDep, session: Reader, status: str = "", cursor: str = "") -> Response:
    found = delivery.deliveries(session, status=status, cursor=cursor, limit=ROWS)
    return page.show(session, "people/deliveries.html", found=found, wanted=status, cursor=cursor)


@router.post("/deliveries/{number}/retry", dependencies=[requires("system.manage")])
def retry(page: PageDep, session: Writer, number: int) -> Response:
    try:
        delivery.retry(session, page.ctx, number)
    except KbError as error:
        return page.go("/deliveries?status=dead", error.detail, tone="bad")
    return page.go("/deliveries?status=dead", strings("people.delivery_retried"))
