"""Tickets: the list, one with its clocks and history, what may be done with it, who the requester is."""

from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response

from admin import choices, step_form, ticket_form
from admin.forms import Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.context import Actor
from kb_service.core.db import ReadSession
from kb_service.core.ids import new_id
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.regulations.clauses import clause_list
from kb_service.regulations.words import CLASS_NAMES
from kb_service.tickets.rules.life import KINDS
from kb_service.tickets.rules.life.words import STATUS_NAMES
from kb_service.tickets.schemas import EventIn, RequesterOut
from kb_service.tickets.service import acting, histories, listing, reading, repeating, seeing
from kb_service.tickets.service.listing import TicketFilter
from kb_service.tickets.service.looking_up import look_up_code

router = APIRouter(prefix="/tickets", include_in_schema=False)
ROWS = 20
# By what somebody may do: what they may do to many tickets at once.
BULK = (
    ("sign", ("ticket.handle",)),
    ("dispatch", ("ticket.dispatch",)),
    ("urge", ("ticket.dispatch",)),
    ("remind", ("ticket.dispatch", "ticket.review", "stats.read")),
    ("export", ("ticket.export",)),
)


def _bulk_actions(actor: Actor) -> list[str]:
    return [action for action, any_of in BULK if any(actor.may(each) for each in any_of)]


def _address(wanted: TicketFilter, cursor: str = "") -> str:
    said = {name: "1" if value is True else value for name, value in asdict(wanted).items() if value}
    return f"/tickets?{urlencode(said | ({'cursor': cursor} if cursor else {}))}"


@router.get("", dependencies=[requires("ticket.read")])
def tickets(
    page: PageDep, session: Reader, ctx: Ctx, wanted: Annotated[TicketFilter, Depends()], cursor: str = ""
) -> Response:
    found = listing.list_tickets(session, ctx, wanted, cursor, ROWS)
    values: dict[str, Any] = {
        "found": found,
        "next_url": _address(wanted, found.next) if found.next else "",
        "first_url": _address(wanted) if cursor else "",
        "bulk_actions": _bulk_actions(ctx.actor),
    }
    if page.partial:
        response = page.part("tickets/rows.html", **values)
        response.headers["HX-Replace-Url"] = _address(wanted)
        return response
    return page.show(
        session,
        "tickets/list.html",
        wanted=wanted,
        counts=listing.counts(session, ctx),
        once=new_id(),
        statuses=list(STATUS_NAMES.items()),
        classes=list(CLASS_NAMES.items()),
        units=choices.units(session, ctx.actor.unit_scope),
        regions=choices.regions(session),
        **values,
    )


@router.get("/{code}", dependencies=[requires("ticket.read")])
def ticket(page: PageDep, session: Reader, parts: RuntimeDep, ctx: Ctx, code: str) -> Response:
    return _show(page, session, reading.read(session, ctx, parts, code))


@router.post("/{code}/events", dependencies=[requires("ticket.read")])
def act(page: PageDep, session: Writer, parts: RuntimeDep, ctx: Ctx, sent: SentDep, code: str) -> Response:
    """One step. `seq` is what the person saw: whoever was faster is not overwritten."""
    event, seq = sent.text("type"), sent.text("seq")
    with Correcting(session) as wrong:
        data = EventIn(
            type=event,
            data=step_form.step_data(sent, event) if event in KINDS else {},
            remark=sent.text("remark"),
            seq=int(seq) if seq.isdigit() else None,
        )
        acting.act(session, ctx, parts, code, data)
        return page.go(f"/tickets/{code}", strings("ticket.done", what=KINDS[event].label))
    view = reading.read(session, ctx, parts, code)
    return _show(page, session, view, wrong=wrong, event=event, kept=sent.kept)


@router.post("/{code}/requester", dependencies=[requires("requester.reveal")])
def reveal(page: PageDep, session: Writer, parts: RuntimeDep, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        shown = reading.reveal(session, ctx, parts, code, sent.text("reason"))
        view = reading.read(session, ctx, parts, code)
        return _show(page, session, view, requester=shown)
    view = reading.read(session, ctx, parts, code)
    return _show(page, session, view, wrong=wrong)


def _show(
    page: Page,
    session: ReadSession,
    view: Any,
    *,
    wrong: Wrong | None = None,
    event: str = "",
    kept: dict[str, str] | None = None,
    requester: RequesterOut | None = None,
) -> Response:
    profile = histories.rules_of(session, seeing.find(session, page.ctx, view.code)).profile
    units = choices.units(session)
    clauses = clause_list()
    return page.show(
        session,
        "tickets/ticket.html",
        422 if wrong else 200,
        ticket=view,
        wrong=wrong or Wrong(),
        event=event,
        opened=event or ticket_form.likeliest([each.type for each in view.actions if each.ok]),
        kept=kept or {},
        requester=requester,
        look_up=look_up_code(page.parts, view.code) if page.ctx.actor.may("ticket.register") else "",
        inputs={each.type: step_form.inputs(each.type, profile, units) for each in view.actions if each.ok},
        ratings=step_form.RATINGS,
        repeats=repeating.found(session, page.ctx, view.code) if view.status == "pending" else [],
        clause_text=lambda code: clauses[code].rule if code in clauses else "",
    )
