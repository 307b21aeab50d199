"""A citizen asks; the base answers, asks back, or offers to hand over."""

import hashlib
from contextlib import suppress
from dataclasses import asdict, dataclass

from kb_service.answering.model import Conversation
from kb_service.answering.service import deciding
from kb_service.answering.service.continuing import FRESH
from kb_service.channels.progress.rules import asked_about
from kb_service.channels.webchat import schemas
from kb_service.channels.webchat.rules import LONGEST_QUESTION, LONGEST_REMARK
from kb_service.channels.webchat.service import conversations, mistakes
from kb_service.core import idempotency, personal
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, NotFound
from kb_service.core.runtime import Runtime
from kb_service.knowledge.corrections.service import reporting
from kb_service.knowledge.corrections.service.reporting import Said
from kb_service.knowledge.service import searching

SUGGESTIONS = 6


@dataclass(frozen=True)
class Exchange:
    """The conversation, and the number of the first message that this question added to it."""

    conversation: str
    first: int


def ask(session: WriteSession, ctx: Context, parts: Runtime, data: schemas.AskIn) -> Exchange:
    """Sent twice with the same token and words, a question is asked once.

    An unknown or ended conversation is begun anew. Raises Invalid for an empty or too long question, or a
    choice that is no more offered.
    """
    ctx = conversations.citizen(ctx)
    conversation = conversations.find(session, ctx, data.conversation)
    value = data.choice or data.question.strip()
    key = _key(ctx, data.once, value)
    stored = idempotency.claim(session, ctx, key, key) if key else None
    if stored is not None and stored.body is not None:
        return Exchange(**stored.body)
    shown = _label(session, conversation, value) if data.choice else _checked(value)
    number = None if data.choice else asked_about(value)
    if number is not None:
        return _to_progress(session, ctx, conversation, shown, number, key)
    outcome = conversations.decide(session, ctx, parts, value, conversation, None)
    kind = "choice" if data.choice else "question"
    first = conversations.say(session, ctx, outcome.conversation, "citizen", kind, personal.mask_said(shown))
    conversations.say(session, ctx, outcome.conversation, "service", "decision", "", outcome.id)
    exchange = Exchange(outcome.conversation, first.id)
    if key:
        idempotency.keep(session, key, 200, asdict(exchange))
    return exchange


def _to_progress(
    session: WriteSession,
    ctx: Context,
    conversation: Conversation | None,
    shown: str,
    number: str,
    key: str,
) -> Exchange:
    """Who asks how far a request has come is shown where to prove that it is theirs."""
    known = conversation.id if conversation else conversations.begin(session, ctx)
    first = conversations.say(session, ctx, known, "citizen", "question", personal.mask_said(shown))
    conversations.say(session, ctx, known, "service", "progress", number)
    exchange = Exchange(known, first.id)
    if key:
        idempotency.keep(session, key, 200, asdict(exchange))
    return exchange


def _key(ctx: Context, once: str, value: str) -> str:
    """Other words with an old token, as after going back in the browser, are another question."""
    return (
        idempotency.scoped(ctx, f"chat:{once}:{hashlib.sha256(value.encode()).hexdigest()}") if once else ""
    )


def _checked(question: str) -> str:
    if not question:
        raise Invalid("请先写下您想办的事或遇到的问题。", code="empty_question")
    if len(question) > LONGEST_QUESTION:
        raise Invalid(
            f"问题最多 {LONGEST_QUESTION} 个字，您写了 {len(question)} 个字。"
            "请先说最要紧的；事情经过较长的，可以直接登记诉求。",
            code="question_too_long",
        )
    return question


def _label(session: ReadSession, conversation: Conversation | None, value: str) -> str:
    """What a choice says; only those of the newest message are still offered."""
    last = conversations.last_decision(session, conversation.id) if conversation else None
    if last is not None and last.inherits and value == FRESH:
        return deciding.find(session, last.id).question
    clarification = last.clarification if last else None
    for choice in clarification.choices if clarification else ():
        if choice.value == value:
            return choice.label
    raise Invalid("这个选项已经过期，请直接写下您的问题。", code="choice_over")


def suggest(session: ReadSession, ctx: Context, parts: Runtime, typed: str) -> list[str]:
    """Public titles and questions that go on from what was typed."""
    if len(typed.strip()) < 2:
        return []
    found = searching.suggest(session, conversations.citizen(ctx), parts.engine, typed, limit=SUGGESTIONS)
    return [text for text in found if len(text) <= LONGEST_QUESTION]


def report(session: WriteSession, ctx: Context, data: schemas.MistakeIn) -> None:
    """Takes a citizen at their word that an answer of their conversation is wrong: the centre verifies it.

    Raises NotFound for an ended conversation, Invalid where nothing was answered or too much was written.
    """
    outcome = conversations.own_decision(session, ctx, data.conversation, data.decision)
    shown = mistakes.shown_by(session, outcome.id)
    remark = data.remark.strip()
    if shown is None:
        raise Invalid("这条回复没有引用知识，不用报错。", code="nothing_answered")
    if len(remark) > LONGEST_REMARK:
        raise Invalid(f"说明最多 {LONGEST_REMARK} 个字，您写了 {len(remark)} 个字。", code="remark_too_long")
    said = Said(
        kind=data.kind,
        remark=remark,
        number=shown.version,
        shown_id=shown.id,
        conversation_id=outcome.conversation,
    )
    with suppress(NotFound):
        # What was taken back from the public meanwhile needs no report any more.
        reporting.report(session, conversations.citizen(ctx), shown.code, said, way="chat")
    deciding.judge(session, ctx, outcome.id, helpful=False)


def judge(session: WriteSession, ctx: Context, data: schemas.JudgeIn) -> bool:
    """Keeps whether an answer helped, and tells it."""
    outcome = conversations.own_decision(session, ctx, data.conversation, data.decision)
    deciding.judge(session, ctx, outcome.id, data.helpful == "yes")
    return data.helpful == "yes"
