"""Registering a ticket from the desk: the decision fills the form, one more key registers."""

from typing import Any

from fastapi import APIRouter, Response

from admin import choices, ticket_form
from admin.forms import Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from admin.routes.desk import Asked
from kb_service.answering.schemas import DecisionIn, DecisionOut
from kb_service.answering.service import deciding
from kb_service.core.db import ReadSession
from kb_service.core.web import RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.regulations import service as regulations
from kb_service.tickets.service import reading, registering

router = APIRouter(prefix="/desk/ticket", include_in_schema=False)


@router.post("", dependencies=[requires("ticket.register")])
def fill_in(page: PageDep, session: Writer, parts: RuntimeDep, ctx: Ctx, sent: SentDep) -> Response:
    """The form with what the question suggests. Without a question the form is empty."""
    question, region = sent.text("q"), sent.text("region")
    decision = None
    if question:
        asked = DecisionIn(question=question, channel="phone", region=region or None)
        decision = deciding.decide(session, ctx, parts, asked)
    values = ticket_form.prefilled(question, region or choices.city(session), decision)
    return _form(page, session, values, Wrong(), decision)


@router.post("/register", dependencies=[requires("ticket.register")])
def register(page: PageDep, session: Writer, parts: RuntimeDep, ctx: Ctx, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        ticket = registering.register(session, ctx, parts, ticket_form.ticket_from(sent))
        if not page.partial:
            return page.go(f"/tickets/{ticket.code}", strings("ticket.registered", code=ticket.code))
        view = reading.view(session, ctx, parts, ticket)
        return page.part("desk/registered.html", ticket=view)
    values = ticket_form.prefilled("", "", None) | sent.kept
    decided = sent.text("decision")
    decision = deciding.read(session, decided) if decided else None
    return _form(page, session, values, wrong, decision)


def _form(
    page: Page, session: ReadSession, values: dict[str, str], wrong: Wrong, decision: DecisionOut | None
) -> Response:
    profile = regulations.current_profile(session, page.ctx, page.parts.settings.profile)
    shown: dict[str, Any] = {
        "values": values,
        "wrong": wrong,
        "decision": decision,
        "classes": [(code, rule.label) for code, rule in profile.classes.items()],
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
