"""Writing down what is to be told, in the transaction of what happened."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.ids import new_id
from kb_service.notices.webhooks.model import Webhook, WebhookDelivery
from kb_service.notices.webhooks.rules import wants

_ACTIVE = "webhooks.active"


def followers(session: ReadSession, kind: str, platform: str | None = None) -> Sequence[Webhook]:
    """Active subscriptions that want the type; one of a platform follows that platform's matters only."""
    return [each for each in interested(session, kind) if each.platform in {None, platform}]


def interested(session: ReadSession, kind: str) -> Sequence[Webhook]:
    """Active subscriptions that want the type, of whatever platform; looked up once a transaction."""
    known = session.info.get(_ACTIVE)
    if known is None:
        rows = select(Webhook).where(Webhook.active.is_(True)).order_by(Webhook.id)
        known = session.info[_ACTIVE] = session.execute(rows).scalars().all()
    return [each for each in known if each.active and wants(each.events, kind)]


def tell(
    session: WriteSession,
    ctx: Context,
    kind: str,
    subject: str,
    data: Mapping[str, Any],
    to: Sequence[Webhook],
) -> None:
    """One delivery for each subscription. `data` holds ids, states, times and clauses, never what people said."""
    body = {"type": kind, "timestamp": ctx.now.isoformat(), "data": dict(data)}
    session.add_all(
        WebhookDelivery(
            key=f"msg_{new_id().replace('-', '')}",
            webhook_id=each.id,
            type=kind,
            subject=subject,
            body=body,
            next_at=ctx.now,
            created_at=ctx.now,
        )
        for each in to
    )
