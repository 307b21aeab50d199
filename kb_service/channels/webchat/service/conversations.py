"""A conversation as its citizen sees it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from kb_service.answering.model import Conversation
from kb_service.answering.schemas import Citation, DecisionIn, DecisionOut
from kb_service.answering.service import deciding
from kb_service.channels.model import Message
from kb_service.channels.webchat.service import mistakes as reported
from kb_service.core.context import PUBLIC, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, NotFound, Unavailable
from kb_service.core.ids import new_id
from kb_service.core.runtime import Runtime
from kb_service.knowledge.corrections.service import standing
from kb_service.knowledge.service import reading
from kb_service.knowledge.service.lookups import access_tokens
from kb_service.knowledge.service.views import VersionView

log = logging.getLogger(__name__)
CHANNEL: Final = "web"
# Longer after its last message a conversation is no more shown to whoever holds its id.
IDLE = timedelta(hours=2)


@dataclass(frozen=True)
class MessageView:
    """`outdated`: what was answered is no more public or in force, so its words are not repeated.

    `registered`: a ticket was made of this very question. `mistake`: what became of the citizen's report
    that the answer is wrong; empty where they reported nothing.
    """

    id: int
    who: str
    kind: str
    text: str
    at: datetime
    decision: DecisionOut | None = None
    helpful: bool | None = None
    outdated: bool = False
    registered: bool = False
    last: bool = False
    mistake: str = ""


def citizen(ctx: Context) -> Context:
    return replace(ctx, actor=PUBLIC)


def find(session: ReadSession, ctx: Context, conversation: str) -> Conversation | None:
    """The conversation, unless it is unknown, another channel's or too long ago."""
    found = session.get(Conversation, conversation) if conversation else None
    if found is None or found.channel != CHANNEL:
        return None
    last = session.execute(select(func.max(Message.at)).where(Message.conversation_id == found.id)).scalar()
    return found if ctx.now - (last or found.created_at) < IDLE else None


def decide(
    session: WriteSession,
    ctx: Context,
    parts: Runtime,
    question: str,
    known: Conversation | None,
    region: str | None,
) -> DecisionOut:
    """A decision in this conversation, or in a new one. What only staff can put right is not put to a citizen."""
    data = DecisionIn(
        question=question, channel=CHANNEL, conversation=known.id if known else None, region=region
    )
    try:
        return deciding.decide(session, ctx, parts, data)
    except Invalid as error:
        log.error("no decision for a citizen: %s", error)  # noqa: TRY400 - its text says enough
        raise Unavailable(
            "在线咨询暂时不能答复，请稍后再试，或拨打 12345。", code="chat_unavailable"
        ) from error


def begin(session: WriteSession, ctx: Context) -> str:
    """A conversation that begins without a decision."""
    conversation = Conversation(id=new_id(), channel=CHANNEL, region_code=None, created_at=ctx.now)
    session.add(conversation)
    session.flush()
    return conversation.id


def say(
    session: WriteSession,
    ctx: Context,
    conversation: str,
    who: str,
    kind: str,
    text: str,
    decision: str | None = None,
) -> Message:
    """Adds a message; `text` must have its personal data masked."""
    message = Message(
        conversation_id=conversation, at=ctx.now, who=who, kind=kind, text=text, decision_id=decision
    )
    session.add(message)
    session.flush()
    return message


def messages(session: ReadSession, ctx: Context, conversation: str, since: int = 0) -> list[MessageView]:
    """The messages from number `since` on, oldest first; none of a conversation that cannot be found."""
    if find(session, ctx, conversation) is None:
        return []
    rows = select(Message).where(Message.conversation_id == conversation, Message.id >= since)
    found = session.execute(rows.order_by(Message.id)).scalars().all()
    told = {row.decision_id: deciding.read(session, row.decision_id) for row in found if row.decision_id}
    public = _public(session, ctx, told.values())
    newest = max((row.id for row in found), default=0)
    registered = {row.decision_id for row in found if row.kind == "ticket"}
    views = [
        MessageView(
            id=row.id,
            who=row.who,
            kind=row.kind,
            text=row.text,
            at=row.at,
            registered=row.decision_id in registered,
            last=row.id == newest,
        )
        for row in found
    ]
    mistakes = reported.told_of(session, conversation)
    views = [
        replace(view, mistake=mistakes.get(row.decision_id or "", ""))
        for view, row in zip(views, found, strict=True)
    ]
    return [
        _with_decision(session, view, told[row.decision_id], public) if row.decision_id else view
        for view, row in zip(views, found, strict=True)
    ]


def _with_decision(
    session: ReadSession, view: MessageView, outcome: DecisionOut, public: dict[str, VersionView]
) -> MessageView:
    outdated = any(
        cited.code not in public or public[cited.code].number != cited.version for cited in outcome.citations
    )
    shown = outcome.model_copy(
        update={
            "answer": None if outdated else outcome.answer,
            "citations": [] if outdated else _held_now(session, outcome),
            "related": [each for each in outcome.related if each.code in public],
            "clarification": _still_offered(outcome, public),
        }
    )
    helpful = deciding.find(session, outcome.id).helpful
    return replace(view, decision=shown, helpful=helpful, outdated=outdated)


def _held_now(session: ReadSession, outcome: DecisionOut) -> list[Citation]:
    """With what stands on each version now, not when it was told."""
    held = standing.held(session, [cited.code for cited in outcome.citations])
    return [
        cited.model_copy(
            update={"held": each.hold if (each := held.get((cited.code, cited.version))) else ""}
        )
        for cited in outcome.citations
    ]


def _points_of(outcome: DecisionOut) -> list[str]:
    offered = outcome.clarification.choices if outcome.clarification else []
    chosen = [choice.value.removeprefix("point:") for choice in offered if choice.value.startswith("point:")]
    return [*(each.code for each in outcome.citations), *(each.code for each in outcome.related), *chosen]


def _public(session: ReadSession, ctx: Context, told: Iterable[DecisionOut]) -> dict[str, VersionView]:
    """What was told and may still be told, by code."""
    codes = [code for outcome in told for code in _points_of(outcome)]
    viewer = access_tokens(PUBLIC)
    live = reading.live_versions(session, codes, ctx.now)
    public = {code: view for code, view in live.items() if view.visible_to(viewer, ctx.now)}
    answerable = standing.answerable(session, public.values())
    return {code: view for code, view in public.items() if code in answerable}


def _still_offered(outcome: DecisionOut, public: dict[str, VersionView]) -> object:
    if outcome.clarification is None:
        return None
    kept = [
        choice
        for choice in outcome.clarification.choices
        if not choice.value.startswith("point:") or choice.value.removeprefix("point:") in public
    ]
    return outcome.clarification.model_copy(update={"choices": kept})


def last_decision(session: ReadSession, conversation: str) -> DecisionOut | None:
    """What the newest message decided; None where it is not a decision."""
    newest = (
        select(Message).where(Message.conversation_id == conversation).order_by(Message.id.desc()).limit(1)
    )
    message = session.execute(newest).scalar_one_or_none()
    if message is None or message.kind != "decision" or message.decision_id is None:
        return None
    return deciding.read(session, message.decision_id)


def own_decision(session: ReadSession, ctx: Context, conversation: str, decision: str) -> DecisionOut:
    """A decision of this conversation: nobody reaches another's by its id."""
    found = find(session, ctx, conversation)
    said = select(Message.id).where(Message.conversation_id == conversation, Message.decision_id == decision)
    if found is None or session.execute(said.limit(1)).first() is None:
        raise NotFound("这次对话已经结束，请重新提问。", code="conversation_over")
    return deciding.read(session, decision)
