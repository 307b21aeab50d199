"""Adding one event to a ticket: judged by its rules, kept, and everything that follows from it at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from kb_service.core import audit, outbox
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, KbError
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit
from kb_service.tickets.model import Ticket, TicketEvent
from kb_service.tickets.rules.acting_as import acting_as
from kb_service.tickets.rules.life import Actor, Event, Refusal, Refused, Rules, State, judge
from kb_service.tickets.seats import following_up
from kb_service.tickets.service import announcing, following, projecting, words
from kb_service.tickets.service.histories import Standing, active_units, standing
from kb_service.tickets.supervised import marking, telling
from kb_service.tickets.tasks import service as tasks

_NOT_ENTITLED = frozenset({"wrong_role", "other_unit", "confidential"})
_BADLY_SAID = frozenset({"unknown_event", "bad_details", "missing_details", "unknown_unit"})
_BESIDE = timedelta(microseconds=1)


@dataclass(frozen=True)
class Step:
    """`remark` is what the actor adds and no rule asks for; `id` the name another platform gave it."""

    type: str
    data: Mapping[str, Any] = field(default_factory=dict)
    remark: str = ""
    id: str = ""


@dataclass(frozen=True)
class Taken:
    before: State
    after: State
    row: TicketEvent


def take(
    session: WriteSession,
    ctx: Context,
    parts: Runtime,
    ticket: Ticket,
    step: Step,
    *,
    continued_until: date | None = None,
    by: Actor | None = None,
    learnt: bool = False,
) -> Taken:
    """Raises Forbidden, Invalid or Conflict with the rules' code and clause; nothing has changed then.

    `by` names whom the rules are to take the actor for, where that was decided elsewhere; what was `learnt`
    from a supervision is not told back to it.
    """
    stood = standing(session, ticket)
    rules = Rules(stood.rules.profile, stood.rules.calendar, active_units(session), continued_until)
    by = by or acting_as(ctx.actor, stood.state, step.type, stood.units, own_unit(session, ctx))
    event = Event(_instant(ctx, stood), step.type, by, dict(step.data), step.id)
    verdict = judge(rules, stood.state, event)
    if isinstance(verdict, Refused):
        raise refused(verdict.refusal)
    row = _append(session, ctx, parts, ticket, event, step)
    after = verdict.state
    projected = projecting.project(ticket, stood.rules, after, event.at)
    effects = projected.effects
    projecting.place(session, ticket, after)
    tasks.project(session, ticket, stood.state, after)
    changed = {"status": ticket.status} | ({"unit": ticket.unit_id} if ticket.unit_id else {})
    audit.record(session, ctx, f"ticket.{step.type}", f"ticket:{ticket.code}", after=changed)
    outbox.publish(session, ctx, projecting.CHANGED, str(ticket.id))
    following.after_event(session, ctx, parts, ticket, step.type, step.data, learnt=learnt)
    following.after_effects(session, ctx, ticket, effects, following.Handlers(session))
    announcing.effects(session, ctx, ticket, stood.rules, after, effects)
    announcing.event(session, ctx, ticket, row, stood.rules, after)
    following_up.note(session, ctx, ticket, row.at, step.type, step.data)
    marking.keep(session, ctx, ticket, projected.cards)
    if not learnt:
        telling.tell(session, ctx, ticket, stood.rules, after, step.type, step.data)
    return Taken(stood.state, after, row)


def own_unit(session: ReadSession, ctx: Context) -> str | None:
    unit = session.get(Unit, ctx.actor.unit_id) if ctx.actor.unit_id else None
    return unit.code if unit else None


def refused(refusal: Refusal) -> KbError:
    told = {"code": refusal.code, "extra": {"clause": refusal.clause}}
    kind: type[KbError] = Conflict
    if refusal.code in _NOT_ENTITLED:
        kind = Forbidden
    elif refusal.code in _BADLY_SAID:
        kind = Invalid
    return kind(refusal.reason, **told)  # type: ignore[arg-type]


def stale() -> Conflict:
    return Conflict("工单刚被其他人处理过，您的操作没有生效。请刷新后再试。", code="ticket_changed")


def _instant(ctx: Context, stood: Standing) -> datetime:
    """Events of one ticket follow one another: whoever was second came a moment later."""
    return max(ctx.now, stood.rows[-1].at + _BESIDE) if stood.rows else ctx.now


def _append(
    session: WriteSession, ctx: Context, parts: Runtime, ticket: Ticket, event: Event, step: Step
) -> TicketEvent:
    ticket.last_seq += 1
    facts, said = words.sealed(parts, ticket, ticket.last_seq, step.type, step.data, step.remark)
    row = TicketEvent(
        ticket_id=ticket.id,
        seq=ticket.last_seq,
        type=event.type,
        at=event.at,
        by=str(event.by)[:200],
        event_id=step.id,
        words=said,
        account_id=ctx.actor.account_id,
        actor=ctx.actor.name,
        unit_id=ctx.actor.unit_id,
        data=facts,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise stale() from error
    return row
