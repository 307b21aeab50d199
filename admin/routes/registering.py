"""Registering a ticket from the desk: the decision fills the form, one more key registers."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Response

from admin import choices, ticket_form
from admin.forms import Correcting, Sent, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from admin.routes.desk import Asked
from kb_service.answering.schemas import DecisionIn, DecisionOut
from kb_service.answering.service import deciding
from kb_service.core.db import ReadSession
from kb_service.core.web import RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.regulations import service as regulations
from kb_service.regulations.schema import Profile
from kb_service.tickets.schemas import EventIn, RepeatOut
from kb_service.tickets.seats import service as seats
from kb_service.tickets.service import acting, reading, registering, repeating

router = APIRouter(prefix="/desk/ticket", include_in_schema=False)


@router.post("", dependencies=[requires("ticket.register")])
def fill_in(page: PageDep, session: Writer, parts: RuntimeDep, ctx: Ctx, sent: SentDep) -> Response:
    """The form with what the question suggests. Without a question the form is empty."""
    question, region = sent.text("q"), sent.text("region")
    decision = None
    if question:
        asked = DecisionIn(question=question, channel="phone", region=region or None)
        decision = deciding.decide(session, ctx, parts, asked)
    seat = next((each.id for each in seats.seats(session, ctx) if each.mine), "")
    values = ticket_form.prefilled(question, region or choices.city(session), decision, seat)
    heard = {name: sent.text(name) for name in ticket_form.HEARD if sent.text(name)}
    return _form(page, session, values | heard, Wrong(), decision)


@router.post("/register", dependencies=[requires("ticket.register")])
def register(page: PageDep, session: Writer, parts: RuntimeDep, ctx: Ctx, sent: SentDep) -> Response:
    """Registers; where it may be a repeat under the city's rules, the person is asked first what it is."""
    decided = sent.text("decision")
    values = ticket_form.prefilled("", "", None) | sent.kept
    with Correcting(session) as wrong:
        data = ticket_form.ticket_from(sent)
        profile = _profile(page, session)
        ticket_form.check(profile, data)
        if profile.repeats and not sent.flag("repeats_seen"):
            found = repeating.before_registering(session, ctx, parts, profile, data)
            if found:
                return _form(page, session, values, wrong, _decision(session, decided), sent, found)
        ticket = registering.register(session, ctx, parts, data)
        of, _, facts = sent.text("repeat").partition(":")
        if of:
            said = EventIn(type="repeat_found", data={"of": of, "new_facts": facts == "new"})
            ticket = acting.act(session, ctx, parts, ticket.code, said)
        if not page.partial:
            return page.go(f"/tickets/{ticket.code}", strings("ticket.registered", code=ticket.code))
        view = reading.view(session, ctx, parts, ticket)
        return page.part("desk/registered.html", ticket=view)
    return _form(page, session, values, wrong, _decision(session, decided), sent)


def _profile(page: Page, session: ReadSession) -> Profile:
    return regulations.current_profile(session, page.ctx, page.parts.settings.profile)


def _decision(session: ReadSession, decided: str) -> DecisionOut | None:
    return deciding.read(session, decided) if decided else None


def _form(
    page: Page,
    session: ReadSession,
    values: dict[str, str],
    wrong: Wrong,
    decision: DecisionOut | None,
    sent: Sent | None = None,
    repeats: Sequence[RepeatOut] = (),
) -> Response:
    shown: dict[str, Any] = {
        "values": values,
        "wrong": wrong,
        "decision": decision,
        "rules": ticket_form.asked(_profile(page, session)),
        "given": sent.many("essentials") if sent is not None else [],
        "seats": seats.seats(session, page.ctx),
        "repeats": repeats,
        "units": choices.units(session),
        "regions": choices.regions(session),
    }
    if page.partial:
        return page.part("desk/ticket.html", **shown)
    return page.show(
        session,
        "desk/ticket_page.html",
        422 if wrong else 200,
        found=None,
        asked=Asked(q=values["text"][:200]),
        **shown,
    )
