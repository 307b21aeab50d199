"""Logging in and out."""

from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from admin.forms import SentDep
from admin.rendering import Page, PageDep, city_name, safe_next
from kb_service.core.context import PUBLIC
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid, Unauthenticated
from kb_service.core.settings import Settings
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.demo.loader import DEMO_PASSWORD, DemoAccount, demo_accounts
from kb_service.identity.api import set_cookie
from kb_service.identity.auth import COOKIE, Ctx, public, signed_in
from kb_service.identity.service import logins

router = APIRouter(include_in_schema=False)


def _demo_accounts(session: ReadSession, settings: Settings) -> list[DemoAccount]:
    """Those that may be shown: where only people at this machine see them."""
    return demo_accounts(session) if settings.local_only else []


def _form(page: Page, session: ReadSession, target: str, login: str = "", wrong: str = "") -> Response:
    return page.part(
        "login.html",
        401 if wrong else 200,
        city=city_name(session),
        next=target,
        login=login,
        wrong=wrong,
        demo=_demo_accounts(session, page.parts.settings),
    )


@router.get("/login", dependencies=[public()])
def login_form(page: PageDep, session: Reader, next: str = "/") -> Response:  # noqa: A002
    if page.ctx.actor is not PUBLIC:
        return RedirectResponse(safe_next(next), 303)
    return _form(page, session, safe_next(next))


@router.post("/login", dependencies=[public()])
def log_in(page: PageDep, session: Reader, sent: SentDep, parts: RuntimeDep, ctx: Ctx) -> Response:
    target = safe_next(sent.text("next"))
    login, password = sent.text("login"), sent.kept.get("password", "")
    demo = sent.text("demo")
    if demo:
        if not any(account.login == demo for account in _demo_accounts(session, parts.settings)):
            raise Invalid("没有这个演示账号。", code="unknown_account")
        login, password = demo, DEMO_PASSWORD
    try:
        opened = logins.log_in(parts.database, parts.settings, ctx, login, password)
    except Unauthenticated as error:
        return _form(page, session, target, login, error.detail)
    response = RedirectResponse(target, 303)
    set_cookie(response, opened.cookie, parts.settings.cookie_secure)
    return response


@router.post("/logout", dependencies=[signed_in()])
def log_out(session: Writer, ctx: Ctx) -> Response:
    logins.log_out(session, ctx)
    response = RedirectResponse(f"/login?next={quote('/')}", 303)
    response.delete_cookie(COOKIE, path="/")
    return response
