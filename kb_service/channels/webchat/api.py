"""Routes of the public chat. Each works as a plain form; a script only saves the reload."""

from typing import Annotated

from fastapi import APIRouter, Cookie, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from kb_service.channels.webchat import pages, service
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid, KbError
from kb_service.core.web import Reader, RuntimeDep, Writer, invalid_from
from kb_service.identity.auth import Ctx, public
from kb_service.tickets.service import reading

router = APIRouter(include_in_schema=False)
COOKIE = "kb_chat"
LONGEST = 500
Conversation = Annotated[str, Cookie(alias=COOKIE)]
Text = Annotated[str, Form()]


@router.get("/chat", dependencies=[public()])
def chat(request: Request, session: Reader, ctx: Ctx, conversation: Conversation = "") -> Response:
    turns = service.transcript(session, conversation) if conversation else []
    return pages.render("chat.html", request, ctx, session, turns=turns, region=_region(turns))


def _region(turns: list[service.Turn]) -> str:
    return (turns[-1].outcome.region or "") if turns else ""


@router.post("/chat/ask", dependencies=[public()])
def ask(
    request: Request, session: Writer, parts: RuntimeDep, ctx: Ctx, message: Text = "", region: Text = "",
    conversation: Conversation = "",
) -> Response:  # fmt: skip
    text = message.strip()[:LONGEST]
    if not text:
        raise Invalid("请先写下您的问题。", code="empty_question")
    outcome = service.ask(session, ctx, parts, conversation, text, region)
    turn = service.transcript(session, outcome.conversation)[-1]
    response: Response
    if request.headers.get("x-requested-with") == "fetch":
        response = pages.render("turn.html", request, ctx, session, turn=turn)
    else:
        response = RedirectResponse(f"/chat#turn-{turn.id}", 303)
    response.set_cookie(
        COOKIE, outcome.conversation, httponly=True, samesite="lax", path="/chat",
        secure=parts.settings.cookie_secure,
    )  # fmt: skip
    return response


@router.post("/chat/new", dependencies=[public()])
def begin_anew() -> Response:
    response = RedirectResponse("/chat", 303)
    response.delete_cookie(COOKIE, path="/chat")
    return response


@router.post("/chat/feedback", dependencies=[public()])
def feedback(
    request: Request, session: Writer, ctx: Ctx, decision: Text = "", helpful: Text = "",
    conversation: Conversation = "",
) -> Response:  # fmt: skip
    service.judge(session, conversation, decision, helpful == "yes")
    if request.headers.get("x-requested-with") == "fetch":
        turn = next(turn for turn in service.transcript(session, conversation) if turn.id == decision)
        return pages.render("turn.html", request, ctx, session, turn=turn)
    return RedirectResponse(f"/chat#turn-{decision}", 303)


@router.get("/chat/register", dependencies=[public()])
def register_form(
    request: Request, session: Reader, ctx: Ctx, decision: str = "", conversation: Conversation = ""
) -> Response:
    turns = service.transcript(session, conversation) if conversation else []
    turn = next((turn for turn in turns if turn.id == decision), None)
    blank = dict.fromkeys(("name", "phone", "address"), "")
    values = blank | {
        "decision": turn.id if turn else "",
        "text": turn.asked if turn else "",
        "region": _region([turn] if turn else turns),
    }
    return pages.render("register.html", request, ctx, session, values=values, wrong=[])


@router.post("/chat/register", dependencies=[public()])
def register(
    request: Request, session: Writer, parts: RuntimeDep, ctx: Ctx, text: Text = "", name: Text = "",
    phone: Text = "", address: Text = "", region: Text = "", decision: Text = "", conversation: Conversation = "",
) -> Response:  # fmt: skip
    asked = service.Request(decision, text.strip(), region, name.strip(), phone.strip(), address.strip())
    try:
        code = service.register(session, ctx, parts, conversation, asked)
    except ValidationError as error:
        problem: KbError = invalid_from([dict(item) for item in error.errors()])
    except KbError as error:
        problem = error
    else:
        return pages.render("registered.html", request, ctx, session, code=code, phone=phone.strip())
    session.rollback()
    wrong = [item["detail"] for item in problem.pointers] or [problem.detail]
    values = {
        name: getattr(asked, name) for name in ("decision", "text", "region", "name", "phone", "address")
    }
    return pages.render("register.html", request, ctx, session, 422, values=values, wrong=wrong)


@router.get("/chat/progress", dependencies=[public()])
def progress_form(request: Request, session: Reader, ctx: Ctx) -> Response:
    return _progress(request, session, ctx)


@router.post("/chat/progress", dependencies=[public()])
def progress(
    request: Request, session: Reader, parts: RuntimeDep, ctx: Ctx, code: Text = "", phone: Text = ""
) -> Response:
    try:
        found = reading.progress(session, parts, code, phone)
    except KbError as error:
        return _progress(request, session, ctx, code=code, wrong=error.detail, status=404)
    return _progress(request, session, ctx, code=code, found=found)


def _progress(
    request: Request, session: ReadSession, ctx: Ctx, *, code: str = "", wrong: str = "", found: object = None,
    status: int = 200,
) -> Response:  # fmt: skip
    return pages.render("progress.html", request, ctx, session, status, code=code, wrong=wrong, found=found)


router.include_router(pages.ASSETS.router([public()]))
