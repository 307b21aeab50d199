"""Marking a call that a seat took, and what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from kb_service.core import personal
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.identity.model import Account
from kb_service.notices import roster
from kb_service.tickets.model import Ticket
from kb_service.tickets.seats.model import SeatCall

SITTING_LENGTH = 200


def note(
    session: WriteSession, ctx: Context, ticket: Ticket, at: datetime, kind: str, said: Mapping[str, Any]
) -> None:
    """A registration at a seat is marked with it and with who sat there; a result ends the following-up."""
    if kind == "register" and said.get("seat"):
        seat = str(said["seat"])
        sitting = "、".join(sitters(session, ctx, seat))[:SITTING_LENGTH]
        session.add(SeatCall(ticket_id=ticket.id, seat=seat, sitting=sitting, taken_at=at))
    elif kind == "seat_result":
        call = session.get(SeatCall, ticket.id)
        if call is not None:
            call.result, call.followed_at = personal.mask_said(str(said["result"])), at


def sitters(session: ReadSession, ctx: Context, seat: str) -> list[str]:
    """Names of those whom the rota has at a seat now; nobody where it has no rota."""
    duty = f"{roster.SEAT}{seat}"
    if duty not in roster.duties(session):
        return []
    ids = roster.on_duty(session, duty, ctx.now)
    names = dict(session.execute(select(Account.id, Account.name).where(Account.id.in_(ids))).tuples().all())
    return [names[each] for each in ids]
