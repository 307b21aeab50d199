"""Routes of tickets."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import OnceDep, Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.tickets import schemas
from kb_service.tickets.service import acting, listing, looking_up, reading, registering, repeating

router = APIRouter(prefix="/api/v1/tickets", tags=["tickets"])


@router.post("", dependencies=[requires("ticket.register")], response_model=schemas.RegisteredOut)
def register(data: schemas.TicketIn, session: Writer, ctx: Ctx, parts: RuntimeDep, once: OnceDep) -> Response:
    return once.run(session, ctx, lambda: _registered(session, ctx, parts, data))


def _registered(
    session: Writer, ctx: Ctx, parts: RuntimeDep, data: schemas.TicketIn
) -> schemas.RegisteredOut:
    ticket = registering.register(session, ctx, parts, data)
    shown = listing.row(ticket, listing.Names.load(session), ctx)
    return schemas.RegisteredOut(**dict(shown), look_up_code=looking_up.look_up_code(parts, ticket.code))


@router.get("", dependencies=[requires("ticket.read")])
def tickets(
    session: Reader,
    ctx: Ctx,
    q: str = "",
    status: str = "",
    unit: str = "",
    region: str = "",
    request_class: Annotated[str, Query(alias="class")] = "",
    overdue: bool = False,
    card: str = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
) -> ListOut[schemas.TicketRow]:
    wanted = listing.TicketFilter(q, status, unit, region, request_class, overdue, card)
    page = listing.list_tickets(session, ctx, wanted, cursor, limit)
    return ListOut(items=page.items, next=page.next)


@router.get("/counts", dependencies=[requires("ticket.read")])
def counts(session: Reader, ctx: Ctx) -> dict[str, int]:
    return listing.counts(session, ctx)


@router.get("/event-types", dependencies=[requires("ticket.read")])
def event_types() -> ListOut[schemas.EventTypeOut]:
    return ListOut(items=reading.event_types(), next=None)


@router.get("/{code}", dependencies=[requires("ticket.read")])
def ticket(code: str, session: Reader, ctx: Ctx, parts: RuntimeDep) -> schemas.TicketOut:
    return reading.read(session, ctx, parts, code)


@router.get("/{code}/repeats", dependencies=[requires("ticket.read")])
def repeats(code: str, session: Reader, ctx: Ctx) -> ListOut[schemas.RepeatOut]:
    return ListOut(items=repeating.found(session, ctx, code), next=None)


@router.post("/{code}/events", dependencies=[requires("ticket.read")])
def act(
    code: str, data: schemas.EventIn, session: Writer, ctx: Ctx, parts: RuntimeDep, once: OnceDep
) -> Response:
    return once.run(session, ctx, lambda: _acted(session, ctx, parts, code, data))


def _acted(
    session: Writer, ctx: Ctx, parts: RuntimeDep, code: str, data: schemas.EventIn
) -> schemas.TicketOut:
    return reading.view(session, ctx, parts, acting.act(session, ctx, parts, code, data))


@router.post("/{code}/requester", dependencies=[requires("requester.reveal")])
def reveal(
    code: str, data: schemas.RevealIn, session: Writer, ctx: Ctx, parts: RuntimeDep
) -> schemas.RequesterOut:
    return reading.reveal(session, ctx, parts, code, data.reason)
