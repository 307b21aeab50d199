"""Sending what is due: in order for each subject, signed, tried again with growing pauses, given up at last."""

import http.client
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import or_, select, update
from sqlalchemy.orm import aliased

from kb_service.core import audit, outside, paging
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, NotFound
from kb_service.core.runtime import Runtime
from kb_service.identity.service import actors
from kb_service.notices.service import notify_again
from kb_service.notices.webhooks import rules
from kb_service.notices.webhooks.model import Webhook, WebhookDelivery
from kb_service.notices.webhooks.service import subscribing

AT_ONCE: Final = 20
AT_A_TIME: Final = 8
# Longer than a round may take: what a sender that was killed had taken is sent again after this.
LEASE: Final = timedelta(minutes=10)
_GONE: Final = 410


@dataclass(frozen=True)
class _Message:
    id: int
    key: str
    attempts: int
    body: bytes


@dataclass(frozen=True)
class _Round:
    """What goes to one address now, in order."""

    webhook_id: int
    url: str
    secrets: tuple[str, ...]
    messages: tuple[_Message, ...]


@dataclass(frozen=True)
class _Outcome:
    answer: int | None
    problem: str

    @property
    def taken(self) -> bool:
        return not self.problem


def send(parts: Runtime) -> int:
    """Sends what is due; returns how many messages were taken. Each address has a thread of its own, so
    that one that does not answer holds up nobody else.
    """
    with parts.database.read() as session:
        ready = _ready(session, parts.clock.now())
    rounds = [found for webhook_id in ready if (found := _take(parts, webhook_id)) is not None]
    if not rounds:
        return 0
    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="webhooks") as pool:
        return sum(pool.map(partial(_go, parts), rounds))


def _ready(session: ReadSession, now: datetime) -> Sequence[int]:
    rows = (
        select(Webhook.id)
        .join(WebhookDelivery, WebhookDelivery.webhook_id == Webhook.id)
        .where(
            Webhook.active.is_(True),
            or_(Webhook.rests_until.is_(None), Webhook.rests_until <= now),
            WebhookDelivery.status == "waiting",
            WebhookDelivery.next_at <= now,
        )
        .distinct()
        .order_by(Webhook.id)
    )
    return session.execute(rows).scalars().all()


def _take(parts: Runtime, webhook_id: int) -> _Round | None:
    """The oldest of each subject that is due, under a lease."""
    now, earlier = parts.clock.now(), aliased(WebhookDelivery)
    before = select(earlier.id).where(
        earlier.webhook_id == WebhookDelivery.webhook_id,
        earlier.subject == WebhookDelivery.subject,
        earlier.status == "waiting",
        earlier.id < WebhookDelivery.id,
    )
    due = (
        select(WebhookDelivery)
        .where(
            WebhookDelivery.webhook_id == webhook_id,
            WebhookDelivery.status == "waiting",
            WebhookDelivery.next_at <= now,
            ~before.exists(),
        )
        .order_by(WebhookDelivery.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    with parts.database.write() as session:
        webhook = session.get(Webhook, webhook_id)
        rows = session.execute(due).scalars().all()
        if webhook is None or not webhook.active or not rows:
            return None
        for row in rows:
            row.next_at = now + LEASE
        secrets = subscribing.secrets_of(Context(SYSTEM, now), parts.cipher, webhook)
        found = [_Message(row.id, row.key, row.attempts, _bytes(row.body)) for row in rows]
        return _Round(webhook.id, webhook.url, tuple(secrets), tuple(found))


def _bytes(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _go(parts: Runtime, round_: _Round) -> int:
    """After the first failure the others wait: the address is not well."""
    for done, message in enumerate(round_.messages):
        outcome = _post(parts, round_, message)
        with parts.database.write() as session:
            _mark(session, parts.clock.now(), round_, message, outcome)
            if not outcome.taken:
                _give_back(session, parts.clock.now(), round_.messages[done + 1 :])
        if not outcome.taken:
            return done
    return len(round_.messages)


def _post(parts: Runtime, round_: _Round, message: _Message) -> _Outcome:
    at = int(parts.clock.now().timestamp())
    signed = [rules.signature(each, message.key, at, message.body) for each in round_.secrets]
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "kb-service webhook",
        "webhook-id": message.key,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signed),
    }
    host = urlsplit(round_.url).hostname or ""
    allowed = outside.inside_allowed(parts.settings.webhook_private_hosts)
    try:
        reply = outside.ask(
            "POST",
            round_.url,
            lambda address: outside.is_public(address) or allowed(host, address),
            headers=headers,
            body=message.body,
            timeout=parts.settings.webhook_timeout_s,
        )
    except (outside.Refused, OSError, http.client.HTTPException, ValueError) as trouble:
        return _Outcome(None, outside.told(trouble))
    fine = 200 <= reply.status < 300
    return _Outcome(reply.status, "" if fine else f"对方返回 {reply.status}")


def _mark(session: WriteSession, now: datetime, round_: _Round, message: _Message, outcome: _Outcome) -> None:
    webhook = session.get(Webhook, round_.webhook_id, with_for_update=True)
    attempts = message.attempts + 1
    values: dict[str, Any] = {
        "attempts": attempts,
        "answer": outcome.answer,
        "problem": outcome.problem[:200],
    }
    again = None if outcome.answer == _GONE else rules.again_at(now, attempts)
    if outcome.taken:
        values |= {"status": "sent", "ended_at": now}
    elif again is not None:
        values |= {"next_at": again}
    else:
        values |= {"status": "dead", "ended_at": now}
    standing = (WebhookDelivery.id == message.id, WebhookDelivery.status == "waiting")
    session.execute(update(WebhookDelivery).where(*standing).values(**values))
    if webhook is None:
        return
    if values.get("status") == "dead":
        _tell_of_dead(session, now, webhook, message.id, values["problem"])
    if outcome.taken and webhook.failures:
        _recovered(session, now, webhook)
    elif not outcome.taken:
        webhook.failures += 1
        webhook.rests_until = rules.rest_until(now, webhook.failures)


def _recovered(session: WriteSession, now: datetime, webhook: Webhook) -> None:
    """What failed only because the address did need not wait for its own next time."""
    webhook.failures, webhook.rests_until = 0, None
    held = (
        WebhookDelivery.webhook_id == webhook.id,
        WebhookDelivery.status == "waiting",
        WebhookDelivery.attempts > 0,
        WebhookDelivery.problem != "",
        WebhookDelivery.next_at > now,
    )
    session.execute(update(WebhookDelivery).where(*held).values(next_at=now))


def _give_back(session: WriteSession, now: datetime, messages: Sequence[_Message]) -> None:
    ids = [each.id for each in messages]
    standing = (WebhookDelivery.id.in_(ids), WebhookDelivery.status == "waiting")
    session.execute(update(WebhookDelivery).where(*standing).values(next_at=now))


def _tell_of_dead(session: WriteSession, now: datetime, webhook: Webhook, number: int, problem: str) -> None:
    ctx, subject = Context(SYSTEM, now), f"webhook:{webhook.code}"
    audit.record(session, ctx, "webhook.given_up", subject, after={"delivery": number}, reason=problem)
    people = [account.id for account in actors.holders(session, "webhook.manage")]
    link = f"/webhooks/{webhook.code}?status=dead"
    notify_again(session, ctx, people, "webhook.dead", f"推送未送达：{webhook.code}", link, subject)


def deliveries(
    session: ReadSession, ctx: Context, code: str, *, status: str = "", cursor: str = "", limit: int = 50
) -> paging.Page[WebhookDelivery]:
    """The newest first."""
    ctx.actor.require("webhook.manage")
    webhook = subscribing.find(session, code)
    rows = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id)
    if status:
        rows = rows.where(WebhookDelivery.status == status)
    if cursor:
        rows = rows.where(WebhookDelivery.id < paging.decode_cursor(cursor, [int])[0])
    found = session.execute(rows.order_by(WebhookDelivery.id.desc()).limit(limit + 1)).scalars().all()
    return paging.page_of(found, limit, lambda row: [row.id])


def resend(session: WriteSession, ctx: Context, number: int) -> WebhookDelivery:
    """Begins anew with one that was given up, dropped or even sent; its id stays, so a copy is known as one."""
    ctx.actor.require("webhook.manage")
    row = session.get(WebhookDelivery, number, with_for_update=True)
    webhook = session.get(Webhook, row.webhook_id) if row is not None else None
    if row is None or webhook is None:
        raise NotFound("没有这条推送记录。", code="unknown_delivery")
    if row.status == "waiting":
        raise Conflict("这条推送还在等待发送，不需要重发。", code="still_waiting")
    if not webhook.active:
        raise Conflict("订阅已停用，请先启用再重发。", code="webhook_ended")
    row.status, row.attempts, row.next_at, row.ended_at = "waiting", 0, ctx.now, None
    row.problem, webhook.rests_until = "", None
    after = {"delivery": number}
    audit.record(session, ctx, "webhook.resent", f"webhook:{webhook.code}", after=after)
    return row
