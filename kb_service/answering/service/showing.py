"""The register of what was shown: which version, to whom, on which channel, at what instant."""

from sqlalchemy import select

from kb_service.answering import schemas
from kb_service.answering.model import Shown
from kb_service.core import paging, personal
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.service import reading


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
    )
    session.add(shown)
    session.flush()
    return shown


def told(session: WriteSession, ctx: Context, data: schemas.AnsweredIn) -> Shown:
    """An agent answered a caller with a version; it must be one the agent may see now."""
    view = reading.get_version(session, ctx, data.code, data.version)
    question = personal.mask(data.question.strip())
    return record(
        session,
        ctx,
        view.code,
        view.number,
        data.channel,
        "told",
        decision_id=data.decision,
        question=question,
    )


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
