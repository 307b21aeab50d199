"""The words of a ticket's steps: sealed beside the facts, read by those who may see the ticket, destroyed alone."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import update

from kb_service.core.clauses import rule
from kb_service.core.crypto import ALGORITHM
from kb_service.core.db import WriteSession
from kb_service.core.runtime import Runtime
from kb_service.tickets.model import Ticket, TicketEvent, TicketTask
from kb_service.tickets.recalls.model import RecallContact
from kb_service.tickets.rules.life import KINDS
from kb_service.tickets.rules.said import joined, parted, told_gone
from kb_service.tickets.seats.model import SeatCall
from kb_service.tickets.service import histories

GONE: Final = "（已按规定清除）"
# The remark has no name among the details.
_REMARK: Final = ""
Kept = tuple[dict[str, Any], str]


def _as_sent(*said: Any) -> Kept:
    return dict(said[-2]), str(said[-1])


@rule("TA-28", neutral=_as_sent)
def sealed(parts: Runtime, ticket: Ticket, seq: int, kind: str, data: Mapping[str, Any], remark: str) -> Kept:
    """What is kept of a step's details: the facts as they are, the words sealed."""
    facts, words = parted(KINDS[kind].data, data)
    if remark:
        words[_REMARK] = remark
    if not words:
        return facts, ""
    return facts, parts.cipher.encrypt(json.dumps(words, ensure_ascii=False), _place(ticket.code, seq))


def _place(code: str, seq: int) -> str:
    return f"ticket:{code}/{seq}/words"


def opened(parts: Runtime, ticket: Ticket, row: TicketEvent) -> Kept:
    """The details as they were sent, and the remark; where the words are gone, that they are.

    Rows from before words were sealed hold them as they were sent.
    """
    if not row.words.startswith(f"{ALGORITHM}:"):
        return told_gone(row.data, GONE), row.words
    words = json.loads(parts.cipher.decrypt(row.words, _place(ticket.code, row.seq)))
    remark = str(words.pop(_REMARK, ""))
    return joined(row.data, words), remark


def destroy(session: WriteSession, ticket: Ticket) -> None:
    """What was written in any step, and what lists repeat of it; that the step was taken stays."""
    for row in histories.rows_of(session, ticket):
        kind = KINDS.get(row.type)
        row.data, row.words = parted(kind.data, row.data)[0] if kind else {}, ""
    of_tasks = update(TicketTask).where(TicketTask.ticket_id == ticket.id)
    session.execute(of_tasks.values(title=GONE))
    if ticket.requester_id is not None:
        # Whoever was called back is known there by what their number comes to.
        called = update(RecallContact).where(RecallContact.requester_id == ticket.requester_id)
        session.execute(called.values(note="", person=ticket.requester_id))
    of_seats = update(SeatCall).where(SeatCall.ticket_id == ticket.id, SeatCall.result != "")
    session.execute(of_seats.values(result=GONE))
