"""Registering a request as a ticket."""

from kb_service.answering.service import deciding, showing
from kb_service.core import audit, personal
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import NotFound
from kb_service.core.ids import next_number
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Region, Unit
from kb_service.identity.service import actors, people, requesters
from kb_service.knowledge.service import catalogue
from kb_service.notices.service import notify
from kb_service.regulations import rules as regulation
from kb_service.regulations import service as regulations
from kb_service.tickets import schemas
from kb_service.tickets.model import Ticket, TicketEvent


def register(session: WriteSession, ctx: Context, parts: Runtime, data: schemas.TicketIn) -> Ticket:
    """A new ticket, waiting for dispatch. Who may register is the route's to check: citizens may in chat.

    Raises NotFound for an unknown region, matter, unit or decision, Invalid for a class the city's
    rules do not have, or rules that are not in force.
    """
    profile = regulations.current_profile(session, ctx, parts.settings.profile)
    regulation.request_class_of(profile, data.request_class)
    if session.get(Region, data.region) is None:
        raise NotFound(f"没有编码为“{data.region}”的行政区划。", code="unknown_region")
    if data.decision is not None:
        deciding.find(session, data.decision)
    unit = _suggested(session, data)
    day = local_day(ctx.now)
    code = f"{day:%Y%m%d}-{next_number(session, f'ticket:{day}'):05d}"
    ticket = Ticket(
        code=code,
        request_class=data.request_class,
        channel=data.channel,
        region_code=data.region,
        title=personal.mask(data.title),
        text=parts.cipher.encrypt(data.text, _place(code)),
        category_code=data.category,
        matter_code=data.matter,
        field=_field(session, data),
        requester_id=_requester(session, ctx, parts, data.requester),
        confidential=data.confidential,
        sudden=data.sudden or regulation.sudden_match(profile, data.text) is not None,
        decision_id=data.decision,
        profile_id=profile.id,
        profile_revision=regulations.pin_profile(session, ctx, profile),
        registered_at=ctx.now,
        registered_by=ctx.actor.name,
        status="pending",
        suggested_unit_id=unit.id if unit else None,
        last_seq=1,
    )
    session.add(ticket)
    session.flush()
    session.add(_first_event(ctx, ticket))
    showing.belongs_to(session, ctx, code, data.decision)
    audit.record(session, ctx, "ticket.registered", f"ticket:{code}", after={"class": data.request_class})
    dispatchers = [account.id for account in actors.holders(session, "ticket.dispatch")]
    notify(
        session,
        ctx,
        dispatchers,
        "ticket.pending",
        f"待转派：{ticket.title}",
        f"/tickets/{code}",
        f"ticket:{code}",
    )
    return ticket


def _first_event(ctx: Context, ticket: Ticket) -> TicketEvent:
    return TicketEvent(
        ticket_id=ticket.id,
        seq=1,
        type="register",
        at=ctx.now,
        account_id=ctx.actor.account_id,
        actor=ctx.actor.name,
        unit_id=ctx.actor.unit_id,
        data={"channel": ticket.channel, "sudden": ticket.sudden},
    )


def _place(code: str) -> str:
    return f"ticket:{code}/text"


def text_of(parts: Runtime, ticket: Ticket) -> str:
    return parts.cipher.decrypt(ticket.text, _place(ticket.code))


def _requester(session: WriteSession, ctx: Context, parts: Runtime, given: schemas.RequesterIn) -> str | None:
    values = {key: value.strip() for key, value in given.model_dump().items() if value.strip()}
    return requesters.add(session, ctx, parts.cipher, values) if values else None


def _suggested(session: ReadSession, data: schemas.TicketIn) -> Unit | None:
    if data.unit is not None:
        return people.unit_by_code(session, data.unit)
    if data.matter is not None:
        return catalogue.unit_of_matter(session, data.matter, data.region)
    likely = deciding.read(session, data.decision).units[:1] if data.decision else []
    return people.unit_by_code(session, likely[0].code) if likely else None


def _field(session: ReadSession, data: schemas.TicketIn) -> str | None:
    """The root of the category a ticket belongs to, by its own category or its matter's, else as decided."""
    for category in catalogue.categories(session):
        if category.code == data.category:
            return category.path.split("/")[0]
    for matter in catalogue.matters(session):
        if matter.code == data.matter:
            return matter.category_path.split("/")[0]
    return deciding.read(session, data.decision).field if data.decision else None
