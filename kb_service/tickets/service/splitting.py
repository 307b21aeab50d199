"""A ticket split into several: each part is registered as a ticket of its own, and goes to its unit."""

from collections.abc import Mapping
from typing import Any

from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import KbError
from kb_service.core.runtime import Runtime
from kb_service.tickets import schemas
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life import State
from kb_service.tickets.service import registering, taking

TITLE_LENGTH = 60


def register_parts(
    session: WriteSession, ctx: Context, parts: Runtime, ticket: Ticket, state: State, data: Mapping[str, Any]
) -> list[Ticket]:
    """The children, in the order of the parts; one that cannot be dispatched yet waits for it."""
    whole = registering.text_of(parts, ticket)
    children = []
    for part in data["parts"]:
        child = registering.register(session, ctx, parts, _child(ticket, state, part, whole), of=ticket)
        if child.status == "pending":
            _dispatch(session, ctx, parts, child, str(part["to"]))
        children.append(child)
    return children


def _dispatch(session: WriteSession, ctx: Context, parts: Runtime, child: Ticket, unit: str) -> None:
    try:
        with session.begin_nested():
            taking.take(session, ctx, parts, child, taking.Step("dispatch", {"to": unit}))
    except KbError:
        # Essentials may be missing, as they were in the whole; a person goes on from here.
        session.refresh(child)


def _child(ticket: Ticket, state: State, part: Mapping[str, Any], whole: str) -> schemas.TicketIn:
    request = state.request
    text = str(part["text"])
    values: dict[str, Any] = {
        "class": ticket.request_class,
        "channel": ticket.channel,
        "region": ticket.region_code,
        "title": f"{text[:TITLE_LENGTH]}（{ticket.title}）"[:120],
        "text": f"{text}\n\n原诉求：{whole}"[:5000],
        "category": ticket.category_code,
        "matter": ticket.matter_code,
        "unit": str(part["to"]),
        "confidential": ticket.confidential,
        "sudden": ticket.sudden,
        "decision": ticket.decision_id,
    }
    if request is not None:
        values |= {
            "essentials": request.essentials,
            "withheld": request.withheld,
            "hidden": request.hidden,
            "urgent": request.urgent,
            "route": request.route,
            "special": request.special.model_dump(exclude_none=True) if request.special else None,
            "kind": request.kind,
            "seat": request.seat,
        }
    return schemas.TicketIn.model_validate(values)
