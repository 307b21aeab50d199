"""Registering a request as a ticket."""

from dataclasses import asdict, dataclass
from typing import Any

from kb_service.answering.service import deciding, showing
from kb_service.core import personal
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import NotFound
from kb_service.core.ids import next_number
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Region, Unit
from kb_service.identity.service import people, requesters
from kb_service.knowledge.service import catalogue
from kb_service.regulations import rules as regulation
from kb_service.regulations import service as regulations
from kb_service.regulations.schema import Profile
from kb_service.tickets import schemas
from kb_service.tickets.model import Ticket
from kb_service.tickets.platforms.model import PlatformTicket
from kb_service.tickets.service import restricting, taking


@dataclass(frozen=True)
class Origin:
    """The number another platform gave a request, and the fingerprint of what it sent."""

    platform: str
    number: str
    fingerprint: str


def register(
    session: WriteSession,
    ctx: Context,
    parts: Runtime,
    data: schemas.TicketIn,
    *,
    of: Ticket | None = None,
    origin: Origin | None = None,
) -> Ticket:
    """A new ticket, waiting for dispatch. Who may register is the route's to check: citizens may in chat.

    `of` is the ticket it was split from: the requester is the same. `origin` is the platform it comes from,
    known before anybody is told of the ticket. Raises NotFound for an unknown region,
    matter, unit or decision, Invalid for a class the city's rules do not have, or rules that are not in
    force, Forbidden for somebody who is kept off the line.
    """
    profile = regulations.current_profile(session, ctx, parts.settings.profile)
    regulation.request_class_of(profile, data.request_class)
    if session.get(Region, data.region) is None:
        raise NotFound(f"没有编码为“{data.region}”的行政区划。", code="unknown_region")
    if data.decision is not None:
        deciding.find(session, data.decision)
    sudden = data.sudden or regulation.sudden_match(profile, data.text) is not None
    if of is None and not sudden:
        restricting.check(session, ctx, parts, profile, data)
    ticket = _row(session, ctx, parts, data, profile)
    ticket.sudden = sudden
    ticket.requester_id = _requester(session, ctx, parts, data.requester) if of is None else of.requester_id
    session.add(ticket)
    session.flush()
    if origin is not None:
        session.add(PlatformTicket(ticket_id=ticket.id, received_at=ctx.now, **asdict(origin)))
        session.flush()
    step = taking.Step("register", _said(data, sudden=sudden, of=of), id=data.id)
    until = regulations.continued_until(session, profile)
    taking.take(session, ctx, parts, ticket, step, continued_until=until)
    showing.belongs_to(session, ctx, ticket.code, data.decision)
    return ticket


def _row(
    session: WriteSession, ctx: Context, parts: Runtime, data: schemas.TicketIn, profile: Profile
) -> Ticket:
    unit, day = _suggested(session, data), local_day(ctx.now)
    code = f"{day:%Y%m%d}-{next_number(session, f'ticket:{day}'):05d}"
    return Ticket(
        code=code,
        request_class=data.request_class,
        channel=data.channel,
        region_code=data.region,
        title=personal.mask_said(data.title),
        text=sealed(parts, code, data.text),
        category_code=data.category,
        matter_code=data.matter,
        field=_field(session, data),
        confidential=data.confidential,
        decision_id=data.decision,
        profile_id=profile.id,
        profile_revision=regulations.pin_profile(session, ctx, profile),
        registered_at=ctx.now,
        registered_by=ctx.actor.name,
        status="new",
        suggested_unit_id=unit.id if unit else None,
        last_seq=0,
    )


def _said(data: schemas.TicketIn, *, sudden: bool, of: Ticket | None) -> dict[str, Any]:
    """The event's details. What is asked for stays out of it: it is kept encrypted, with the ticket."""
    given = {name for name in ("name", "phone", "address") if getattr(data.requester, name).strip()}
    essentials = [*data.essentials, "facts", *sorted(given)]
    found: dict[str, Any] = {
        "class": data.request_class,
        "channel": data.channel,
        "region": data.region,
        "essentials": list(dict.fromkeys(essentials)),
    }
    switches = {"withheld": data.withheld, "hidden": data.hidden, "confidential": data.confidential}
    found |= {name: True for name, on in (switches | {"sudden": sudden}).items() if on}
    named = {name: getattr(data, name) for name in ("urgent", "route", "kind", "seat")}
    found |= {name: value for name, value in named.items() if value is not None}
    if data.special is not None:
        found["special"] = data.special.model_dump(mode="json", exclude_none=True)
    return found | ({"split_from": of.code} if of is not None else {})


def _place(code: str) -> str:
    return f"ticket:{code}/text"


def sealed(parts: Runtime, code: str, text: str) -> str:
    return parts.cipher.encrypt(text, _place(code))


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
