"""Reading a ticket: its clocks, the actions possible, its history, whose it is."""

from datetime import datetime
from typing import Any

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Forbidden, NotFound
from kb_service.core.runtime import Runtime
from kb_service.identity.service import requesters
from kb_service.regulations import rules as regulation
from kb_service.regulations.schema import Profile, Rule
from kb_service.supervision.rules import STATE_NAMES
from kb_service.supervision.service import reading as supervisions
from kb_service.tickets import schemas
from kb_service.tickets.calendar import service as calendar
from kb_service.tickets.model import Ticket, TicketEvent
from kb_service.tickets.rules.acting_as import acting_as
from kb_service.tickets.rules.life import (
    KINDS,
    Actor,
    Clock,
    Offer,
    State,
    allowed,
    cards,
    clocks,
    kinds,
    leading,
    settle,
)
from kb_service.tickets.rules.life.words import STATUS_NAMES
from kb_service.tickets.service import histories, listing, registering, seeing, taking, words
from kb_service.tickets.supervised import telling


def read(session: ReadSession, ctx: Context, parts: Runtime, code: str) -> schemas.TicketOut:
    return view(session, ctx, parts, seeing.find(session, ctx, code))


def view(session: ReadSession, ctx: Context, parts: Runtime, ticket: Ticket) -> schemas.TicketOut:
    """The ticket as its history leaves it at this instant, whenever it was projected last."""
    stood = histories.standing(session, ticket, lambda row: words.opened(parts, ticket, row)[0])
    now = max([ctx.now, *(row.at for row in stood.rows[-1:])])
    state = settle(stood.rules, stood.state, now)
    found = clocks(stood.rules, state, now)
    shown = cards(stood.rules, [each for each in found if each.open], now)
    names = listing.Names.load(session)
    suggested, suggested_name = names.unit(ticket.suggested_unit_id)
    return schemas.TicketOut.model_validate(
        listing.columns(ticket, names, ctx)
        | _settled(session, state, found, names, now)
        | {
            "text": registering.text_of(parts, ticket),
            "category": ticket.category_code,
            "matter": ticket.matter_code,
            "field": ticket.field,
            "suggested_unit": suggested,
            "suggested_unit_name": suggested_name,
            "anonymous": ticket.requester_id is None,
            "decision": ticket.decision_id,
            "profile": ticket.profile_id,
            "profile_title": stood.rules.profile.title,
            "registered_by": ticket.registered_by,
            "seq": ticket.last_seq,
            "clocks": [schemas.ClockOut.model_validate(clock) for clock in found],
            "card": schemas.CardOut.model_validate(shown[0]) if shown else None,
            "actions": offers(session, ctx, stood, state, now),
            "events": [_event(parts, ticket, event, names) for event in stood.rows],
            "effects": [schemas.EffectOut.model_validate(each) for each in state.effects],
            "split_from": (state.request.split_from if state.request else None) or "",
            "supervisions": _supervised(session, ctx, ticket),
            "moves": calendar.moves_of(session, ticket),
            "seat_label": _seat(stood.rules.profile, state),
            "requester_hidden": hides_requester(session, ctx, ticket) is not None,
        }
    )


def _supervised(session: ReadSession, ctx: Context, ticket: Ticket) -> list[schemas.SupervisedOut]:
    found = []
    for each in telling.on(session, ticket):
        state = supervisions.state_of(each, ctx)
        told = {"state": state, "state_label": STATE_NAMES[state]}
        found.append(schemas.SupervisedOut.model_validate(each).model_copy(update=told))
    return found


def _seat(profile: Profile, state: State) -> str:
    seat = profile.seats.get(state.request.seat or "") if state.request is not None else None
    return seat.label if seat is not None else ""


def _settled(
    session: ReadSession,
    state: State,
    found: list[Clock],
    names: listing.Names,
    now: datetime,
) -> dict[str, object]:
    """What a list shows as it was projected, here as it is now."""
    first = leading(found)
    units = list(histories.units_of(session, state).values())
    code, name = names.unit(units[0] if units else None)
    return {
        "status": state.status,
        "status_label": STATUS_NAMES[state.status],
        "unit": code,
        "unit_name": name,
        "due_at": first.due if first else None,
        "leading": first.name if first else "",
        "overdue": first is not None and first.due <= now,
    }


def offers(
    session: ReadSession, ctx: Context, stood: histories.Standing, state: State, now: datetime
) -> list[schemas.ActionOut]:
    """Every step the actor's roles have to do with: offered, or refused with reason and clause."""
    own = taking.own_unit(session, ctx)
    told: dict[Actor, dict[str, Offer]] = {}
    mine = {kind.name: acting_as(ctx.actor, state, kind.name, stood.units, own) for kind in kinds()}
    for actor in dict.fromkeys(mine.values()):
        told[actor] = {each.action: each for each in allowed(stood.rules, state, now, actor)}
    found = [
        told[mine[kind.name]][kind.name]
        for kind in kinds()
        if kind.name != "register" and kind.roles & mine[kind.name].roles
    ]
    return [
        schemas.ActionOut(
            type=each.action,
            label=each.label,
            ok=each.ok,
            code=each.code,
            reason=each.reason,
            clause=each.clause,
        )
        for each in found
        if each.code not in {"not_in_profile", "other_unit"}
    ]


def _event(parts: Runtime, ticket: Ticket, event: TicketEvent, names: listing.Names) -> schemas.EventOut:
    kind = KINDS.get(event.type)
    data, remark = words.opened(parts, ticket, event)
    return schemas.EventOut(
        seq=event.seq,
        type=event.type,
        label=kind.label if kind else event.type,
        at=event.at,
        actor=event.actor,
        unit=names.unit(event.unit_id)[1],
        data=_named(data, names),
        remark=remark,
    )


def _named(data: dict[str, Any], names: listing.Names) -> dict[str, Any]:
    """Codes of units with the names beside them."""
    by_code = {unit.code: unit.name for unit in names.units.values()}
    for key in ("to", "from", "unit", "suggested_unit"):
        if data.get(key) in by_code:
            data[f"{key}_name"] = by_code[data[key]]
    return data


def event_types() -> list[schemas.EventTypeOut]:
    """Every step there is, with the schema of its details; which of them a city has, its tickets tell."""
    return [
        schemas.EventTypeOut(
            type=kind.name,
            label=kind.label,
            about=kind.note,
            roles=sorted(kind.roles),
            data=kind.data.model_json_schema(by_alias=True),
        )
        for kind in kinds()
        if kind.name != "register"
    ]


def reveal(
    session: WriteSession, ctx: Context, parts: Runtime, code: str, reason: str
) -> schemas.RequesterOut:
    """Who the requester is: needs the permission and a reason, which is recorded."""
    ticket = seeing.find(session, ctx, code)
    if ticket.requester_id is None:
        raise NotFound("诉求人没有留下身份信息。", code="anonymous")
    hidden = hides_requester(session, ctx, ticket)
    if hidden is not None:
        clause, article = regulation.cited(hidden)
        raise Forbidden(
            f"诉求人要求隐去身份，承办单位不能查看（{article}）。需要联系诉求人的，请由热线中心转达。",
            code="requester_hidden",
            extra={"clause": clause},
        )
    values = requesters.reveal(session, ctx, parts.cipher, ticket.requester_id, reason)
    return schemas.RequesterOut.model_validate(values)


def hides_requester(session: ReadSession, ctx: Context, ticket: Ticket) -> Rule | None:
    """The rule by which units do not learn who the requester is, who asked for that."""
    rule = histories.rules_of(session, ticket).profile.intake.anonymity
    if ctx.actor.unit_scope is None or rule is None or not rule.hidden_from_units:
        return None
    said = histories.rows_of(session, ticket)[0].data
    return rule if said.get("hidden") else None
