"""Webhooks: who follows, what was not taken, and sending it again."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin.forms import Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import KbError
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.notices.webhooks import rules
from kb_service.notices.webhooks.schemas import WebhookIn, WebhookPatch
from kb_service.notices.webhooks.service import sending, subscribing

router = APIRouter(prefix="/webhooks", include_in_schema=False, dependencies=[requires("webhook.manage")])
ROWS = 50
STATES = ("waiting", "sent", "dropped", "dead")


def _list(page: Page, session: ReadSession, **values: Any) -> Response:
    shown: dict[str, Any] = {"wrong": Wrong(), "kept": {}, "made": None} | values
    found = subscribing.webhooks(session, page.ctx)
    types = list(rules.types().items())
    return page.show(
        session, "webhooks/list.html", 422 if shown["wrong"] else 200, webhooks=found, types=types, **shown
    )


@router.get("")
def webhooks(page: PageDep, session: Reader) -> Response:
    return _list(page, session)


@router.post("")
def register(page: PageDep, session: Writer, ctx: Ctx, parts: RuntimeDep, sent: SentDep) -> Response:
    """The secret stands on the page that answers, and on no other."""
    with Correcting(session) as wrong:
        data = WebhookIn(
            code=sent.text("code"),
            url=sent.text("url"),
            events=sent.text("events").replace("，", ",").replace(",", " ").split(),
            platform=sent.text("platform") or None,
        )
        return _list(
            page, session, made=subscribing.register(session, ctx, parts.cipher, parts.settings, data)
        )
    return _list(page, session, wrong=wrong, kept=sent.kept)


@router.get("/{code}")
def webhook(
    page: PageDep, session: Reader, ctx: Ctx, code: str, status: str = "", cursor: str = ""
) -> Response:
    return _one(page, session, ctx, code, status if status in STATES else "", cursor)


def _one(
    page: Page, session: ReadSession, ctx: Ctx, code: str, status: str = "", cursor: str = "", **values: Any
) -> Response:
    found = sending.deliveries(session, ctx, code, status=status, cursor=cursor, limit=ROWS)
    said = {"status": status} if status else {}
    shown: dict[str, Any] = {"wrong": Wrong(), "kept": {}, "made": None} | values
    more = urlencode(said | {"cursor": found.next or ""})
    return page.show(
        session,
        "webhooks/webhook.html",
        422 if shown["wrong"] else 200,
        webhook=subscribing.find(session, code),
        found=found,
        wanted=status,
        states=STATES,
        next_url=f"/webhooks/{code}?{more}" if found.next else "",
        first_url=f"/webhooks/{code}?{urlencode(said)}" if cursor else "",
        **shown,
    )


@router.post("/{code}")
def change(page: PageDep, session: Writer, ctx: Ctx, parts: RuntimeDep, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        data = WebhookPatch(
            url=sent.text("url"),
            events=sent.text("events").replace("，", ",").replace(",", " ").split(),
            active=sent.flag("active"),
        )
        subscribing.change(session, ctx, parts.settings, code, data)
        return page.go(f"/webhooks/{code}", strings("webhook.changed"))
    return _one(page, session, ctx, code, wrong=wrong, kept=sent.kept)


@router.post("/{code}/secret")
def renew_secret(page: PageDep, session: Writer, ctx: Ctx, parts: RuntimeDep, code: str) -> Response:
    made = subscribing.renew_secret(session, ctx, parts.cipher, code)
    return _one(page, session, ctx, code, made=made)


@router.post("/{code}/test")
def test(page: PageDep, session: Writer, ctx: Ctx, code: str) -> Response:
    try:
        subscribing.test(session, ctx, code)
    except KbError as error:
        return page.go(f"/webhooks/{code}", error.detail, tone="bad")
    return page.go(f"/webhooks/{code}", strings("webhook.tested"))


@router.post("/{code}/deliveries/{number}/resend")
def resend(page: PageDep, session: Writer, ctx: Ctx, code: str, number: int) -> Response:
    try:
        sending.resend(session, ctx, number)
    except KbError as error:
        return page.go(f"/webhooks/{code}", error.detail, tone="bad")
    return page.go(f"/webhooks/{code}", strings("webhook.resent"))
