"""The register of what was shown: which version, to whom, on which channel, at what instant."""

from datetime import timedelta
from typing import Final

from sqlalchemy import and_, func, or_, select, update

from kb_service.answering import schemas
from kb_service.answering.model import Decision, Shown
from kb_service.core import paging, personal
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.searches import service as searches
from kb_service.knowledge.service import reading

# How long after the answer a call may still be going on.
CALL: Final = timedelta(minutes=30)


def record(
    session: WriteSession,
    ctx: Context,
    code: str,
    version: int,
    channel: str,
    kind: str,
    *,
    decision: schemas.DecisionOut | None = None,
    decision_id: str | None = None,
    question: str = "",
    ticket: str | None = None,
) -> Shown:
    """`kind`: `answered` by the service itself, or `told` by a person who read it out."""
    shown = Shown(
        code=code,
        version=version,
        channel=channel,
        kind=kind,
        at=ctx.now,
        decision_id=decision.id if decision else decision_id,
        conversation_id=decision.conversation if decision else None,
        account_id=ctx.actor.account_id,
        question=question,
        ticket_code=ticket,
    )
    session.add(shown)
    session.flush()
    searches.count(session, ctx, [code], "shown")
    return shown


def told(session: WriteSession, ctx: Context, data: schemas.AnsweredIn) -> Shown:
    """An agent answered a caller with a version; it must be one the agent may see now."""
    view = reading.get_version(session, ctx, data.code, data.version)
    question = personal.mask_said(data.question.strip())
    return record(
        session,
        ctx,
        view.code,
        view.number,
        data.channel,
        "told",
        decision_id=data.decision,
        question=question,
        ticket=data.ticket,
    )


def belongs_to(session: WriteSession, ctx: Context, ticket: str, decision_id: str | None) -> None:
    """A ticket was registered: what its conversation showed, or its agent told just before on the same
    question, was shown to that requester.
    """
    decision = session.get(Decision, decision_id) if decision_id else None
    if decision is None:
        return
    shown = [Shown.conversation_id == decision.conversation_id]
    if ctx.actor.account_id is not None:
        same_call = (Shown.account_id == ctx.actor.account_id, Shown.at > ctx.now - CALL)
        told = (Shown.kind == "told", Shown.question == decision.question, Shown.question != "")
        shown.append(and_(*same_call, *told))
    session.execute(update(Shown).where(or_(*shown), Shown.ticket_code.is_(None)).values(ticket_code=ticket))


def count_of(session: ReadSession, code: str, version: int) -> int:
    """How often a version was shown or told."""
    rows = select(func.count(Shown.id)).where(Shown.code == code, Shown.version == version)
    return session.execute(rows).scalar_one()


def of_version(
    session: ReadSession, code: str, version: int | None, *, cursor: str = "", limit: int = 50
) -> paging.Page[Shown]:
    """Whom a version reached, the latest first, so that a wrong one can be called back."""
    rows = select(Shown).where(Shown.code == code).order_by(Shown.id.desc())
    if version is not None:
        rows = rows.where(Shown.version == version)
    if cursor:
        rows = rows.where(Shown.id < paging.decode_cursor(cursor, [int])[0])
    return paging.page_of(session.execute(rows.limit(limit + 1)).scalars().all(), limit, lambda row: [row.id])
