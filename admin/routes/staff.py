"""Who keeps a unit's knowledge, changes of staff, and handing over."""

from typing import Any

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import Correcting, SentDep
from admin.instants import day_of
from admin.rendering import Page, PageDep, strings
from kb_service.core.clock import local_day
from kb_service.core.db import ReadSession
from kb_service.core.errors import KbError
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import requires, requires_any
from kb_service.identity.service import people
from kb_service.knowledge.handover import service, staff
from kb_service.knowledge.handover.api import FILERS
from kb_service.knowledge.handover.rules import POST_NAMES

router = APIRouter(include_in_schema=False)
READ = [requires_any("knowledge.read_internal", "identity.manage")]


@router.get("/staff", dependencies=READ)
def show(page: PageDep, session: Reader) -> Response:
    return _show(page, session)


def _show(page: Page, session: ReadSession, **values: Any) -> Response:
    actor, day = page.ctx.actor, local_day(page.ctx.now)
    shown = {"wrong": None, "kept": {}} | values
    return page.show(
        session,
        "people/staff.html",
        422 if shown["wrong"] else 200,
        holders=staff.holders(session, day),
        vacancies=staff.vacancies(session, day),
        filings=staff.filings(session, page.ctx),
        files=any(actor.may(permission) for permission in FILERS),
        units=choices.units(session, actor.unit_scope),
        posts=list(POST_NAMES.items()),
        today=day,
        **shown,
    )


@router.post("/staff", dependencies=[requires_any(*FILERS)])
def file_change(page: PageDep, session: Writer, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        staff.file_change(
            session,
            page.ctx,
            unit_code=sent.text("unit"),
            post=sent.text("post"),
            login=sent.text("login"),
            former_login=sent.text("former"),
            effective_on=day_of(sent.text("effective_on"), "effective_on", strings("people.staff_effective")),
            note=sent.text("note"),
        )
        return page.go("/staff", strings("people.staff_filed"))
    return _show(page, session, wrong=wrong, kept=sent.kept)


@router.post("/staff/{number}/acknowledge", dependencies=[requires("catalogue.manage")])
def acknowledge(page: PageDep, session: Writer, number: int) -> Response:
    try:
        staff.acknowledge(session, page.ctx, number)
    except KbError as error:
        return page.go("/staff", error.detail, tone="bad")
    return page.go("/staff", strings("people.staff_acknowledged"))


@router.get("/accounts/{login}/handover", dependencies=[requires_any(*FILERS)])
def open_work(page: PageDep, session: Reader, login: str) -> Response:
    return _handover(page, session, login)


def _handover(page: Page, session: ReadSession, login: str, **values: Any) -> Response:
    shown = {"wrong": None, "kept": {}} | values
    return page.show(
        session,
        "people/handover.html",
        422 if shown["wrong"] else 200,
        account=people.account_by_login(session, login),
        items=service.open_work(session, page.ctx, login),
        **shown,
    )


@router.post("/accounts/{login}/handover", dependencies=[requires_any(*FILERS)])
def hand_over(page: PageDep, session: Writer, sent: SentDep, login: str) -> Response:
    with Correcting(session) as wrong:
        moved = service.hand_over(
            session, page.ctx, login, sent.text("to"), reason=sent.text("reason"), close=sent.flag("close")
        )
        told = strings("people.handed_over", count=sum(moved.values()))
        return page.go(f"/accounts/{login}/handover", told)
    return _handover(page, session, login, wrong=wrong, kept=sent.kept)
