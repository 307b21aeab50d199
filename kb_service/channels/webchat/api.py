"""Routes of the public chat. Each page works as a plain form; scripts only save the reload.

Identity and words of citizens travel in bodies, never in addresses, and no cookie is set.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from kb_service.answering.service import deciding
from kb_service.channels.progress import service as looking_up
from kb_service.channels.public_route import PublicRoute
from kb_service.channels.webchat import rendering, schemas
from kb_service.channels.webchat.service import asking, conversations, greeting, handing_over
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid, NotFound, TooMany
from kb_service.core.ids import new_id
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, public
from kb_service.tickets.service.looking_up import look_up_code

router = APIRouter(include_in_schema=False, route_class=PublicRoute)
OPEN = [public()]


def _chat(
    request: Request, session: ReadSession, ctx: Ctx, conversation: str = "", status: int = 200, **values: Any
) -> Response:
    messages = conversations.messages(session, ctx, conversation) if conversation else []
    shown = {"typed": "", "wrong": ""} | values
    return rendering.page(
        request,
        "chat.html",
        status,
        conversation=conversation if messages else "",
        messages=messages,
        alarm=rendering.alarm(messages),
        greeting=greeting.greet(session, ctx),
        city=greeting.city(session),
        now=ctx.now,
        **shown,
    )


@router.get("/chat", dependencies=OPEN)
def chat(request: Request, session: Reader, ctx: Ctx) -> Response:
    return _chat(request, session, ctx)


@router.post("/chat", dependencies=OPEN)
def chat_form(
    request: Request, session: Writer, ctx: Ctx, parts: RuntimeDep, data: Annotated[schemas.AskIn, Form()]
) -> Response:
    """Asks, or without words shows the conversation again."""
    if not data.question.strip() and not data.choice and data.conversation:
        return _chat(request, session, ctx, data.conversation)
    try:
        exchange = asking.ask(session, ctx, parts, data)
    except Invalid as error:
        session.rollback()
        typed = data.question
        return _chat(request, session, ctx, data.conversation, error.status, typed=typed, wrong=error.detail)
    return _chat(request, session, ctx, exchange.conversation)


@router.post("/chat/messages", dependencies=OPEN)
def ask(
    request: Request, session: Writer, ctx: Ctx, parts: RuntimeDep, data: schemas.AskIn
) -> schemas.ExchangeOut:
    exchange = asking.ask(session, ctx, parts, data)
    return _exchange(request, session, ctx, exchange.conversation, exchange.first)


@router.post("/chat/conversation", dependencies=OPEN)
def conversation(
    request: Request, session: Reader, ctx: Ctx, data: schemas.ConversationIn
) -> schemas.ExchangeOut:
    """What was said so far, for a page that was loaded again."""
    return _exchange(request, session, ctx, data.conversation)


def _exchange(
    request: Request, session: ReadSession, ctx: Ctx, conversation: str, since: int = 0
) -> schemas.ExchangeOut:
    messages = conversations.messages(session, ctx, conversation, since)
    known = conversation if messages else ""
    danger = rendering.alarm(messages)
    shown: dict[str, Any] = {"messages": messages, "conversation": known, "now": ctx.now}
    return schemas.ExchangeOut(
        conversation=known,
        once=new_id(),
        html=rendering.piece(request, "messages.html", **shown),
        alarm=rendering.piece(request, "alarm.html", alarm=danger) if danger else "",
    )


@router.post("/chat/suggestions", dependencies=OPEN)
def suggestions(
    session: Reader, ctx: Ctx, parts: RuntimeDep, data: schemas.TypedIn
) -> schemas.SuggestionsOut:
    return schemas.SuggestionsOut(suggestions=asking.suggest(session, ctx, parts, data.q))


@router.post("/chat/feedback", dependencies=OPEN)
def feedback_form(
    request: Request, session: Writer, ctx: Ctx, data: Annotated[schemas.JudgeIn, Form()]
) -> Response:
    asking.judge(session, ctx, data)
    return _chat(request, session, ctx, data.conversation)


@router.post("/chat/mistake", dependencies=OPEN)
def mistake(
    request: Request, session: Writer, ctx: Ctx, data: Annotated[schemas.MistakeIn, Form()]
) -> Response:
    """The answer is wrong, says its reader; how that stands is told below the answer from now on."""
    asking.report(session, ctx, data)
    return _chat(request, session, ctx, data.conversation)


@router.post("/chat/feedback/json", dependencies=OPEN)
def feedback(request: Request, session: Writer, ctx: Ctx, data: schemas.JudgeIn) -> schemas.JudgedOut:
    helpful = asking.judge(session, ctx, data)
    return schemas.JudgedOut(html=rendering.piece(request, "judged.html", helpful=helpful))


def _ticket_form(
    request: Request, session: ReadSession, values: schemas.RequestIn, error: Invalid | None = None
) -> Response:
    wrong = {each["pointer"].strip("/"): each["detail"] for each in error.pointers} if error else {}
    return rendering.page(
        request,
        "ticket.html",
        error.status if error else 200,
        city=greeting.city(session),
        conversation=values.conversation,
        values=values,
        places=greeting.places(session),
        wrong=wrong or ({"": error.detail} if error else {}),
    )


@router.get("/chat/ticket", dependencies=OPEN)
def ticket_form(request: Request, session: Reader) -> Response:
    return _ticket_form(request, session, schemas.RequestIn())


@router.post("/chat/ticket", dependencies=OPEN)
def ticket_form_of(
    request: Request, session: Reader, ctx: Ctx, data: Annotated[schemas.HandOverIn, Form()]
) -> Response:
    """The form with what was asked; a POST, so that no address leads to a conversation."""
    return _ticket_form(request, session, handing_over.prefilled(session, ctx, data))


@router.post("/chat/ticket/register", dependencies=OPEN)
def register(
    request: Request, session: Writer, ctx: Ctx, parts: RuntimeDep, data: Annotated[schemas.RequestIn, Form()]
) -> Response:
    try:
        made = handing_over.register(session, ctx, parts, data)
    except Invalid as error:
        session.rollback()
        return _ticket_form(request, session, data, error)
    outcome = deciding.read(session, made.decision)
    return rendering.page(
        request,
        "registered.html",
        city=greeting.city(session),
        conversation=made.conversation,
        made=made,
        look_up=look_up_code(parts, made.ticket),
        outcome=outcome,
        told_now=made.decision != data.decision,
    )


def _progress(
    request: Request,
    session: ReadSession,
    status: int = 200,
    *,
    code: str = "",
    wrong: str = "",
    **values: Any,
) -> Response:
    city = greeting.city(session)
    shown = {"found": None} | values
    return rendering.page(request, "progress.html", status, city=city, code=code, wrong=wrong, **shown)


@router.get("/chat/progress", dependencies=OPEN)
def progress_form(request: Request, session: Reader) -> Response:
    return _progress(request, session)


@router.post("/chat/progress", dependencies=OPEN)
def progress(
    request: Request,
    session: Reader,
    ctx: Ctx,
    parts: RuntimeDep,
    data: Annotated[schemas.ProgressIn, Form()],
) -> Response:
    try:
        found = looking_up.look_up(parts, ctx, data.code, data.proof)
    except (NotFound, TooMany) as error:
        return _progress(request, session, error.status, code=data.code, wrong=error.detail)
    return _progress(request, session, code=data.code, found=found)


router.include_router(rendering.ASSETS.router(OPEN))
