"""What is done to a ticket reaches the supervisions on it, in the same transaction."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid
from kb_service.identity.model import Unit
from kb_service.identity.service import people
from kb_service.supervision import service as supervision
from kb_service.supervision.model import Supervision
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life import Rules, State
from kb_service.tickets.rules.life import facts as life
from kb_service.tickets.rules.life.supervising import open_supervisions
from kb_service.tickets.service import seeing
from kb_service.tickets.supervised.model import TicketSupervision

Said = Mapping[str, Any]


def tell(
    session: WriteSession,
    ctx: Context,
    ticket: Ticket,
    rules: Rules,
    state: State,
    step: str = "",
    said: Said | None = None,
) -> None:
    """Brings the supervisions in line with the ticket's `state`, to which `step` with its details led."""
    words = said or {}
    if step in {"accountability", "refer"}:
        _record(session, ctx, ticket, rules, state, step, words)
    if not state.supervisions:
        return
    links = {link.number: link for link in _links(session, ticket)}
    replied = _replied(state, words) if step == "reply_supervision" else None
    for each in state.supervisions:
        link = links.get(each.id)
        if link is None and each.closed_at is None:
            link = _open(session, ctx, ticket, rules, state, each, words)
        if link is None:
            continue
        row = session.get_one(Supervision, link.supervision_id)
        if each is replied:
            supervision.note_reply(session, ctx, row, str(words["result"]))
        _bring(session, ctx, row, each, str(words.get("reason", "")))
        link.seq = row.last_seq


def _record(
    session: WriteSession, ctx: Context, ticket: Ticket, rules: Rules, state: State, step: str, said: Said
) -> None:
    """What is recorded against a unit, or handed on, stands among the records of all matters too."""
    subject, text = f"ticket:{ticket.code}", str(said["text"])
    if step == "refer":
        unit_id = _unit(session, ticket, state)
        supervision.note_referral(
            session, ctx, rules.profile, subject=subject, unit_id=unit_id, clue=str(said["clue"]), text=text
        )
        return
    supervision.record_accountability(
        session,
        ctx,
        subject=subject,
        unit_id=people.unit_by_code(session, str(said["unit"])).id,
        ground=str(said["ground"]),
        reason=text,
        link=f"/tickets/{ticket.code}",
    )


def _replied(state: State, said: Said) -> life.Supervision | None:
    """The one that a reply meant: the oldest that is open, or the one it named."""
    wanted = said.get("trigger")
    return next((each for each in open_supervisions(state) if wanted in (None, each.trigger)), None)


def _bring(session: WriteSession, ctx: Context, row: Supervision, told: life.Supervision, why: str) -> None:
    for days in told.extensions[row.extensions :]:
        supervision.note_extension(session, ctx, row, days, why)
    if told.closed_at is not None and row.closed_at is None and row.escalated_at is None:
        supervision.end(session, ctx, row, "solved" if told.solved else "dropped", why)
    if told.escalated_at is not None and row.escalated_at is None:
        supervision.note_escalation(session, ctx, row, why)


def _open(
    session: WriteSession,
    ctx: Context,
    ticket: Ticket,
    rules: Rules,
    state: State,
    told: life.Supervision,
    said: Mapping[str, Any],
) -> TicketSupervision | None:
    effect = next((each for each in state.effects if each.at == told.opened_at), None)
    reason = str(said.get("reason", "")) or (effect.reason if effect else "")
    then = replace(ctx, now=min(told.opened_at, ctx.now))
    given = {
        "subject": f"ticket:{ticket.code}",
        "unit_id": _unit(session, ticket, state),
        "reason": reason,
        "kind": told.kind or "system",
        "title": seeing.told_title(ticket),
        "link": f"/tickets/{ticket.code}",
        "profile": rules.profile,
    }
    try:
        row = supervision.open_supervision(session, then, trigger=told.trigger, **given)  # type: ignore[arg-type]
    except Invalid:
        # A city that lists no cases lets a ticket name any.
        row = supervision.open_supervision(session, then, trigger="other", **given)  # type: ignore[arg-type]
    if session.get(TicketSupervision, row.id) is not None:
        return None
    link = TicketSupervision(supervision_id=row.id, ticket_id=ticket.id, number=told.id)
    session.add(link)
    return link


def _unit(session: ReadSession, ticket: Ticket, state: State) -> int:
    """Who has the ticket or had it last; before it reached a unit, the centre answers for it."""
    if ticket.unit_id is not None:
        return ticket.unit_id
    code = state.leg.unit if state.leg is not None else ""
    found = session.execute(select(Unit.id).where(Unit.code == code)).scalar_one_or_none()
    return found if found is not None else people.centre(session).id


def _links(session: ReadSession, ticket: Ticket) -> list[TicketSupervision]:
    rows = select(TicketSupervision).where(TicketSupervision.ticket_id == ticket.id)
    return list(session.execute(rows).scalars())


def on(session: ReadSession, ticket: Ticket) -> list[Supervision]:
    """The supervisions on a ticket, the newest first."""
    rows = select(Supervision).where(Supervision.subject == f"ticket:{ticket.code}")
    return list(session.execute(rows.order_by(Supervision.id.desc())).scalars())
