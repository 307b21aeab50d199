"""Reading tickets: lists by keyset, one with its clocks and possible actions, a requester's view of progress."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select

from kb_service.core import paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Forbidden, NotFound
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit
from kb_service.identity.service import people, requesters
from kb_service.regulations import rules as regulation
from kb_service.regulations.schema import Profile, Rule
from kb_service.regulations.words import CLASS_NAMES
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
from kb_service.tickets.rules.life.words import OPEN, STATUS_NAMES
from kb_service.tickets.service import histories, registering, seeing, taking, words
from kb_service.tickets.supervised import telling

_NUMBER = re.compile(r"\d{4,8}(-\d*)?")
# As in the index of the migration.
TITLE_CHARACTERS = "to_tsvector('simple', regexp_replace(tickets_ticket.title, '(.)', '\\1 ', 'g'))"


@dataclass(frozen=True)
class TicketFilter:
    """`status` is one of them, or `open` for all that are not finished."""

    q: str = ""
    status: str = ""
    unit: str = ""
    region: str = ""
    request_class: str = ""
    overdue: bool = False
    card: str = ""


@dataclass(frozen=True)
class Names:
    """Names of the units and regions that rows refer to."""

    units: Mapping[int, Unit]
    regions: Mapping[str, str]

    @classmethod
    def load(cls, session: ReadSession) -> "Names":
        units = {unit.id: unit for unit in people.all_units(session)}
        return cls(units, {region.code: region.name for region in people.regions(session)})

    def unit(self, unit_id: int | None) -> tuple[str, str]:
        found = self.units.get(unit_id) if unit_id is not None else None
        return (found.code, found.name) if found else ("", "")


def list_tickets(
    session: ReadSession, ctx: Context, wanted: TicketFilter, cursor: str = "", limit: int = 20
) -> paging.Page[schemas.TicketRow]:
    """What is due first comes first; what is not due at all after it, the newest first."""
    rows = select(Ticket).where(*seeing.in_scope(ctx), *_conditions(session, ctx, wanted))
    rows = rows.order_by(Ticket.due_at.asc().nulls_last(), Ticket.id.desc())
    if cursor:
        rows = rows.where(_after(session, cursor))
    found = session.execute(rows.limit(limit + 1)).scalars().all()
    page = paging.page_of(found, limit, lambda ticket: [ticket.id])
    names = Names.load(session)
    return paging.Page([row(ticket, names, ctx) for ticket in page.items], page.next)


def _after(session: ReadSession, cursor: str) -> ColumnElement[bool]:
    last = session.get(Ticket, paging.decode_cursor(cursor, [int])[0])
    if last is None:
        raise NotFound("翻页位置已不存在，请从第一页重新查询。", code="bad_cursor")
    older = Ticket.id < last.id
    if last.due_at is None:
        return and_(Ticket.due_at.is_(None), older)
    later = or_(Ticket.due_at > last.due_at, and_(Ticket.due_at == last.due_at, older))
    return or_(Ticket.due_at.is_(None), later)


def _conditions(session: ReadSession, ctx: Context, wanted: TicketFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.status == "open":
        conditions.append(Ticket.status.in_(sorted(OPEN)))
    elif wanted.status:
        conditions.append(Ticket.status == wanted.status)
    if wanted.unit:
        conditions.append(Ticket.unit_id == people.unit_by_code(session, wanted.unit).id)
    if wanted.region:
        conditions.append(Ticket.region_code == wanted.region)
    if wanted.request_class:
        conditions.append(Ticket.request_class == wanted.request_class)
    if wanted.card:
        conditions.append(Ticket.card == wanted.card)
    if wanted.overdue:
        conditions.append(Ticket.due_at <= ctx.now)
    if wanted.q:
        conditions.append(_said(session, wanted.q.replace("%", "").replace("_", "").strip()))
    return conditions


def _said(session: ReadSession, text: str) -> ColumnElement[bool]:
    """A number by its beginning, else a part of the title."""
    if _NUMBER.fullmatch(text):
        return Ticket.code.between(text, f"{text}~")
    held = Ticket.title.contains(text)
    if session.dialect_name != "postgresql":
        return held
    # The index knows titles by their characters; what it finds is looked at once more.
    words = func.plainto_tsquery(literal_column("'simple'"), " ".join(text))
    return and_(literal_column(TITLE_CHARACTERS).op("@@")(words), held)


def counts(session: ReadSession, ctx: Context) -> dict[str, int]:
    """How many tickets stand where, among those the actor may see; `overdue` besides."""
    by_status = (
        select(Ticket.status, func.count(Ticket.id)).where(*seeing.in_scope(ctx)).group_by(Ticket.status)
    )
    overdue = select(func.count(Ticket.id)).where(*seeing.in_scope(ctx), Ticket.due_at <= ctx.now)
    found = {status: int(number) for status, number in session.execute(by_status)}
    return found | {"overdue": session.execute(overdue).scalar_one()}


def row(ticket: Ticket, names: Names, ctx: Context) -> schemas.TicketRow:
    return schemas.TicketRow.model_validate(_row(ticket, names, ctx))


def _row(ticket: Ticket, names: Names, ctx: Context) -> dict[str, object]:
    code, name = names.unit(ticket.unit_id)
    return {
        "code": ticket.code,
        "title": ticket.title,
        "request_class": ticket.request_class,
        "class_label": CLASS_NAMES[ticket.request_class],
        "status": ticket.status,
        "status_label": STATUS_NAMES[ticket.status],
        "channel": ticket.channel,
        "region": ticket.region_code,
        "region_name": names.regions.get(ticket.region_code, ticket.region_code),
        "unit": code,
        "unit_name": name,
        "registered_at": ticket.registered_at,
        "due_at": ticket.due_at,
        "leading": ticket.leading or "",
        "card_colour": ticket.card or "",
        "overdue": ticket.due_at is not None and ticket.due_at <= ctx.now,
        "sudden": ticket.sudden,
        "confidential": ticket.confidential,
    }


def read(session: ReadSession, ctx: Context, parts: Runtime, code: str) -> schemas.TicketOut:
    return view(session, ctx, parts, seeing.find(session, ctx, code))


def view(session: ReadSession, ctx: Context, parts: Runtime, ticket: Ticket) -> schemas.TicketOut:
    """The ticket as its history leaves it at this instant, whenever it was projected last."""
    stood = histories.standing(session, ticket)
    now = max([ctx.now, *(row.at for row in stood.rows[-1:])])
    state = settle(stood.rules, stood.state, now)
    found = clocks(stood.rules, state, now)
    shown = cards(stood.rules, [each for each in found if each.open], now)
    names = Names.load(session)
    suggested, suggested_name = names.unit(ticket.suggested_unit_id)
    return schemas.TicketOut.model_validate(
        _row(ticket, names, ctx)
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
    names: Names,
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


def _event(parts: Runtime, ticket: Ticket, event: TicketEvent, names: Names) -> schemas.EventOut:
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


def _named(data: dict[str, Any], names: Names) -> dict[str, Any]:
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
