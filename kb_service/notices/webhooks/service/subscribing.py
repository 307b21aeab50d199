"""Subscriptions: who follows what, and with which secret it is signed."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select, update

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.crypto import FieldCipher
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound, Pointer
from kb_service.core.settings import Settings
from kb_service.notices.webhooks import rules, schemas
from kb_service.notices.webhooks.model import Webhook, WebhookDelivery
from kb_service.notices.webhooks.service.telling import tell

# Both secrets sign for so long, so that the other side can change at its own time.
OVERLAP: Final = timedelta(hours=24)
MOST: Final = 50


@dataclass(frozen=True)
class Made:
    """The secret is told this once."""

    webhook: Webhook
    secret: str


def register(
    session: WriteSession, ctx: Context, cipher: FieldCipher, settings: Settings, data: schemas.WebhookIn
) -> Made:
    ctx.actor.require("webhook.manage")
    _check(settings, data.url, data.events)
    if session.execute(select(Webhook.id).where(Webhook.code == data.code)).first() is not None:
        raise Conflict(f"已有编码为“{data.code}”的推送订阅，请换一个编码。", code="webhook_exists")
    if session.execute(select(func.count(Webhook.id))).scalar_one() >= MOST:
        raise Conflict(f"推送订阅最多 {MOST} 个，请改用已停用的订阅。", code="too_many_webhooks")
    secret = _new_secret()
    webhook = Webhook(
        code=data.code,
        url=data.url,
        events=list(data.events),
        platform=data.platform,
        secret=cipher.encrypt(secret, _place(data.code)),
        active=True,
        created_at=ctx.now,
        created_by=ctx.actor.name,
    )
    session.add(webhook)
    session.flush()
    audit.record(session, ctx, "webhook.registered", _subject(webhook), after=_told(webhook))
    return Made(webhook, secret)


def change(
    session: WriteSession, ctx: Context, settings: Settings, code: str, data: schemas.WebhookPatch
) -> Webhook:
    """What is not given stays. Ending one drops what still waits for it."""
    ctx.actor.require("webhook.manage")
    webhook = find(session, code)
    before = _told(webhook)
    if data.url is not None:
        webhook.url, webhook.failures, webhook.rests_until = data.url, 0, None
    if data.events is not None:
        webhook.events = list(data.events)
    if data.active is not None:
        webhook.active = data.active
    _check(settings, webhook.url, webhook.events)
    session.flush()
    if not webhook.active:
        waiting = (WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.status == "waiting")
        ended = {"status": "dropped", "ended_at": ctx.now, "problem": "订阅已停用"}
        session.execute(update(WebhookDelivery).where(*waiting).values(**ended))
    audit.record(session, ctx, "webhook.changed", _subject(webhook), before=before, after=_told(webhook))
    return webhook


def renew_secret(session: WriteSession, ctx: Context, cipher: FieldCipher, code: str) -> Made:
    """A new secret; the one before signs beside it for a day."""
    ctx.actor.require("webhook.manage")
    webhook, secret = find(session, code), _new_secret()
    webhook.secret_before, webhook.secret_before_until = webhook.secret, ctx.now + OVERLAP
    webhook.secret = cipher.encrypt(secret, _place(code))
    audit.record(session, ctx, "webhook.secret_renewed", _subject(webhook))
    return Made(webhook, secret)


def test(session: WriteSession, ctx: Context, code: str) -> None:
    """Puts a message on its way that says nothing."""
    ctx.actor.require("webhook.manage")
    webhook = find(session, code)
    if not webhook.active:
        raise Conflict("订阅已停用，请先启用再试发。", code="webhook_ended")
    tell(session, ctx, rules.TEST, f"webhook:{code}", {"webhook": code}, [webhook])


def webhooks(session: ReadSession, ctx: Context) -> Sequence[Webhook]:
    ctx.actor.require("webhook.manage")
    return session.execute(select(Webhook).order_by(Webhook.code)).scalars().all()


def find(session: ReadSession, code: str) -> Webhook:
    found = session.execute(select(Webhook).where(Webhook.code == code)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"没有编码为“{code}”的推送订阅。", code="unknown_webhook")
    return found


def secrets_of(ctx: Context, cipher: FieldCipher, webhook: Webhook) -> list[str]:
    """Those that sign now, the newest first."""
    sealed = [webhook.secret]
    until = webhook.secret_before_until
    if webhook.secret_before is not None and until is not None and ctx.now < until:
        sealed.append(webhook.secret_before)
    return [cipher.decrypt(each, _place(webhook.code)) for each in sealed]


def _check(settings: Settings, url: str, events: Sequence[str]) -> None:
    wrong: list[Pointer] = []
    if told := rules.complaint_about(url, settings.webhook_private_hosts):
        wrong.append({"pointer": "/url", "detail": told})
    if unknown := rules.unknown_patterns(events):
        known = "、".join(rules.types())
        wrong.append(
            {"pointer": "/events", "detail": f"没有“{unknown[0]}”这种事件，可用：{known}，或 ticket.*"}
        )
    if wrong:
        told = "；".join(each["detail"] for each in wrong)
        raise Invalid(f"推送订阅有误：{told}。", code="bad_webhook", pointers=wrong)


def _new_secret() -> str:
    return rules.secret_of(secrets.token_bytes(rules.KEY_BYTES))


def _place(code: str) -> str:
    return f"webhook:{code}/secret"


def _subject(webhook: Webhook) -> str:
    return f"webhook:{webhook.code}"


def _told(webhook: Webhook) -> dict[str, object]:
    return {"url": webhook.url, "events": webhook.events, "active": webhook.active}
