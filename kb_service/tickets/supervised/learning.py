"""What is done to a supervision on a ticket becomes steps of the ticket's life.

The worker brings them, and so does the next step on the ticket itself.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from kb_service.core import audit, outbox
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import KbError
from kb_service.core.runtime import Runtime
from kb_service.supervision import service as supervision
from kb_service.supervision.model import Referral, Supervision, SupervisionEvent, Urging
from kb_service.supervision.service.records import TICKET_RECORDS
from kb_service.supervision.service.supervising import TICKET_TOPIC
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life import Actor
from kb_service.tickets.rules.life.supervising import open_supervisions
from kb_service.tickets.rules.life.words import DONE
from kb_service.tickets.service import histories, taking
from kb_service.tickets.supervised import telling
from kb_service.tickets.supervised.model import TicketSupervision

CENTRE = Actor(frozenset({"centre"}))


def drain(session: WriteSession, ctx: Context, parts: Runtime, limit: int = 50) -> int:
    """What was done to supervisions reaches their tickets; returns how many supervisions were looked at."""
    rows = outbox.waiting(session, TICKET_TOPIC, limit)
    found = select(Supervision.subject).where(Supervision.code.in_({row.key for row in rows})).distinct()
    codes = [subject.partition(":")[2] for subject in session.execute(found).scalars()]
    tickets = select(Ticket).where(Ticket.code.in_(codes)).order_by(Ticket.id)
    for ticket in session.execute(tickets).scalars().all():
        learn(session, ctx, parts, ticket)
    outbox.mark_drained(session, [row.id for row in rows], ctx.now)
    return len(rows) + _records(session, ctx, parts, limit)


def _records(session: WriteSession, ctx: Context, parts: Runtime, limit: int) -> int:
    """Urgings and clues that were recorded among those of all matters."""
    rows = outbox.waiting(session, TICKET_RECORDS, limit)
    for row in rows:
        kind, _, number = row.key.partition(":")
        step, said, record = _recorded(session, kind, int(number))
        code = record.subject.partition(":")[2]
        ticket = session.execute(select(Ticket).where(Ticket.code == code)).scalar_one_or_none()
        if ticket is not None:
            _take(session, ctx, parts, ticket, record, step, said, CENTRE, row.key)
    outbox.mark_drained(session, [row.id for row in rows], ctx.now)
    return len(rows)


def _recorded(session: WriteSession, kind: str, number: int) -> tuple[str, dict[str, Any], Urging | Referral]:
    if kind == "urging":
        urged = session.get_one(Urging, number)
        return "urge", {"text": urged.reason}, urged
    clue = session.get_one(Referral, number)
    return "refer", {"clue": clue.clue, "text": clue.text}, clue


def learn(session: WriteSession, ctx: Context, parts: Runtime, ticket: Ticket) -> None:
    """Takes, as steps of the ticket, what was done to the supervisions on it and it does not know yet."""
    rows = select(Supervision).where(Supervision.subject == f"ticket:{ticket.code}").order_by(Supervision.id)
    fresh = False
    for row in session.execute(rows).scalars().all():
        link = session.get(TicketSupervision, row.id) or _unknown(session, ticket, row)
        if link.seq < row.last_seq:
            _learn_one(session, ctx, parts, ticket, row, link)
            fresh = True
    if fresh:
        # Time may have opened another one meanwhile.
        stood = histories.standing(session, ticket)
        telling.tell(session, ctx, ticket, stood.rules, stood.state)


def _unknown(session: WriteSession, ticket: Ticket, row: Supervision) -> TicketSupervision:
    link = TicketSupervision(supervision_id=row.id, ticket_id=ticket.id, number=None, seq=0)
    session.add(link)
    return link


def _learn_one(
    session: WriteSession,
    ctx: Context,
    parts: Runtime,
    ticket: Ticket,
    row: Supervision,
    link: TicketSupervision,
) -> None:
    steps = select(SupervisionEvent).where(
        SupervisionEvent.supervision_id == row.id, SupervisionEvent.seq > link.seq
    )
    link.seq = row.last_seq
    session.flush()
    for step in session.execute(steps.order_by(SupervisionEvent.seq)).scalars().all():
        if step.kind == "opened":
            link.number = _opened(session, ctx, parts, ticket, row, step)
        elif link.number is not None:
            _done(session, ctx, parts, ticket, row, link.number, step)


def _opened(
    session: WriteSession,
    ctx: Context,
    parts: Runtime,
    ticket: Ticket,
    row: Supervision,
    step: SupervisionEvent,
) -> int | None:
    said = {"kind": row.kind, "trigger": row.trigger, "reason": row.reason}
    taken = _take(session, ctx, parts, ticket, step, "open_supervision", said, CENTRE, row.code)
    return taken.after.supervisions[-1].id if taken is not None else None


def _done(
    session: WriteSession,
    ctx: Context,
    parts: Runtime,
    ticket: Ticket,
    row: Supervision,
    number: int,
    step: SupervisionEvent,
) -> None:
    state = histories.standing(session, ticket).state
    told = next((each for each in state.supervisions if each.id == number), None)
    if told is None:
        return
    still_open = told.closed_at is None
    which: dict[str, Any] = {"trigger": told.trigger}
    unit = Actor(frozenset({"unit"}), state.leg.unit if state.leg else None, step.actor)
    if step.kind == "replied" and still_open:
        said = which | {"result": step.text}
        _take(session, ctx, parts, ticket, step, "reply_supervision", said, unit, row.code)
    elif step.kind == "extended" and still_open:
        said = which | {"days": step.data["days"], "reason": step.text}
        _take(session, ctx, parts, ticket, step, "extend_supervision", said, CENTRE, row.code)
    elif step.kind == "closed" and still_open:
        said = which | {"solved": step.data["outcome"] == "solved", "reason": step.text}
        _take(session, ctx, parts, ticket, step, "close_supervision", said, CENTRE, row.code)
    elif step.kind == "escalated" and told.escalated_at is None:
        # What goes to inspection was left unsolved by the supervision.
        if still_open:
            said = which | {"solved": False, "reason": step.text}
            _take(session, ctx, parts, ticket, step, "close_supervision", said, CENTRE, row.code)
        _take(session, ctx, parts, ticket, step, "escalate", {"reason": step.text}, CENTRE, row.code)


def _take(
    session: WriteSession,
    ctx: Context,
    parts: Runtime,
    ticket: Ticket,
    step: SupervisionEvent | Urging | Referral,
    kind: str,
    said: dict[str, Any],
    by: Actor,
    code: str,
) -> taking.Taken | None:
    """None where the rules that the ticket keeps refuse the step: it stays with the supervision, and is noted."""
    who = replace(SYSTEM, name=step.actor, account_id=step.account_id)
    then = replace(ctx, now=step.at, actor=who)
    given = {key: value for key, value in said.items() if value not in (None, "")}
    try:
        with session.begin_nested():
            return taking.take(session, then, parts, ticket, taking.Step(kind, given), by=by, learnt=True)
    except KbError as error:
        session.refresh(ticket)
        told = {"supervision": code, "step": kind, "code": error.code}
        audit.record(
            session, ctx, "ticket.not_supervised", f"ticket:{ticket.code}", after=told, reason=error.detail
        )
        return None


def end(session: WriteSession, ctx: Context, parts: Runtime, ticket: Ticket, taken: taking.Taken) -> None:
    """A ticket that comes to its end ends the supervisions on it."""
    if taken.after.status not in DONE or taken.before.status in DONE:
        return
    by_system = replace(ctx, actor=SYSTEM)
    for each in open_supervisions(taken.after):
        said = {"trigger": each.trigger, "solved": True, "reason": "工单已办结"}
        taking.take(session, by_system, parts, ticket, taking.Step("close_supervision", said), by=CENTRE)
    supervision.close_on(session, by_system, f"ticket:{ticket.code}", "solved", "工单已办结")
